import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../../src/base/index.ts";
import { crc32c, verifyTables } from "../../../src/store/leveldb/verify-tables.ts";
import { openAt, temporaryDirectory } from "../fixtures.ts";

describe("verifying LevelDB tables", () => {
  let base: string;
  let tried: string;
  let table: string;
  before(async () => {
    base = temporaryDirectory();
    const store = await openAt(base);
    for (let at = 0; at < 40; at++)
      await store.commit([
        { kind: "put", key: { table: "contact", of: "x", at }, value: new Uint8Array(200) },
      ]);
    await store.close();
    const tables = readdirSync(join(base, "db")).filter((name) => name.endsWith(".ldb"));
    table = tables.toSorted().at(-1) as string;
  });
  beforeEach(() => {
    tried = temporaryDirectory();
    cpSync(base, tried, { recursive: true });
  });
  afterEach(() => rmSync(tried, { recursive: true }));
  after(() => rmSync(base, { recursive: true }));
  const verify = (thorough = true) => verifyTables(join(tried, "db"), thorough);

  it("computes the checksums of RFC 3720", () => {
    assert.equal(crc32c(utf8("123456789")), 0xe3069283);
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  });

  it("refuses a damaged file before LevelDB reads it, and names it", async () => {
    await verify();
    const path = join(tried, "db", table);
    const bytes = readFileSync(path);
    for (const at of [10, bytes.length >> 1, bytes.length - 60]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 4;
      writeFileSync(path, changed);
      await assert.rejects(verify(), { code: "store-damaged", message: new RegExp(table) });
    }
    writeFileSync(path, bytes);
    truncateSync(path, bytes.length - 1);
    await assert.rejects(verify(), { code: "store-damaged" });
    rmSync(path);
    await assert.rejects(verify(), { code: "store-damaged" });
  });

  it("ignores a table that does not belong to the database, as a killed process leaves them", async () => {
    writeFileSync(join(tried, "db/999999.ldb"), "half a table");
    await verify();
    await (await openAt(tried)).close();
  });

  it("accepts a damaged CURRENT file, which LevelDB reports itself", async () => {
    for (const text of ["", "MANIFEST-000099\n", "malformed"]) {
      writeFileSync(join(tried, "db/CURRENT"), text);
      await verify();
      await assert.rejects(openAt(tried), { code: "store-damaged" });
    }
  });
});
