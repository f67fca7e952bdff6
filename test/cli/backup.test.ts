import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { build, ended, type Program } from "./built.ts";
import { printedJson, runHere } from "./in-process.ts";

describe("moving to a new machine", function () {
  this.timeout(120_000);
  let sotto: Program;
  let bootstrap: string;
  let words: string;
  let backup: string;
  let old: string;
  let bob: string;
  before(async () => {
    sotto = build();
    const host = await sotto.up(sotto.home("host"), "bootstrap");
    bootstrap = JSON.parse(host.first).addresses[0];
    [old, bob, words, backup] = ["old", "bob", "words", "alice.backup"].map(sotto.home) as [
      string,
      string,
      string,
      string,
    ];
    const made = await runHere(old, ["init", "--name", "alice", "--show-words", "--json"]);
    writeFileSync(words, JSON.parse(made.out).words);
  });
  after(() => sotto.clear());

  const json = (home: string, ...args: string[]) => printedJson(home, ...args);
  const failed = async (home: string, args: readonly string[]) => {
    const ran = await runHere(home, ["--json", ...args]);
    assert.notEqual(ran.code, 0, args.join(" "));
    const { code, remedy } = JSON.parse(ran.err).error;
    assert.ok(remedy.length > 0);
    return code;
  };
  const texts = async (home: string, who: string) => {
    const { messages } = await json(home, "read", who);
    return messages.map(
      ({ direction, text }: { direction: string; text: string }) => `${direction}: ${text}`,
    );
  };

  it("takes the contacts along: the other side, which ran on, sends and receives", async () => {
    const alice = await sotto.up(old, "--bootstrap", bootstrap);
    await sotto.up(bob, "--name", "bob", "--bootstrap", bootstrap);
    const { link } = await json(old, "invite");
    await json(bob, "add", link, "--wait", "15s");
    await json(bob, "send", "--wait", "delivered", "alice", "before");

    assert.equal(await failed(old, ["restore", backup, "--words-file", words]), "file-unreadable");
    const made = await json(old, "backup", backup);
    assert.equal(made.contacts, 1);
    assert.equal(statSync(backup).mode & 0o777, 0o600);
    assert.equal(statSync(backup).size, made.bytes);
    assert.equal(await failed(old, ["backup", backup]), "file-exists");
    await json(old, "backup", backup, "--force");
    assert.equal(
      await failed(old, ["restore", backup, "--words-file", words]),
      "node-already-running",
    );

    assert.equal(await ended(alice, "SIGTERM"), 0);
    rmSync(old, { recursive: true });
    await json(bob, "send", "alice", "while you were away");

    const next = sotto.home("next");
    const restored = await json(next, "restore", backup, "--words-file", words);
    assert.equal(restored.name, "alice");
    assert.equal(restored.contacts, 1);
    assert.equal(await failed(next, ["restore", backup, "--words-file", words]), "account-exists");
    // The bootstrap host came along, so nothing needs to be told.
    await sotto.up(next);
    const sent = await json(next, "send", "--wait", "delivered", "bob", "here I am");
    assert.equal(sent.message.state, "delivered");
    await json(bob, "send", "--wait", "delivered", "alice", "so I see");
    assert.deepEqual((await texts(next, "bob")).sort(), [
      "in: so I see",
      "in: while you were away",
      "out: here I am",
    ]);
    assert.deepEqual((await texts(bob, "alice")).sort(), [
      "in: here I am",
      "out: before",
      "out: so I see",
      "out: while you were away",
    ]);
    const [alice2] = (await json(bob, "contacts")).contacts;
    assert.deepEqual([alice2.keyChanged, alice2.pairing], [false, "confirmed"]);
  });

  it("refuses with a code and leaves nothing behind", async () => {
    const other = await json(sotto.home("other"), "init", "--name", "o", "--show-words");
    writeFileSync(sotto.home("foreign"), other.words);
    writeFileSync(sotto.home("cut"), readFileSync(backup).subarray(0, 9000));
    const home = sotto.home("empty");
    for (const [code, ...args] of [
      ["file-unreadable", sotto.home("missing"), "--words-file", words],
      ["backup-malformed", words, "--words-file", words],
      ["backup-damaged", sotto.home("cut"), "--words-file", words],
      ["file-unreadable", backup, "--words-file", sotto.home("missing")],
      ["backup-foreign", backup, "--words-file", sotto.home("foreign")],
      ["usage", backup],
    ] as const) {
      assert.equal(await failed(home, ["restore", ...args]), code);
      assert.ok(!existsSync(home), code);
    }
    const away = `${sotto.home("no-such-directory")}/x`;
    assert.equal(await failed(sotto.home("other"), ["backup", away]), "file-write-failed");
    assert.equal(await failed(home, ["backup", sotto.home("none.backup")]), "no-account");
    assert.ok(!readdirSync(sotto.home(".")).some((name) => name.includes(".part")));
  });

  it("never takes the words or the backup from what others can see of a process", async () => {
    const spelled = readFileSync(words, "utf8");
    const ran = await sotto.run(
      sotto.home("by-descriptor"),
      ["restore", backup, "--words-fd", "0", "--json"],
      spelled,
    );
    assert.equal(ran.code, 0, ran.err);
    const recovered = await sotto.run(
      sotto.home("recovered"),
      ["init", "--name", "alice", "--words-fd", "0", "--json"],
      spelled,
    );
    assert.equal(recovered.code, 0, recovered.err);
    for (const text of [ran.out, ran.err, recovered.out, recovered.err])
      assert.ok(!text.includes(spelled.split(" ").slice(0, 3).join(" ")));
  });
});
