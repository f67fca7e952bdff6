import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { build, ended, type Program } from "./built.ts";
import { runHere } from "./in-process.ts";

interface Line {
  readonly cursor: number;
  readonly message: { readonly id: string; readonly text: string; readonly direction: string };
}

/** A listener as a process of its own; what it wrote counts also when it was killed. */
class Listener {
  readonly child: ChildProcess;
  #out = "";
  /** What it wrote to its standard error. */
  err = "";

  constructor(sotto: Program, home: string, ...args: string[]) {
    this.child = spawn(process.execPath, [sotto.bin, "listen", "--json", ...args], {
      env: sotto.env(home),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.err += text;
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text) => {
      this.#out += text;
    });
  }

  lines(): Line[] {
    return this.#out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null)
      await ended(this.child, signal);
  }
}

async function until(what: string, reached: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await reached()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`never came: ${what}`);
}

describe("sotto listen", function () {
  this.timeout(90_000);
  let sotto: Program;
  let alice: string;
  let bob: string;
  let bobs: ChildProcess;
  const listeners: Listener[] = [];
  const listen = (home: string, ...args: string[]): Listener => {
    const listener = new Listener(sotto, home, ...args);
    listeners.push(listener);
    return listener;
  };
  const run = async (home: string, ...args: string[]) => {
    const ran = await runHere(home, args);
    assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.err}`);
    return ran.out;
  };
  const followers = async () =>
    JSON.parse(await run(bob, "subscriptions", "--json")).followers as {
      name: string;
      behind: number;
    }[];

  before(async () => {
    sotto = build();
    [alice, bob] = [sotto.home("alice"), sotto.home("bob")];
    await sotto.up(alice, "--name", "alice");
    bobs = await sotto.up(bob, "--name", "bob");
    const { link } = JSON.parse(await run(alice, "invite", "--hints", "--json"));
    await run(bob, "add", link);
  });
  after(async () => {
    await Promise.all(listeners.map((listener) => listener.end()));
    await sotto.clear();
  });

  it("prints every message of a durable subscription at least once, in order, across kills of both sides", async () => {
    const all: string[] = [];
    const say = async (text: string) => {
      all.push(text);
      await run(alice, "send", "bob", text);
    };
    const seen: Line[] = [];
    // Killed as soon as it has printed so many more.
    const listenFor = async (count: number) => {
      const listener = listen(bob, "--as", "bot", "--from", "alice");
      await until(`${count} lines`, () => listener.lines().length >= count);
      await listener.end();
      seen.push(...listener.lines());
    };

    await say("1");
    const first = listen(bob, "--as", "bot", "--from", "alice");
    await until("bot follows", async () => (await followers()).length === 1);
    await say("2");
    await until("a line", () => first.lines().length === 1);
    await first.end();
    seen.push(...first.lines());
    for (const text of ["3", "4", "5"]) await say(text);
    await listenFor(1);
    await ended(bobs, "SIGKILL");
    for (const text of ["6", "7"]) await say(text);
    bobs = await sotto.up(bob);
    await until("everything is there", async () =>
      (await run(bob, "read", "alice", "--peek")).includes("7"),
    );
    await listenFor(1);
    const last = listen(bob, "--as", "bot", "--from", "alice");
    await until("nothing is left", async () =>
      (await followers()).every(({ behind }) => behind === 0),
    );
    const told7 = () => [...seen, ...last.lines()].some(({ message }) => message.text === "7");
    await until("the last one", told7);
    const printed = (text: string) => () =>
      last.lines().some(({ message }) => message.text === text);
    await say("8");
    await until("the one before the restart", printed("8"));
    // The node dies under the listener, and comes back.
    await ended(bobs, "SIGKILL");
    await say("9");
    bobs = await sotto.up(bob);
    await until("the one after the restart", printed("9"));
    await until("nothing is left then", async () =>
      (await followers()).every(({ behind }) => behind === 0),
    );
    await last.end();
    seen.push(...last.lines());
    assert.equal(
      new Set(last.lines().map(({ cursor }) => cursor)).size,
      last.lines().length,
      "nothing is printed twice by one listener",
    );
    assert.match(last.err, /^! [^\n]+ Listening continues when it is back\. No event is lost\.\n$/);

    const told = new Map(seen.map(({ cursor, message }) => [cursor, message.text]));
    assert.deepEqual(
      [...told.keys()],
      [...told.keys()].sort((a, b) => a - b),
    );
    assert.deepEqual(
      [...told.values()],
      all.slice(1),
      "from the first time on, and nothing is missing",
    );
    assert.equal((await runHere(bob, ["subscriptions", "rm", "nobody"])).code, 6);
    await run(bob, "subscriptions", "rm", "bot", "--yes");
    assert.deepEqual(await followers(), []);
  });

  it("gives each message of theirs to a command, and again until it is done with it", async () => {
    const [done, tried] = [sotto.home("done"), sotto.home("tried")];
    const script = sotto.home("take.sh");
    // Fails the first time for each message.
    writeFileSync(
      script,
      `line=$(cat)\necho "$line" >> ${tried}\n[ "$(grep -cF "$line" ${tried})" -ge 2 ] && echo "$line" >> ${done}\n`,
    );
    const first = listen(bob, "--as", "taker", "--exec", `sh ${script}`);
    await until("taker follows", async () => (await followers()).length === 1);
    await run(bob, "send", "alice", "mine is not handed over");
    await run(alice, "send", "bob", "take this");
    await until("a first try", () => existsSync(tried));
    // Killed before the command took it: the next one is given it again.
    await first.end();
    await run(alice, "send", "bob", "and that");
    listen(bob, "--as", "taker", "--exec", `sh ${script}`);
    const lines = () => (existsSync(done) ? readFileSync(done, "utf8").trim().split("\n") : []);
    await until("both are taken", () => lines().length === 2);
    assert.deepEqual(
      lines().map((line) => JSON.parse(line).message.text),
      ["take this", "and that"],
    );
    await until("both are acknowledged", async () => (await followers())[0]?.behind === 0);
  });
});
