import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accountId, fromBase32, toHex } from "../../src/base/index.ts";
import { build, ended, type Program } from "./built.ts";

/**
 * Every file that a home may hold, by its name within it; numbers stand for the ones that LevelDB
 * counts up.
 */
const KNOWN = [
  /^config\.json$/,
  /^keyring$/,
  /^store-[0-9a-z]+\.key$|^store\.key$/,
  /^node\.lock$/,
  /^sotto\.sock$/,
  /^vault(\.copy|\.count)?$/,
  // Room for the fault in which the node may end one day.
  /^node\.fault$/,
  /^db\/(CURRENT|LOCK)$/,
  /^db\/MANIFEST-\d{6}$/,
  /^db\/\d{6}\.(ldb|log)$/,
];

interface Home {
  path: string;
  /** Everything that the node of this home wrote to its standard output and error. */
  said: string;
}

function filesBelow(directory: string, prefix = ""): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesBelow(join(directory, entry.name), `${prefix}${entry.name}/`)
      : [`${prefix}${entry.name}`],
  );
}

/**
 * A text as it may lie in a file: as it is, in UTF-16, in hex, in base64 at each of the three
 * offsets.
 */
function spellings(bytes: Uint8Array): Buffer[] {
  const buffer = Buffer.from(bytes);
  const found = [buffer, Buffer.from(toHex(bytes)), Buffer.from(toHex(bytes).toUpperCase())];
  for (const offset of [0, 1, 2]) {
    const spelled = Buffer.concat([Buffer.alloc(offset), buffer]).toString("base64");
    // What the neighbours share in is cut off.
    found.push(Buffer.from(spelled.slice(offset === 0 ? 0 : 4, -4)));
  }
  return found;
}

const textOf = (text: string) => [...spellings(Buffer.from(text)), Buffer.from(text, "utf16le")];

const hasBytes = (where: Buffer, what: readonly Buffer[]) =>
  what.some((spelling) => spelling.length >= 4 && where.includes(spelling));

