import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SottoError } from "../../../src/base/index.ts";
import { type Store, type StoreOp, silent, type Table } from "../../../src/ports/index.ts";
import { type Repaired, repairStore } from "../../../src/store/index.ts";
import { STORE_FILES } from "../../../src/store/integrity/repair-files.ts";
import { crypto, openAt, temporaryDirectory, testKey } from "../fixtures.ts";

const TABLES: readonly Table[] = [
  "identity",
  "contact",
  "message",
  "message-id",
  "outbox",
  "event",
];
const ROWS = 120;
const writtenAt = (table: Table, at: number): Uint8Array =>
  new Uint8Array(120).fill(at + TABLES.indexOf(table));
const put = (table: Table, at: number): StoreOp => ({
  kind: "put",
  key: { table, of: "x", at },
  value: writtenAt(table, at),
});

const repair = (directory: string, change: Partial<Parameters<typeof repairStore>[0]> = {}) =>
  repairStore({
    directory,
    key: testKey.slice(),
    crypto,
    log: silent,
    aside: "aside",
    leaveOut: [],
    reconcile: async () => undefined,
    ...change,
  });

/** How many rows of each table are there, each with the value that was written. */
async function rows(store: Store): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of TABLES) {
    const found = await store.list(table, "x");
    for (const { at, value } of found) assert.deepEqual(value, writtenAt(table, at));
    counts[table] = found.length;
  }
  return counts;
}

