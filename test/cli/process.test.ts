import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, lstatSync, openSync, writeFileSync } from "node:fs";
import { createClient } from "../../src/api/index.ts";
import { limits } from "../../src/base/index.ts";
import { connectTo } from "../../src/cli/index.ts";
import { Daemon } from "../chaos/daemon.ts";
import { noSmallDisk, SmallDisk } from "../chaos/disk.ts";
import { build, ended, type Program } from "./built.ts";
import { printedJson, runHere } from "./in-process.ts";

describe("the command line", function () {
  this.timeout(60_000);
  let sotto: Program;
  before(() => {
    sotto = build();
  });
  after(() => sotto.clear());

  describe("without a node", () => {
    it("ends with 3 and says how to start one", async () => {
      const ran = await sotto.run(sotto.home("none"), ["send", "bob", "hi"]);
      assert.equal(ran.code, 3);
      assert.equal(ran.out, "");
      assert.match(ran.err, /→ Start it: sotto up/);
    });

    it("gives the error as JSON where it was asked for, and never colour off a terminal", async () => {
      const ran = await runHere(sotto.home("none"), ["status", "--json"]);
      assert.equal(ran.code, 3);
      assert.equal(JSON.parse(ran.err).error.code, "node-not-running");
      const plain = await runHere(sotto.home("none"), ["status"]);
      assert.ok(!plain.err.includes("\u001b"));
    });

    it("shows help for itself and for each command with 0", async () => {
      const all = await sotto.run(sotto.home("none"), ["--help"]);
      assert.equal(all.code, 0);
      assert.match(all.out, /send\s+.*\n/);
      const one = await runHere(sotto.home("none"), ["send", "--help"]);
      assert.equal(one.code, 0);
      assert.match(one.out, /--idempotency-key/);
      assert.equal((await runHere(sotto.home("none"), ["help", "send"])).out, one.out);
      assert.match((await sotto.run(sotto.home("none"), ["--version"])).out, /^\d+\.\d+\.\d+\n$/);
    });

    it("calls a full file table no bug, neither while it loads nor later", async () => {
      const home = sotto.home("few-files");
      for (const files of [40, 80]) {
        const start = `ulimit -n ${files}; exec "$@"`;
        const args = ["-c", start, "sh", process.execPath, sotto.bin, "init", "--name", "a"];
        const child = spawn("sh", args, {
          env: sotto.env(home),
          stdio: ["ignore", "pipe", "pipe"],
        });
        let err = "";
        child.stderr.on("data", (text) => {
          err += text;
        });
        assert.equal((await once(child, "close"))[0], 1);
        assert.match(err, /^✗ .*too many open files\.\n→ Raise the limit of open files/);
      }
    });

    it("reads a message from standard input up to its limit only", async () => {
      const args = ["--json", "send", "bob", "-"];
      const code = async (input: string) =>
        JSON.parse((await sotto.run(sotto.home("none"), args, input)).err).error.code;
      assert.equal(await code("x".repeat(20_000_000)), "message-too-long");
      assert.equal(await code(`${"x".repeat(65_536)}\n`), "node-not-running");
    });

    it("says that its output cannot be written", async function () {
      if (!existsSync("/dev/full")) this.skip();
      const full = openSync("/dev/full", "w");
      const child = spawn(process.execPath, [sotto.bin, "--help"], {
        stdio: ["ignore", full, "pipe"],
      });
      closeSync(full);
      let err = "";
      child.stderr?.on("data", (text) => {
        err += text;
      });
      const [code] = await once(child, "close");
      assert.deepEqual([code, err.split("\n").length], [1, 3], err);
      assert.match(err, /^✗ Standard output cannot be written: the disk is full\.\n→ /);
    });
  });

  describe("with a node", () => {
    let home: string;
    let node: Awaited<ReturnType<Program["up"]>>;
    before(async () => {
      home = sotto.home("node");
      node = await sotto.up(home, "--name", "ann");
    });
    const json = (...args: string[]) => printedJson(home, ...args);

    it("says that it is ready, with where it listens", () => {
      const first = JSON.parse(node.first);
      assert.equal(first.ready, true);
      assert.equal(first.pid, node.pid);
      assert.match(first.addresses[0], /^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/);
    });

    it("creates its socket for the owner only", () => {
      assert.equal(lstatSync(`${home}/sotto.sock`).mode & 0o777, 0o600);
    });

    it("lets no second one into the same home: 7, and the pid", async () => {
      const ran = await sotto.run(home, ["up", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"]);
      assert.equal(ran.code, 7);
      assert.match(ran.err, new RegExp(`process ${node.pid}`));
      assert.equal((await runHere(home, ["init", "--name", "x"])).code, 7);
      assert.equal((await json("status")).pid, node.pid);
    });

    it("gives every answer as JSON", async () => {
      const status = await json("status");
      assert.equal(status.account.name, "ann");
      assert.equal(status.protection, "key-file");
      assert.deepEqual(await json("contacts"), { contacts: [] });
      assert.deepEqual(await json("requests"), { requests: [] });
      assert.deepEqual(await json("net", "peers"), { peers: [] });
      assert.deepEqual(await json("net", "bootstrap"), { bootstrap: [] });
      assert.deepEqual(await json("id"), status.account);
    });

    it("calls methods of the API with parameters from an argument or standard input", async () => {
      const rpc = (args: string[], input = "") => sotto.run(home, ["rpc", ...args], input);
      assert.equal(JSON.parse((await rpc(["node.state"])).out).pid, node.pid);
      const made = await rpc(["invite.create", '{"kind":"once"}']);
      const { id } = JSON.parse(made.out);
      assert.deepEqual(await rpc(["invite.revoke", "-"], JSON.stringify({ id })), {
        code: 0,
        out: "{}\n",
        err: "",
      });
      const refused = async (args: string[], input = "") => {
        const { code, err } = await rpc(["--json", ...args], input);
        const { error } = JSON.parse(err);
        return [code, error.code, error.message];
      };
      const unknown = 'The node has no method "x.y".';
      assert.deepEqual(await refused(["x.y"]), [1, "method-unknown", unknown]);
      const missing = 'The field "who" of contact.show is missing.';
      assert.deepEqual(await refused(["contact.show"]), [2, "params-invalid", missing]);
      assert.deepEqual((await refused(["contact.show", "{who}"])).slice(0, 2), [2, "usage"]);
      const long = " ".repeat(limits.rpcBytes + 1);
      assert.deepEqual((await refused(["contact.show", "-"], long)).slice(0, 2), [2, "usage"]);
    });

    it("makes invites, lists them and takes them back", async () => {
      const made = await json("invite", "--expires", "30m");
      assert.match(made.link, /^sotto:[a-z2-7]+$/);
      assert.equal(made.kind, "once");
      const listed = (await json("invite", "ls")).invites;
      assert.ok(listed.some((invite: { id: string }) => invite.id === made.id));
      await json("invite", "revoke", made.id);
      const revoked = (await json("invite", "ls")).invites;
      assert.ok(revoked.every((invite: { state: string }) => invite.state !== "open"));
      assert.equal((await runHere(home, ["invite", "revoke", made.id.slice(2)])).code, 6);
      const other = await json("invite");
      await json("invite", "revoke", other.id.slice(0, 12).toUpperCase());
      const { invites } = await json("invite", "ls");
      assert.ok(invites.every((invite: { state: string }) => invite.state === "revoked"));
      assert.equal((await runHere(home, ["invite", "--expires", "soon"])).code, 2);
      for (const time of ["31d", "0m", "59s"]) {
        const ran = await runHere(home, ["--json", "invite", "--expires", time]);
        assert.deepEqual([ran.code, JSON.parse(ran.err).error.code], [2, "expiry-invalid"], time);
      }
    });

    it("distinguishes a broken invite, its own invite and an unknown contact", async () => {
      const { link } = await json("invite");
      const code = async (...args: string[]) => {
        const ran = await runHere(home, ["--json", ...args]);
        return [ran.code, JSON.parse(ran.err).error.code];
      };
      assert.deepEqual(await code("add", link), [1, "invite-own"]);
      assert.deepEqual(await code("add", link.slice(0, -9)), [1, "invite-truncated"]);
      assert.deepEqual(await code("add", "hello"), [1, "invite-malformed"]);
      assert.deepEqual(await code("add", "take", `‹${link}›,`, "anna"), [1, "invite-own"]);
      const piped = async (input: string) => {
        const ran = await sotto.run(home, ["--json", "add", "-"], input);
        return JSON.parse(ran.err).error.code;
      };
      assert.equal(
        await piped(`> hi\n> ${link.replace(/.{40}/g, "$&\n> ")}\n> anna\n`),
        "invite-own",
      );
      assert.equal(await piped(""), "invite-malformed");
      assert.equal(await piped("x".repeat(10_000_000)), "invite-malformed");
      assert.deepEqual(await code("send", "bob", "hi"), [6, "contact-unknown"]);
      assert.deepEqual(await code("read", "bob"), [6, "contact-unknown"]);
      assert.equal((await code("requests", "accept", "bob"))[0], 6);
    });

    it("explains how to name a message, and rejects invalid changes", async () => {
      const code = async (...args: string[]) => {
        const ran = await runHere(home, ["--json", ...args]);
        return [ran.code, JSON.parse(ran.err).error.code];
      };
      for (const command of [
        ["edit", "zzzz", "hi"],
        ["delete", "zzzz"],
        ["react", "zzzz", "👍"],
      ])
        assert.deepEqual(await code(...command), [6, "message-unknown"]);
      assert.deepEqual(await code("edit", "bob/last", "hi"), [6, "contact-unknown"]);
      assert.deepEqual(await code("send", "--reply", "last", "bob", "hi"), [6, "contact-unknown"]);
      assert.deepEqual(await code("react", "zzzz"), [2, "usage"]);
      assert.deepEqual(await code("react", "zzzz", "👍", "--remove"), [2, "usage"]);
      assert.deepEqual(await code("contacts", "receipts", "bob", "maybe"), [2, "usage"]);
      assert.deepEqual(await code("contacts", "receipts", "bob", "off"), [6, "contact-unknown"]);
    });

    it("accepts the short forms, and refuses values that can only be mistakes", async () => {
      const peers = await json("net");
      assert.deepEqual(peers, await json("net", "peers"));
      for (const [expected, ...args] of [
        [6, "contacts", "bob"],
        [2, "export", sotto.home("x.txt")],
        [2, "verify", "bob", "--number", "123"],
        [2, "react", "bob/last", ""],
        [2, "read", "bob", "--since", "2026-02-30"],
      ] as const) {
        const ran = await runHere(home, args);
        assert.equal(ran.code, expected, `${args.join(" ")}: ${ran.err}`);
      }
      assert.ok(!existsSync(sotto.home("x.txt")));
    });

    it("keeps bootstrap nodes, and rejects invalid addresses", async () => {
      const address =
        "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWCPiZWZFWfiX16LQyeAEHc8ujqaaB3tmP3PvxER9Q9Nct";
      const { bootstrap } = await json("net", "bootstrap", "add", address);
      assert.equal(bootstrap[0].address, address);
      assert.deepEqual(await json("net", "bootstrap", "rm", address), { bootstrap: [] });
      assert.equal((await runHere(home, ["net", "bootstrap", "add", "localhost"])).code, 2);
    });

    it("ends in order on SIGTERM: 0, no socket left, and the next start works", async () => {
      assert.equal(await ended(node, "SIGTERM"), 0);
      assert.ok(!existsSync(`${home}/sotto.sock`));
      node = await sotto.up(home);
      assert.equal((await json("status")).account.name, "ann");
    });

    it("ends with 130 on ^C", async () => {
      assert.equal(await ended(node, "SIGINT"), 130);
    });

    it("starts in the background and has ended when down returns", async () => {
      const quiet = ["--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];
      const up = await sotto.run(home, ["up", "--detach", "--json", ...quiet]);
      assert.equal(up.code, 0, up.err);
      assert.equal(JSON.parse(up.out).ready, true);
      const down = await runHere(home, ["down", "--json"]);
      assert.equal(down.code, 0, down.err);
      assert.equal((await runHere(home, ["status"])).code, 3);
    });

    it("reports why a node in the background did not start, with its exit code", async () => {
      const busy = await sotto.up(home);
      const ran = await sotto.run(home, ["up", "--detach", "--no-mdns"]);
      assert.equal(ran.code, 7);
      assert.match(ran.err, /already runs in this home directory/);
      await ended(busy, "SIGTERM");
    });
  });

  it("ends a node whose disk is full, with 1 and what to do, and continues once there is space", async function () {
    if (noSmallDisk() !== undefined) this.skip();
    const home = sotto.home("full");
    const disk = await SmallDisk.make(home, "2m");
    const env = { SOTTO_SOCKET: `${home}.sock` };
    const args = ["up", "--no-mdns", "--json", "--name", "f", "--listen", "/ip4/127.0.0.1/tcp/0"];
    const start = () => new Daemon(sotto, home, { through: disk.through, env, args });
    const invite = async () => {
      const client = createClient(await connectTo(env.SOTTO_SOCKET));
      return client.call("invite.create", {}).finally(client.close);
    };
    let node = start();
    try {
      await node.up();
      const { id } = await invite();
      disk.fill();
      await assert.rejects(async () => {
        for (let i = 0; i < 90; i++) await invite();
      }, /no space left/);
      const { code, err } = await node.ended;
      assert.equal(code, 1);
      assert.match(err, /disk-full.*Free some space/s);
      const asked = { through: disk.through, env, args: ["status"] };
      const status = await new Daemon(sotto, home, asked).ended;
      assert.equal(status.code, 1);
      assert.match(status.err, /stopped with an error.*no space left.*→ Free some space/s);
      disk.free();
      node = start();
      await node.up();
      const client = createClient(await connectTo(env.SOTTO_SOCKET));
      const { invites } = await client.call("invite.list", {});
      assert.ok(invites.some((kept) => kept.id === id));
      client.close();
    } finally {
      await node.kill();
      await disk.close();
    }
  });

  it("opens a store only with its passphrase", async () => {
    const home = sotto.home("guarded");
    const file = sotto.home("passphrase.txt");
    writeFileSync(file, "correct horse\n");
    assert.equal((await runHere(home, ["init", "--name", "p", "--passphrase-file", file])).code, 0);
    const missing = await sotto.run(home, ["up", "--no-mdns"]);
    assert.equal(missing.code, 7);
    assert.match(missing.err, /passphrase/);
    const node = await sotto.up(home, "--passphrase-file", file);
    const status = await runHere(home, ["status", "--json"]);
    assert.equal(JSON.parse(status.out).protection, "passphrase");
    await ended(node, "SIGTERM");
    writeFileSync(file, "wrong horse\n");
    assert.equal((await sotto.run(home, ["up", "--passphrase-file", file])).code, 7);
  });

  it("lets two nodes talk on this machine, and four form a group", async () => {
    const steps = async (...options: string[]) => {
      const ran = await sotto.run(sotto.home("demo"), ["demo", ...options, "--json"]);
      assert.equal(ran.code, 0, ran.err);
      const lines = ran.out.trim().split("\n");
      return lines.map((line) => JSON.parse(line) as { step: string; text: string });
    };
    const [pair, group] = await Promise.all([steps(), steps("--group")]);
    assert.deepEqual(
      pair.map(({ step }) => step),
      [
        ...["bootstrap", "nodes", "invite", "paired", "message", "message", "verified"],
        ...["offline", "waiting", "back", "delivered", "done"],
      ],
    );
    assert.deepEqual(
      group.map(({ step }) => step),
      [
        ...["bootstrap", "nodes", "paired", "group", "joined"],
        ...["message", "message", "message", "message"],
        ...["delivered", "delivered", "delivered", "delivered"],
        ...["removed", "message", "delivered", "unreadable"],
        ...["left", "message", "delivered", "done"],
      ],
    );
    const reached = (of: string) =>
      group.flatMap(({ step, text }) => (step === of ? (text.match(/\d\/\d/g) ?? []) : []));
    assert.deepEqual(reached("delivered"), ["3/3", "3/3", "3/3", "3/3", "2/2", "1/1"]);
    assert.deepEqual(
      reached("message").map((count) => count.at(-1)),
      ["3", "3", "3", "3", "2", "1"],
    );
  });
});
