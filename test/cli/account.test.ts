import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runHere } from "./in-process.ts";

describe("an account on the command line, without a node", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-account-"));
  });
  after(() => rm(directory, { recursive: true }));
  const at = (name: string): string => join(directory, name);

  it("asks nothing off a terminal: names the option instead, and leaves nothing behind", async () => {
    const home = at("quiet");
    assert.equal((await runHere(home, ["init"])).code, 2);
    const up = await runHere(home, ["up"]);
    assert.equal(up.code, 1);
    assert.match(up.err, /sotto init --name/);
    const bad = await runHere(home, ["init", "--name", "a\u202eb"]);
    assert.equal(bad.code, 2);
    assert.equal((await runHere(home, ["init", "--name", "ann", "--quiet"])).code, 0);
    assert.equal((await runHere(home, ["init", "--name", "ann"])).code, 1);
    // The recovery phrase is not printed there.
    const made = await runHere(at("unseen"), ["init", "--name", "ann"]);
    assert.match(made.err, /^Write down your recovery phrase: sotto words$/m);
  });

  it("brings an account back from its words", async () => {
    const made = await runHere(at("w1"), ["init", "--name", "w", "--show-words", "--json"]);
    const { words } = JSON.parse(made.out);
    assert.equal(words.split(" ").length, 24);
    const file = at("words.txt");
    writeFileSync(file, `${words.toUpperCase()}\n`);
    const args = ["init", "--name", "w", "--words-file", file, "--show-words", "--json"];
    const again = await runHere(at("w2"), args);
    assert.equal(JSON.parse(again.out).words, words);
    for (const options of [["--show-words"], ["--show-words", "--json"]]) {
      const printed = await runHere(at("w2"), ["words", ...options]);
      writeFileSync(file, printed.out);
      const home = at(`w2${options.length}`);
      assert.equal(JSON.parse((await runHere(home, args)).out).words, words);
    }
    writeFileSync(file, words.split(" ").reverse().join(" "));
    assert.equal((await runHere(at("w3"), args)).code, 1);
    assert.ok(!existsSync(at("w3")));
  });

  it("says which setting is wrong", async () => {
    const home = at("config");
    await runHere(home, ["init", "--name", "ann"]);
    writeFileSync(`${home}/config.json`, '{"mdsn": true}');
    const ran = await runHere(home, ["up"]);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /mdsn/);
  });
});
