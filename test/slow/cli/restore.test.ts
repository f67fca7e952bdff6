import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { build, ended, type Program } from "../../cli/built.ts";
import { printedJson } from "../../cli/in-process.ts";

describe("a restore that is killed at any moment", function () {
  this.timeout(300_000);
  let sotto: Program;
  before(() => {
    sotto = build();
  });
  after(() => sotto.clear());

  const json = (home: string, ...args: string[]) => printedJson(home, ...args);

  it("leaves no account or the whole one, and can be done again", async () => {
    const [old, words, backup] = [sotto.home("old"), sotto.home("words"), sotto.home("backup")];
    writeFileSync(words, (await json(old, "init", "--name", "alice", "--show-words")).words);
    const alice = await sotto.up(old);
    const bob = await sotto.up(sotto.home("bob"), "--name", "bob");
    const { link } = await json(sotto.home("bob"), "invite", "--hints");
    await json(old, "add", link, "--wait", "15s");
    await json(old, "backup", backup);
    for (const node of [alice, bob]) await ended(node, "SIGTERM");

    let cut = 0;
    for (let delay = 100; delay < 1000; delay += 40) {
      const home = sotto.home(`killed-${delay}`);
      await sotto.killed(home, ["restore", backup, "--words-file", words], delay);
      const again = await sotto.run(home, ["restore", backup, "--words-file", words, "--json"]);
      if (again.code === 0) cut++;
      else assert.equal(JSON.parse(again.err).error.code, "account-exists");
      const { files } = await json(home, "export", `${home}-export`);
      const { account, conversations } = JSON.parse(readFileSync(files[0], "utf8"));
      assert.equal(account.name, "alice");
      const names = conversations.map(({ contact }: { contact: { name: string } }) => contact.name);
      assert.deepEqual(names, ["bob"]);
    }
    assert.ok(cut > 0, "no restore was cut");
  });
});
