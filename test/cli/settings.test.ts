import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printedJson, runHere } from "./in-process.ts";

describe("sotto settings", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "sotto-settings-"));
  });
  afterEach(() => rm(home, { recursive: true }));
  const file = () => join(home, "config.json");

  it("shows the file, all settings and one, before there is an account", async () => {
    assert.equal((await runHere(home, ["settings", "path"])).out, `${file()}\n`);
    const { settings } = await printedJson(home, "settings");
    assert.deepEqual(
      settings.find(({ name }: { name: string }) => name === "mdns"),
      { name: "mdns", value: true, default: true, set: false },
    );
    assert.match((await runHere(home, ["settings", "ls"])).out, /^ {2}retention +forever$/m);
    assert.equal((await runHere(home, ["settings", "get", "decoys"])).out, "0\n");
    const unknown = await runHere(home, ["settings", "get", "mdsn"]);
    assert.deepEqual([unknown.code, /sotto settings ls/.test(unknown.err)], [2, true]);
  });

  it("writes and removes a setting, and says when a node reads it", async () => {
    const written = await runHere(home, ["settings", "set", "decoys", "8"]);
    assert.deepEqual([written.code, written.out], [0, "✓ decoys: 8\n"]);
    assert.match(written.err, /at its next start[\s\S]*sotto net decoys/);
    assert.match((await runHere(home, ["settings", "ls"])).out, /^● decoys +8$/m);
    const wrong = await runHere(home, ["settings", "set", "decoys", "many"]);
    assert.deepEqual([wrong.code, JSON.parse(await readFile(file(), "utf8"))], [2, { decoys: 8 }]);
    const { out } = await runHere(home, ["settings", "unset", "decoys"]);
    assert.equal(out, "✓ decoys: 0 (default)\n");
    assert.deepEqual(JSON.parse(await readFile(file(), "utf8")), {});
  });

  it("removes a key that is no setting, so that a node can start again", async () => {
    await writeFile(file(), '{"mdsn":true}');
    assert.match((await runHere(home, ["settings"])).err, /there is no setting mdsn/);
    assert.equal((await runHere(home, ["settings", "unset", "mdsn"])).out, "✓ mdsn removed\n");
    assert.equal((await runHere(home, ["settings"])).code, 0);
  });
});
