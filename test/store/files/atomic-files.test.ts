import assert from "node:assert/strict";
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { utf8 } from "../../../src/base/index.ts";
import { createAtomically, writeAtomically } from "../../../src/store/files/atomic-files.ts";
import { temporaryDirectory } from "../fixtures.ts";

describe("writing a file atomically", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    path = join(directory, "file");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("replaces the file, with mode 0600, and leaves no other file", async () => {
    for (const text of ["first", "second, longer", "3"]) {
      await writeAtomically(path, utf8(text));
      assert.equal(readFileSync(path, "utf8"), text);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(directory), ["file"]);
    }
  });

  it("overwrites and removes its draft if the file cannot be replaced", async () => {
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

  it("creates a file and refuses to replace one", async () => {
    await createAtomically(path, utf8("first"), zeros);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await assert.rejects(createAtomically(path, utf8("second"), zeros), { code: "EEXIST" });
    assert.equal(readFileSync(path, "utf8"), "first");
    assert.deepEqual(readdirSync(directory), ["file"]);
  });

  it("creates a file without hard links and refuses to replace one", async () => {
    const { link } = fs;
    fs.link = async () => {
      throw Object.assign(new Error("no links"), { code: "EPERM" });
    };
    syncBuiltinESMExports();
    try {
      await createAtomically(path, utf8("first"), zeros);
      await assert.rejects(createAtomically(path, utf8("second"), zeros), { code: "EEXIST" });
    } finally {
      fs.link = link;
      syncBuiltinESMExports();
    }
    assert.equal(readFileSync(path, "utf8"), "first");
    assert.deepEqual(readdirSync(directory), ["file"]);
  });

  it("keeps a created file whose own draft a dead process with the same pid left", async () => {
    await createAtomically(path, utf8("first"), zeros);
    linkSync(path, `${path}.${process.pid}.new`);
    await assert.rejects(createAtomically(path, utf8("second"), zeros), { code: "EEXIST" });
    assert.equal(readFileSync(path, "utf8"), "first");
    assert.deepEqual(readdirSync(directory), ["file"]);
  });

  it("leaves the draft of a living process when it creates the file", async () => {
    const draft = `file.${process.ppid}.new`;
    writeFileSync(join(directory, draft), "half");
    await createAtomically(path, utf8("first"), zeros);
    assert.deepEqual(readdirSync(directory).sort(), ["file", draft]);
  });
});

const zeros = (length: number): Uint8Array => new Uint8Array(length);
