import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { utf8 } from "../../../src/base/index.ts";
import { writeAtomically } from "../../../src/store/files/atomic-files.ts";
import { temporaryDirectory } from "../place.ts";

describe("writing a file atomically", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    path = join(directory, "file");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("replaces the file, for its owner only, and leaves nothing else", async () => {
    for (const text of ["first", "second, longer", "3"]) {
      await writeAtomically(path, utf8(text));
      assert.equal(readFileSync(path, "utf8"), text);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(directory), ["file"]);
    }
  });

  it("overwrites and removes its draft where the file cannot be replaced", async () => {
    await writeAtomically(path, utf8("before"));
    const { rename } = fs;
    let draft: number | undefined;
    fs.rename = async (from) => {
      draft = openSync(String(from), "r");
      throw new Error("no");
    };
    syncBuiltinESMExports();
    try {
      await assert.rejects(writeAtomically(path, utf8("a secret")), /^Error: no$/);
    } finally {
      fs.rename = rename;
      syncBuiltinESMExports();
    }
    assert.ok(draft !== undefined);
    assert.deepEqual(readFileSync(draft), Buffer.alloc("a secret".length));
    closeSync(draft);
    assert.deepEqual(readdirSync(directory), ["file"]);
    assert.equal(readFileSync(path, "utf8"), "before");
  });
});
