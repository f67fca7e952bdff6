import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { build, type Program } from "./built.ts";
import { printedJson, runHere } from "./in-process.ts";

describe("messages that go", function () {
  this.timeout(90_000);
  let sotto: Program;
  let alice: string;
  let bob: string;
  const json = (home: string, ...args: string[]) => printedJson(home, ...args);
  const texts = async (home: string, who: string, ...args: string[]): Promise<string[]> =>
    (await json(home, "read", who, ...args)).messages.map(({ text }: { text: string }) => text);
  const until = async (what: string, reached: () => Promise<boolean>) => {
    for (let tries = 0; tries < 200; tries++) {
      if (await reached()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`never came: ${what}`);
  };

  before(async () => {
    sotto = build();
    [alice, bob] = [sotto.home("alice"), sotto.home("bob")];
    await sotto.up(alice, "--name", "alice");
    // Bob wants no history.
    assert.equal((await runHere(bob, ["init", "--name", "bob", "--no-history"])).code, 0);
    assert.deepEqual(JSON.parse(readFileSync(`${bob}/config.json`, "utf8")), { history: false });
    await sotto.up(bob);
    const { link } = await json(alice, "invite", "--hints");
    await json(bob, "add", link);
  });
  after(() => sotto.clear());

  it("are read once where no history is kept, and are not lost before", async () => {
    assert.equal((await json(bob, "status")).history, false);
    assert.equal((await json(alice, "status")).history, true);
    await json(alice, "send", "--wait", "delivered", "bob", "first");
    await json(alice, "send", "--wait", "delivered", "bob", "second");
    assert.deepEqual(await texts(bob, "alice", "--peek"), ["first", "second"]);
    // Only what is shown is read, and so removed.
    assert.deepEqual(await texts(bob, "alice", "-n", "1"), ["second"]);
    await until("removed", async () => (await texts(bob, "alice", "--peek")).length === 1);
    assert.deepEqual(await texts(bob, "alice"), ["first"]);
    await until("gone", async () => (await texts(bob, "alice", "--peek")).length === 0);
    await json(bob, "send", "--wait", "delivered", "alice", "mine");
    await until("gone", async () => (await texts(bob, "alice", "--peek")).length === 0);
    assert.deepEqual(await texts(alice, "bob"), ["first", "second", "mine"]);
  });

  it("disappear after the time that either side sets, and both sides are notified", async () => {
    const { contact } = await json(alice, "contacts", "timer", "bob", "5s");
    assert.equal(contact.timer, 5000);
    await until("bob knows", async () => {
      const shown = await json(bob, "contacts", "show", "alice");
      return shown.contact.timer === 5000;
    });
    const said = await runHere(bob, ["read", "alice"]);
    assert.match(said.out, /alice set messages to disappear after 5\.0 s/);
    await json(alice, "send", "--wait", "delivered", "bob", "soon gone");
    const read = await runHere(alice, ["read", "bob"]);
    assert.match(read.out, /soon gone {2}\[delivered; disappears after 5\.0 s\]/);
    await until("gone", async () => !(await texts(alice, "bob")).includes("soon gone"));
    assert.equal((await json(alice, "contacts", "timer", "bob", "off")).contact.timer, 0);
    for (const bad of ["1s", "400d", "soon"])
      assert.equal((await runHere(alice, ["contacts", "timer", "bob", bad])).code, 2, bad);
  });

  it("may be kept for so long and no longer, which the settings say", async () => {
    const home = sotto.home("kept");
    assert.equal((await runHere(home, ["init", "--name", "k"])).code, 0);
    for (const retention of ["soon", "1m", "99999d"]) {
      writeFileSync(`${home}/config.json`, JSON.stringify({ retention }));
      const ran = await sotto.run(home, ["up"]);
      assert.equal(ran.code, 1);
      assert.match(ran.err, /retention/);
    }
    writeFileSync(`${home}/config.json`, JSON.stringify({ retention: "90d" }));
    await sotto.up(home);
    assert.equal((await json(home, "status")).retention, 90 * 86_400_000);
    assert.match((await runHere(home, ["status"])).out, /retention +90 d/);
  });
});
