import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { silent } from "../../src/ports/index.ts";
import { repairStore } from "../../src/store/index.ts";
import { isPage, tableByte } from "../../src/store/layout/row-names.ts";
import { SCHEMA_VERSION } from "../../src/store/layout/schema.ts";
import {
  crypto,
  editRows,
  filesIn,
  openAt,
  setVersion,
  temporaryDirectory,
  testKey,
} from "./fixtures.ts";

const OLDER = SCHEMA_VERSION - 1;
const NEWER = SCHEMA_VERSION + 1;

const repair = (directory: string) =>
  repairStore({
    directory,
    key: testKey,
    crypto,
    log: silent,
    aside: "damaged",
    leaveOut: [],
    reconcile: async () => undefined,
  });

const refused = (version: number) => ({
  code: "store-version",
  message: new RegExp(`version ${version} .* version ${SCHEMA_VERSION}`),
  remedy: /sotto restore/,
});

describe("a store of another version", () => {
  let directory: string;
  beforeEach(async () => {
    directory = temporaryDirectory();
    const store = await openAt(directory);
    for (let at = 0; at < 20; at++)
      await store.commit([
        { kind: "put", key: { table: "message", of: "alice", at }, value: new Uint8Array(9_000) },
      ]);
    await store.close();
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  for (const version of [OLDER, NEWER, 0, 0xffff_ffff]) {
    it(`is refused while the row is in LevelDB's log, and its files stay unchanged: ${version}`, async () => {
      await setVersion(directory, version);
      const before = filesIn(directory);
      await assert.rejects(openAt(directory), refused(version));
      await assert.rejects(repair(directory), refused(version));
      assert.deepEqual(filesIn(directory), before);
    });

    it(`is refused while the row is in a table, and its files stay unchanged: ${version}`, async () => {
      await setVersion(directory, version);
      // Opening it moves the rows of the log into a table.
      await editRows(directory);
      for (const [path, [bytes]] of filesIn(directory))
        if (path.endsWith(".log")) assert.equal(bytes, "");
      const before = filesIn(directory);
      await assert.rejects(openAt(directory), refused(version));
      await assert.rejects(repair(directory), refused(version));
      assert.deepEqual(filesIn(directory), before);
    });
  }

  it("is refused under any key", async () => {
    await setVersion(directory, NEWER);
    const before = filesIn(directory);
    await assert.rejects(openAt(directory, testKey.with(0, 1)), refused(NEWER));
    assert.deepEqual(filesIn(directory), before);
  });

  it("is refused as the result of a repair before the repair is finished", async () => {
    mkdirSync(join(directory, "repaired"));
    cpSync(join(directory, "db"), join(directory, "repaired/db"), { recursive: true });
    await setVersion(join(directory, "repaired"), OLDER);
    const before = filesIn(directory);
    await assert.rejects(openAt(directory), refused(OLDER));
    await assert.rejects(repair(directory), refused(OLDER));
    assert.deepEqual(filesIn(directory), before);
  });

  it("opens again once its version is the current one", async () => {
    await setVersion(directory, OLDER);
    await assert.rejects(openAt(directory), refused(OLDER));
    await setVersion(directory, SCHEMA_VERSION);
    const store = await openAt(directory);
    assert.equal((await store.list("message", "alice")).length, 20);
    assert.deepEqual((await store.check()).damaged, []);
    await store.close();
  });
});

describe("the number of a table", () => {
  it("is that of no other table, nor of the checksums of one", () => {
    const numbers = Object.values(tableByte);
    assert.equal(new Set(numbers).size, numbers.length);
    assert.deepEqual(
      numbers.filter((number) => isPage(Uint8Array.of(number))),
      [],
    );
  });
});