describe("repairing a store", () => {
  let base: string;
  let tried: string;
  const all = Object.fromEntries(TABLES.map((table) => [table, ROWS]));

  before(async () => {
    base = temporaryDirectory();
    const killed = temporaryDirectory();
    for (let round = 0; round < 3; round++) {
      const store = await openAt(base);
      for (let at = round * 40; at < (round + 1) * 40; at += 10)
        await store.commit(
          TABLES.flatMap((table) => Array.from({ length: 10 }, (_, i) => put(table, at + i))),
        );
      // The last rows stay in the log, as a kill leaves them.
      if (round === 2) cpSync(base, killed, { recursive: true });
      await store.close();
    }
    rmSync(base, { recursive: true });
    base = killed;
  });
  beforeEach(() => {
    tried = temporaryDirectory();
    cpSync(base, tried, { recursive: true });
  });
  afterEach(() => rmSync(tried, { recursive: true, force: true }));
  after(() => rmSync(base, { recursive: true, force: true }));

  const path = (ending: RegExp): string => {
    const files = readdirSync(join(tried, "db")).filter((name) => ending.test(name));
    const paths = files.map((name) => join(tried, "db", name));
    return paths.toSorted((a, b) => readFileSync(b).length - readFileSync(a).length)[0] as string;
  };

  /** What is there afterwards; nothing may be lost without a report about it. */
  async function repaired(what: string): Promise<Record<string, number>> {
    const before = readdirSync(join(tried, "db")).toSorted();
    const report: Repaired = await repair(tried);
    assert.deepEqual(readdirSync(tried).toSorted(), ["aside", ...STORE_FILES].toSorted(), what);
    // The files of the damaged store are kept aside, unchanged.
    assert.deepEqual(readdirSync(join(tried, "aside/db")).toSorted(), before);
    const store = await openAt(tried);
    try {
      assert.deepEqual((await store.check()).damaged, [], what);
      const found = await rows(store);
      for (const table of TABLES) assert.equal(report.kept[table] ?? 0, found[table], what);
      const missing = TABLES.filter((table) => found[table] !== ROWS);
      const reported = new Set([...Object.keys(report.dropped), ...report.incomplete]);
      for (const table of missing)
        assert.ok(
          reported.has(table) || reported.has("store"),
          `${what}: ${table} lost without a report`,
        );
      await store.commit([put("contact", ROWS)]);
      return found;
    } finally {
      await store.close();
    }
  }

  it("copies every row of an intact store", async () => {
    assert.deepEqual(await repaired("whole"), all);
  });

  it("copies every row where only LevelDB's own files are damaged or missing", async () => {
    for (const file of [/^CURRENT$/, /^MANIFEST/])
      for (const change of ["missing", "empty", "garbage"]) {
        rmSync(tried, { recursive: true });
        cpSync(base, tried, { recursive: true });
        const name = path(file);
        if (change === "missing") rmSync(name);
        else writeFileSync(name, change === "empty" ? "" : crypto.random(50));
        assert.deepEqual(await repaired(`${file} ${change}`), all);
      }
  });

  it("copies the intact rows of flipped, cut and lost files, and reports the others", async () => {
    let lost = 0;
    const changes: [RegExp, string, (bytes: Buffer) => Buffer | undefined][] = [
      [/\.ldb$/, "lost", () => undefined],
      [/\.log$/, "lost", () => undefined],
      [/\.ldb$/, "cut", (bytes) => bytes.subarray(0, bytes.length / 2)],
      [/\.log$/, "cut", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ];
    for (let trial = 0; trial < 5; trial++)
      for (const ending of [/\.ldb$/, /\.log$/])
        changes.push([
          ending,
          `flipped ${trial}`,
          (bytes) => {
            const at = Math.floor(((trial + 0.5) * bytes.length) / 5);
            bytes[at] = (bytes[at] as number) ^ (1 << (trial % 8));
            return bytes;
          },
        ]);
    for (const [ending, what, change] of changes) {
      rmSync(tried, { recursive: true });
      cpSync(base, tried, { recursive: true });
      const name = path(ending);
      const bytes = change(readFileSync(name));
      if (bytes) writeFileSync(name, bytes);
      else rmSync(name);
      const found = await repaired(`${ending} ${what}`);
      if (TABLES.some((table) => found[table] !== ROWS)) lost += 1;
    }
    assert.ok(lost > 4 && lost < changes.length, `${lost} of ${changes.length}`);
  }).timeout(60_000);

  it("copies all rows with one file of the vault, and the account without both", async () => {
    writeFileSync(join(tried, "vault"), crypto.random(100));
    assert.deepEqual(await repaired("one"), all);
    rmSync(join(tried, "aside"), { recursive: true });
    for (const name of ["vault", "vault.copy"]) rmSync(join(tried, name));
    const { kept, dropped } = await repair(tried);
    assert.equal(kept.identity, ROWS);
    // One was added after the first repair.
    assert.deepEqual([kept.contact, dropped.contact], [undefined, ROWS + 1]);
  });

  it("skips the tables that are rebuilt", async () => {
    const report = await repair(tried, { leaveOut: ["outbox"] });
    assert.equal(report.kept.outbox, undefined);
    const store = await openAt(tried);
    assert.deepEqual(await rows(store), { ...all, outbox: 0 });
    await store.close();
  });

  it("fails and leaves the store unchanged: another key, rows that cannot be repaired, no database", async () => {
    const name = path(/\.ldb$/);
    const bytes = readFileSync(name);
    const refuse = () => Promise.reject(new SottoError("account-lost", "x"));
    await assert.rejects(repair(tried, { reconcile: refuse }), { code: "account-lost" });
    await assert.rejects(repair(tried, { key: new Uint8Array(32) }), { code: "store-key-missing" });
    assert.deepEqual(readdirSync(tried).toSorted(), STORE_FILES.toSorted());
    assert.deepEqual(readFileSync(name), bytes);
    rmSync(join(tried, "db"), { recursive: true });
    await assert.rejects(repair(tried), { code: "store-damaged" });
    assert.ok(!existsSync(join(tried, "db")));
  });

  it("leaves the old store or the new one when it is killed", async () => {
    // While the new one was made.
    mkdirSync(join(tried, "repairing/db"), { recursive: true });
    assert.deepEqual(await rowsAt(tried), all);
    // At each step of putting it into its place.
    const whole = temporaryDirectory();
    cpSync(base, whole, { recursive: true });
    await repair(whole);
    const move = (from: string, to: string, names: readonly string[]): void => {
      for (const name of names) cpSync(join(from, name), join(to, name), { recursive: true });
    };
    for (let moved = 0; moved <= STORE_FILES.length; moved++)
      for (const removed of [0, 1]) {
        rmSync(tried, { recursive: true });
        mkdirSync(join(tried, "repaired"), { recursive: true });
        move(whole, tried, STORE_FILES.slice(0, moved));
        move(base, tried, STORE_FILES.slice(moved + removed));
        move(whole, join(tried, "repaired"), STORE_FILES.slice(moved));
        assert.deepEqual(await rowsAt(tried), all, `${moved} moved, ${removed} removed`);
        assert.ok(!existsSync(join(tried, "repaired")));
      }
    rmSync(whole, { recursive: true });
  });
});

async function rowsAt(directory: string): Promise<Record<string, number>> {
  const store = await openAt(directory);
  try {
    return await rows(store);
  } finally {
    await store.close();
  }
}
