import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, ended, type Program } from "./built.ts";
import { runHere } from "./in-process.ts";

/** An address on which no node listens. */
const NOBODY = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWEmJ6hhDFZKH8dmpLcEExByWJ4ssmhFsSkY9EjoDuF3kc";

describe("sotto doctor, audit and status --watch", function () {
  this.timeout(120_000);
  let sotto: Program;
  let alice: string;
  let bob: string;
  let bobs: ChildProcess;

  before(async () => {
    sotto = build();
    [alice, bob] = [sotto.home("alice"), sotto.home("bob")];
    await sotto.up(alice, "--name", "alice-whose-name-is-long");
    bobs = await sotto.up(bob, "--name", "bob");
    const { out } = await runHere(alice, ["invite", "--hints", "--json"]);
    await runHere(bob, ["add", JSON.parse(out).link, "--as", "alice"]);
    await runHere(alice, ["send", "bob", "meet me by the old mill"]);
  });
  after(() => sotto.clear());

  it("exits with 0 for a connected contact, and with 1, a cause and a remedy for an offline one", async () => {
    const linked = await runHere(alice, ["doctor", "bob"]);
    assert.deepEqual([linked.code, linked.out.slice(0, 12)], [0, "✓ connection"]);
    const pinged = await runHere(alice, ["net", "ping", "bob"]);
    assert.match(pinged.out, /^bob {2}\d+ ms \(direct\)/);
    await ended(bobs, "SIGTERM");
    const gone = await runHere(alice, ["doctor", "bob", "--json"]);
    assert.equal(gone.code, 1);
    assert.match(JSON.parse(gone.out).cause, /^(no-dht-peer|no-record|unreachable)$/);
    const words = await runHere(alice, ["doctor", "bob"]);
    assert.match(words.out, /^✗ connection {2}none\n( {14}\S.*\n)+ {14}→ .*\n/);
    const silent = await runHere(alice, ["net", "ping", "bob"]);
    assert.deepEqual([silent.code, silent.out], [1, "bob  not connected\n"]);
    bobs = await sotto.up(bob);
  });

  it("says without a node why a start would fail: 1, or 3 if it would not", async () => {
    const home = sotto.home("stopped");
    await runHere(home, ["init", "--name", "carol"]);
    const { code, out } = await runHere(home, ["doctor"]);
    assert.equal(code, 3);
    assert.match(out, /^✗ node {8}not running\n {14}→ Start it: sotto up\n✓ settings .*\n✓ store /);
    writeFileSync(join(home, "config.json"), '{"listen": ["nowhere"]}');
    const broken = await runHere(home, ["doctor"]);
    assert.equal(broken.code, 1);
    assert.match(
      broken.out,
      /cannot be started\n.*\n✗ settings .*listen.*\n {14}→ Correct or remove the setting/,
    );
    const { running, start } = JSON.parse((await runHere(home, ["doctor", "--json"])).out);
    assert.deepEqual([running, start[0].code], [false, "config-invalid"]);
  });

  it("reports a node without peers, and the next command", async () => {
    await sotto.up(sotto.home("alone"), "--name", "carol");
    const told = await runHere(sotto.home("alone"), ["doctor"]);
    assert.equal(told.code, 1);
    assert.match(
      told.out,
      /✗ network .*\n.*\n {14}→ Add a bootstrap node \(sotto net bootstrap add ADDRESS\)/,
    );
    assert.match(told.out, /· addresses .*\n {14}Only this computer can reach the node\.\n {14}→ /);
  });

  it("names each bootstrap node that does not answer, and refuses invalid addresses", async () => {
    const lost = sotto.home("lost");
    await sotto.up(lost, "--name", "dora", "--bootstrap", NOBODY);
    const told = await runHere(lost, ["doctor"]);
    assert.equal(told.code, 1);
    assert.match(
      told.out,
      /✗ bootstrap .*not connected \(refused\)\n.*\n {14}→ Ask its operator whether it is running/,
    );
    for (const bad of [
      "nonsense",
      NOBODY.replace("127.0.0.1", "127.0.0.300"),
      NOBODY.slice(0, -1),
    ]) {
      const refused = await runHere(lost, ["net", "bootstrap", "add", bad]);
      assert.equal(refused.code, 2, refused.err);
      assert.match(refused.err, /✗ .*\n→ A bootstrap node's address looks like/);
    }
    // And the next start is as good as the one before.
    await runHere(lost, ["down"]);
    await sotto.up(lost);
  });

  it("audits a home without plaintext, and finds plaintext", async () => {
    const clean = await runHere(alice, ["audit", "--json"]);
    const { scan, traits, relays } = JSON.parse(clean.out);
    assert.deepEqual(scan.found, []);
    assert.ok(scan.sought.every(({ count }: { count: number }) => count > 0));
    assert.equal(clean.code, 0);
    assert.equal(relays, false);
    assert.equal(traits.find(({ trait }: { trait: string }) => trait === "audited").holds, "no");
    assert.ok(!clean.out.includes("old mill"), "the audit told what it looked for");
    writeFileSync(join(alice, "notes.txt"), "she said: meet me by the old mill");
    const leaky = await runHere(alice, ["audit"]);
    assert.equal(leaky.code, 1);
    assert.match(leaky.out, /found message text in notes\.txt/);
  });

  it("prints the status again when it changes, one object per line", async () => {
    const child = spawn(process.execPath, [sotto.bin, "status", "--watch", "--json"], {
      env: sotto.env(alice),
      stdio: ["ignore", "pipe", "ignore"],
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    const lines = () =>
      said
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    const until = async (what: string, reached: () => boolean) => {
      for (let tries = 0; !reached(); tries++) {
        assert.ok(tries < 300, `never came: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await until("a status", () => lines().length > 0);
    assert.equal(lines()[0].invisible, false);
    assert.equal((await runHere(alice, ["net", "invisible", "on"])).code, 0);
    await until("a change", () => lines().at(-1).invisible);
    const { code } = await runHere(alice, ["net", "invisible", "off"]);
    await until("another", () => !lines().at(-1).invisible);
    assert.equal(code, 0);
    assert.equal(await ended(child, "SIGINT"), 130);
  });
});
