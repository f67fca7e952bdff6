import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build, ended, type Program } from "./built.ts";
import { runHere } from "./in-process.ts";

const QUIET = ["--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"];

describe("the command line: protection of the database key", function () {
  this.timeout(60_000);
  let sotto: Program;
  let home: string;
  let one: string;
  let two: string;
  before(() => {
    sotto = build();
    home = sotto.home("guarded");
    one = sotto.home("one");
    two = sotto.home("two");
    writeFileSync(one, "the first of two passphrases\n");
    writeFileSync(two, "the second of two passphrases\n");
  });
  after(() => sotto.clear());

  const run = async (...args: string[]) => {
    const ran = await runHere(home, ["--json", ...args]);
    return { ...ran, value: ran.code === 0 ? JSON.parse(ran.out) : undefined };
  };
  const ok = async (...args: string[]) => {
    const ran = await run(...args);
    assert.equal(ran.code, 0, ran.err);
    return ran.value;
  };
  const fails = async (code: number, error: string, ...args: string[]) => {
    const ran = await run(...args);
    assert.deepEqual([ran.code, JSON.parse(ran.err).error.code], [code, error], args.join(" "));
  };

  it("says where there is nothing to guard", async () => {
    for (const command of ["passwd", "words", "check"])
      await fails(
        1,
        "no-account",
        command,
        ...(command === "check" ? [] : [`--${command === "words" ? "show-words" : "key-file"}`]),
      );
    assert.ok(!existsSync(home));
  });

  it("changes it while no node runs, and keeps account and words", async () => {
    await runHere(home, ["init", "--name", "ann"]);
    const { words } = await ok("words", "--show-words");
    assert.equal(words.split(" ").length, 24);
    await fails(2, "usage", "words");
    await fails(2, "usage", "passwd");
    await fails(2, "usage", "passwd", "--key-file", "--new-passphrase-file", one);
    assert.equal((await ok("passwd", "--new-passphrase-file", one)).protection, "passphrase");
    await fails(7, "passphrase-needed", "passwd", "--key-file");
    await fails(7, "passphrase-wrong", "passwd", "--key-file", "--passphrase-file", two);
    await fails(7, "passphrase-needed", "words", "--show-words");
    assert.deepEqual(await ok("words", "--show-words", "--passphrase-file", one), { words });
    assert.ok(!readdirSync(home).includes("store.key"));
    assert.deepEqual((await ok("check", "--passphrase-file", one)).damaged, []);
  });

  it("changes it while a node runs, which neither stops nor forgets anything", async () => {
    const node = await sotto.up(home, "--passphrase-file", one);
    const change = ["passwd", "--new-passphrase-file", two];
    await fails(7, "passphrase-wrong", ...change, "--passphrase-file", two);
    await ok(...change, "--passphrase-file", one);
    assert.equal((await ok("status")).protection, "passphrase");
    assert.deepEqual((await ok("check")).damaged, []);
    assert.equal(await ended(node, "SIGTERM"), 0);
    const args = ["up", ...QUIET, "--passphrase-file"];
    assert.equal((await sotto.run(home, [...args, one])).code, 7);
    await ended(await sotto.up(home, "--passphrase-file", two), "SIGTERM");
  });

  it("locks a node and unlocks it, and reports that it is locked", async () => {
    const node = await sotto.up(home, "--passphrase-file", two);
    const { pid } = await ok("lock");
    assert.equal(pid, node.pid);
    assert.equal((await ok("status")).state, "locked");
    await fails(7, "node-locked", "contacts");
    await fails(7, "passphrase-wrong", "unlock", "--passphrase-file", one);
    assert.equal((await ok("unlock", "--passphrase-file", two)).state, "open");
    assert.equal((await ok("status")).account.name, "ann");
    await ok("lock");
    assert.equal((await ok("down")).pid, pid);
  });

  it("refuses a short passphrase everywhere, warns of a weak one, and writes nothing", async () => {
    const [short, weak] = [sotto.home("short"), sotto.home("weak")];
    writeFileSync(short, "secret\n");
    writeFileSync(weak, "password1\n");
    const fresh = sotto.home("judged");
    const init = (file: string) =>
      runHere(fresh, ["init", "--name", "ann", "--passphrase-file", file, "--json"]);
    const refused = await init(short);
    assert.deepEqual([refused.code, JSON.parse(refused.err).error.code], [2, "passphrase-weak"]);
    assert.ok(!existsSync(fresh));
    const made = await init(weak);
    assert.equal(made.code, 0);
    assert.match(made.err, /^! This passphrase is weak: .*sotto passwd\.$/m);
    const change = (file: string) =>
      runHere(fresh, ["passwd", "--passphrase-file", weak, "--new-passphrase-file", file]);
    assert.equal((await change(short)).code, 2);
    const good = await change(one);
    assert.deepEqual([good.code, /weak/.test(good.err)], [0, false]);
    assert.equal((await runHere(fresh, ["check", "--passphrase-file", one])).code, 0);
  });

  it("leaves a home that opens, whenever passwd is killed", async () => {
    const killed = sotto.home("killed");
    await runHere(killed, ["init", "--name", "ann"]);
    const words = async () => {
      const ran = await runHere(killed, ["words", "--show-words", "--passphrase-file", one]);
      assert.equal(ran.code, 0, ran.err);
      return ran.out;
    };
    const before = await words();
    for (let step = 1; step <= 6; step++) {
      const guarded = !existsSync(`${killed}/store.key`);
      const next = guarded ? ["--key-file"] : ["--new-passphrase-file", one];
      const child = spawn(
        process.execPath,
        [sotto.bin, "passwd", "--passphrase-file", one, ...next],
        { env: sotto.env(killed), stdio: "ignore" },
      );
      const closed = once(child, "close");
      // From its loading to its last write, somewhere.
      setTimeout(() => child.kill("SIGKILL"), step * 120);
      await closed;
      assert.equal(await words(), before, `step ${step}`);
    }
  });

  it("names what is damaged, says what to do next, and repairs it while no node runs", async () => {
    const broken = sotto.home("broken");
    const run = (...args: string[]) => runHere(broken, ["--json", ...args]);
    await run("init", "--name", "ann");
    const node = await sotto.up(broken);
    const { link } = JSON.parse((await run("invite", "--reusable")).out);
    assert.match(link, /^sotto:/);
    assert.equal(JSON.parse((await run("repair")).err).error.code, "node-already-running");
    await ended(node, "SIGTERM");
    const before = JSON.parse((await run("words", "--show-words")).out);

    rmSync(`${broken}/db/CURRENT`);
    const check = await run("check");
    assert.equal(check.code, 1);
    assert.deepEqual(JSON.parse(check.out).damaged, ["store"]);
    const up = await sotto.run(broken, ["up", ...QUIET]);
    assert.equal(up.code, 1);
    assert.match(up.err, /→ .*sotto check.*sotto repair.*sotto restore/);
    const repair = await run("repair");
    assert.equal(repair.code, 0, repair.err);
    const { aside, kept, dropped, incomplete } = JSON.parse(repair.out);
    assert.deepEqual([dropped, incomplete], [{}, []]);
    assert.equal(kept.identity, 1);
    assert.ok(!existsSync(`${aside}/db/CURRENT`) && existsSync(`${aside}/db`));
    assert.equal((await run("check")).code, 0);
    assert.deepEqual(JSON.parse((await run("words", "--show-words")).out), before);
    const again = await sotto.up(broken);
    const { invites } = JSON.parse((await run("invite", "ls")).out);
    assert.equal(invites.length, 1);
    await ended(again, "SIGTERM");

    const keyring = readFileSync(`${broken}/keyring`);
    writeFileSync(`${broken}/keyring`, keyring.fill(0, 60, 62));
    assert.equal(JSON.parse((await run("check")).err).error.code, "keyring-damaged");
    rmSync(`${broken}/keyring`);
    const gone = JSON.parse((await run("up", ...QUIET, "--name", "ann")).err);
    assert.equal(gone.error.code, "store-key-missing");
    assert.ok(!existsSync(`${broken}/keyring`));
  });

  it("mentions the recovery phrase for a new account, and does not print it", async () => {
    const fresh = sotto.home("fresh");
    const up = await sotto.run(fresh, ["up", "--detach", "--name", "new", ...QUIET]);
    assert.match(up.err, /recovery phrase: sotto words/);
    const { words } = JSON.parse((await runHere(fresh, ["words", "--show-words", "--json"])).out);
    assert.ok(!up.err.includes(words.split(" ").slice(0, 3).join(" ")));
    await runHere(fresh, ["down"]);
    const again = await sotto.run(fresh, ["up", "--detach", ...QUIET]);
    assert.ok(!again.err.includes("sotto words"));
    await runHere(fresh, ["down"]);
  });
});