describe("the disk of a node without durable subscriptions", function () {
  this.timeout(120_000);
  let sotto: Program;
  const homes: Record<"alice" | "bob", Home> = {
    alice: { path: "", said: "" },
    bob: { path: "", said: "" },
  };
  /** What must be nowhere, by what it is. */
  const secrets = new Map<string, Buffer[]>();

  const run = async (home: Home, ...args: string[]) => {
    const ran = await sotto.run(home.path, args);
    assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.err}`);
    return args.includes("--json") ? JSON.parse(ran.out) : ran.out;
  };

  /** Starts a node that logs as much as it can. */
  const up = (home: Home, ...args: string[]): Promise<ChildProcess> =>
    new Promise((resolve, reject) => {
      const child = spawn(
        process.execPath,
        [sotto.bin, "up", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", ...args],
        { env: { ...sotto.env(home.path), SOTTO_LOG: "debug" }, stdio: ["ignore", "pipe", "pipe"] },
      );
      const hear = (text: string) => {
        home.said += text;
        if (/Ready/.test(text)) resolve(child);
      };
      child.stdout.setEncoding("utf8").on("data", hear);
      child.stderr.setEncoding("utf8").on("data", hear);
      child.once("close", (code) => reject(new Error(`ended with ${code}: ${home.said}`)));
    });

  const nodes: ChildProcess[] = [];

  before(async () => {
    sotto = build();
    homes.alice.path = sotto.home("a");
    homes.bob.path = sotto.home("b");
    const { alice, bob } = homes;
    nodes[0] = await up(alice, "--name", "Alice Needleworth");
    nodes[1] = await up(bob, "--name", "Bob Haystackson");
    const { link } = await run(alice, "invite", "--hints", "--json");
    await run(bob, "add", link, "--as", "the one from the pier");
    const texts = ["meet me at the old pier", "bring the blue umbrella", "while you were out"];
    await run(alice, "send", "--idempotency-key", "a key of a bot's", "Bob", texts[0] as string);
    await run(bob, "send", "--wait", "delivered", "the one", texts[1] as string);
    await run(bob, "read", "the one");
    const sent = await run(
      alice,
      "--json",
      "send",
      "--wait",
      "delivered",
      "Bob",
      "seen by nobody else",
    );
    const states = [await run(alice, "status", "--json"), await run(bob, "status", "--json")];
    // Bob dies, is restarted, and finds what came in the meantime.
    await ended(nodes[1] as ChildProcess, "SIGKILL");
    await run(alice, "send", "Bob", texts[2] as string);
    nodes[1] = await up(bob);
    for (let tries = 0; tries < 200; tries++) {
      if ((await run(bob, "read", "the one", "--peek")).includes(texts[2] as string)) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    states.push(await run(bob, "status", "--json"));

    for (const text of [
      ...texts,
      "seen by nobody else",
      "Needleworth",
      "Haystackson",
      "the one from the pier",
      "a key of a bot's",
      link.slice("sotto:".length),
    ])
      secrets.set(`the text ${JSON.stringify(text)}`, textOf(text));
    for (const { account, host, addresses } of states) {
      for (const kind of ["account", "device"] as const) {
        const id: string = account[kind];
        const bytes = accountId.bytes(id as never);
        secrets.set(`${kind} ${id}`, [...textOf(id), ...spellings(bytes)]);
      }
      secrets.set(`host ${host}`, textOf(host));
      for (const address of addresses as string[]) {
        const port = Number(address.split("/").at(-1));
        // As text, and as multiaddrs formatDuration it: ip4, four bytes, tcp, two bytes.
        const spelled = Buffer.from([4, 127, 0, 0, 1, 6, port >> 8, port & 255]);
        secrets.set(`address ${address}`, [...textOf(`/tcp/${port}`), ...spellings(spelled)]);
      }
    }
    const id = fromBase32(sent.message.id) as Uint8Array;
    secrets.set("the id of a message", [...textOf(sent.message.id), ...spellings(id)]);
    for (const name of ["message.new", "message.state", "contact.changed", "presence", "followers"])
      secrets.set(`the event ${name}`, textOf(name));
  });
  after(() => {
    for (const child of nodes) child.kill("SIGKILL");
    return sotto.clear();
  });

  const check = (home: Home) => {
    const files = filesBelow(home.path);
    for (const name of files) {
      assert.ok(
        KNOWN.some((known) => known.test(name)),
        `an unknown file: ${name}`,
      );
      const path = join(home.path, name);
      if (!statSync(path).isFile()) continue;
      const bytes = readFileSync(path);
      for (const [what, found] of secrets)
        assert.ok(!hasBytes(bytes, found), `${what} lies open in ${name}`);
    }
    assert.ok(files.some((name) => name.startsWith("db/")));
  };

  it("shows nothing of contacts, messages, addresses or events while it runs, and consists of known files", () => {
    for (const home of Object.values(homes)) check(home);
  });

  it("finds what it looks for where it is there", () => {
    const planted = join(homes.alice.path, "config.json");
    for (const [what, [plain]] of secrets) {
      writeFileSync(planted, Buffer.concat([Buffer.from("{"), plain as Buffer, Buffer.from("}")]));
      assert.throws(() => check(homes.alice), /lies open in config\.json/, what);
    }
    writeFileSync(planted, "{}");
    writeFileSync(join(homes.alice.path, "events.log"), "");
    assert.throws(() => check(homes.alice), /an unknown file/);
  });

  it("names no contact, id or address in the log at debug level, which shows each stage", () => {
    const stages = ({ said }: Home, event: string) =>
      said
        .split("\n")
        .filter((line) => line.includes(`"event":"${event}"`))
        .map((line) => JSON.parse(line) as { level: string; stage: string; side?: string });
    const sides = { alice: "listener", bob: "dialer" } as const;
    for (const [name, home] of Object.entries(homes) as ["alice" | "bob", Home][]) {
      const seen = new Set(
        stages(home, "connection-stage").map(
          ({ level, stage, side }) => `${level} ${stage} ${side}`,
        ),
      );
      for (const stage of ["noise", "open"])
        assert.ok(seen.has(`debug ${stage} ${sides[name]}`), `${name}: ${stage}`);
    }
    // Bob was killed, so his connection was closed on alice's side.
    const alice = new Set(stages(homes.alice, "connection-stage").map(({ stage }) => stage));
    assert.ok(alice.has("accepted") && alice.has("closed"));
    const dials = new Set(stages(homes.alice, "dial-stage").map(({ stage }) => stage));
    assert.ok(dials.has("started") && dials.has("failed"));
    for (const { said } of Object.values(homes)) {
      assert.match(said, /node\.started/);
      for (const [what, found] of secrets)
        assert.ok(!hasBytes(Buffer.from(said), found), `${what} was logged`);
    }
  });

  it("shows nothing after an orderly end either, nor after a kill", async () => {
    const [alice, bob] = nodes as [ChildProcess, ChildProcess];
    await ended(alice, "SIGTERM");
    await ended(bob, "SIGKILL");
    unlinkSync(join(homes.alice.path, "events.log"));
    for (const home of Object.values(homes)) check(home);
  });
});
