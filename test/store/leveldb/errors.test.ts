import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openError } from "../../../src/store/leveldb/errors.ts";
import { openAt, temporaryDirectory } from "../fixtures.ts";

/** LevelDB reports the text of strerror(3) after the file's name. */
const said = (text: string) =>
  new Error("Database failed to open", { cause: new Error(`IO error: db/CURRENT: ${text}`) });

describe("errors of opening the store", () => {
  it("reports store-write-failed, not damage, where the system refused access", () => {
    for (const text of [
      "Input/output error",
      "Permission denied",
      "Too many open files",
      "Read-only file system",
    ])
      assert.equal(openError(said(text)).code, "store-write-failed", text);
    for (const text of ["No space left on device", "Disk quota exceeded"])
      assert.equal(openError(said(text)).code, "disk-full", text);
  });

  it("reports store-damaged where the files are inconsistent", () => {
    assert.equal(openError(said("No such file or directory")).code, "store-damaged");
    assert.equal(openError(new Error("Corruption: checksum mismatch")).code, "store-damaged");
  });

  it("reports a code where the directory cannot be created", async () => {
    const directory = temporaryDirectory();
    try {
      const file = join(directory, "file");
      writeFileSync(file, "");
      await assert.rejects(openAt(file), { code: "store-write-failed" });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
