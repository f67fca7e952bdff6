import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SottoError } from "../../../src/base/index.ts";
import type { StoreOp } from "../../../src/ports/index.ts";
import { editRows, openAt, type RawRows, temporaryDirectory } from "../fixtures.ts";

const ROWS = 60;
const bytesOf = (at: number): Uint8Array => new Uint8Array(100).fill(at);
const put = (at: number, value = bytesOf(at)): StoreOp => ({
  kind: "put",
  key: { table: "message", of: "alice", at },
  value,
});

/** What a reader sees: the code of a fault, or whether every row is as it was written. */
async function read(directory: string): Promise<string> {
  try {
    const store = await openAt(directory);
    try {
      const rows = await store.list("message", "alice");
      const right = rows.every(({ at, value }) => Buffer.from(value).equals(bytesOf(at)));
      return right ? `${rows.length} rows` : "wrong value";
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof SottoError) return error.code;
    throw error;
  }
}

describe("store damage", () => {
  let base: string;
  let tried: string;
  const file = (directory: string, ending: RegExp): string => {
    const found = readdirSync(join(directory, "db")).filter((name) => ending.test(name));
    const largest = found
      .map((name) => join(directory, "db", name))
      .toSorted((a, b) => readFileSync(b).length - readFileSync(a).length);
    return largest[0] as string;
  };
  const damage = async (ending: RegExp, change: (bytes: Buffer) => Buffer): Promise<string> => {
    rmSync(tried, { recursive: true });
    cpSync(base, tried, { recursive: true });
    const path = file(tried, ending);
    writeFileSync(path, change(readFileSync(path)));
    return read(tried);
  };
  /** Reads and changes rows as they lie on the disk. */
  const raw = async (change: Parameters<typeof editRows>[1]): Promise<string> => {
    rmSync(tried, { recursive: true });
    cpSync(base, tried, { recursive: true });
    await editRows(tried, change);
    return read(tried);
  };

  before(async () => {
    base = temporaryDirectory();
    tried = temporaryDirectory();
    const store = await openAt(base);
    for (let at = 0; at < ROWS; at++) await store.commit([put(at)]);
    await store.close();
  });
  after(() => {
    for (const directory of [base, tried]) rmSync(directory, { recursive: true, force: true });
  });

  it("detects a flipped byte of a table file and returns no wrong value and loses no row", async () => {
    const length = readFileSync(file(base, /\.ldb$/)).length;
    const seen: Record<string, number> = {};
    const trials = 80;
    for (let trial = 0; trial < trials; trial++) {
      const at = Math.floor(((trial + 0.5) * length) / trials);
      const outcome = await damage(/\.ldb$/, (bytes) => {
        bytes[at] = (bytes[at] as number) ^ (1 << (trial % 8));
        return bytes;
      });
      seen[outcome] = (seen[outcome] ?? 0) + 1;
    }
    // Many bytes carry nothing: checksums that LevelDB does not read, and the tallies of earlier
    // commits.
    const { "store-damaged": noticed = 0, [`${ROWS} rows`]: harmless = 0, ...others } = seen;
    assert.deepEqual(others, {});
    assert.ok(noticed > trials / 3 && harmless > 0);
  });

  it("detects a row that is changed, cut, moved, swapped, lost or restored", async () => {
    const messages = (rows: RawRows): [string, Uint8Array][] =>
      [...rows].filter(([key]) => key.startsWith("06"));
    const first = (rows: RawRows): [string, Uint8Array] =>
      messages(rows)[0] as [string, Uint8Array];
    const second = (rows: RawRows): [string, Uint8Array] =>
      messages(rows)[1] as [string, Uint8Array];
    const damaged = "store-damaged";
    assert.equal(await raw(() => []), `${ROWS} rows`);
    assert.equal(
      await raw((rows) => {
        const [key, value] = first(rows);
        value[30] = (value[30] as number) ^ 1;
        return [[key, value]];
      }),
      damaged,
    );
    assert.equal(await raw((rows) => [[first(rows)[0], first(rows)[1].slice(0, -1)]]), damaged);
    assert.equal(await raw((rows) => [[first(rows)[0], new Uint8Array()]]), damaged);
    assert.equal(
      await raw((rows) => [
        [first(rows)[0], second(rows)[1]],
        [second(rows)[0], first(rows)[1]],
      ]),
      damaged,
    );
    assert.equal(await raw((rows) => [[first(rows)[0], undefined]]), damaged);
    assert.equal(
      await raw((rows) => [[`${first(rows)[0].slice(0, -2)}ff`, first(rows)[1]]]),
      damaged,
    );
    assert.equal(await raw(() => [["ff00", Uint8Array.of(1)]]), damaged);
    // The store's own rows.
    assert.equal(
      await raw((rows) =>
        own(rows)
          .slice(0, 1)
          .map(([key]) => [key, undefined]),
      ),
      damaged,
    );
    assert.equal(
      await raw((rows) =>
        own(rows)
          .slice(1)
          .map(([key]) => [key, undefined]),
      ),
      damaged,
    );
    assert.equal(
      await raw((rows) =>
        own(rows)
          .slice(0, 1)
          .map(([key, value]) => {
            value[10] = (value[10] as number) ^ 1;
            return [key, value];
          }),
      ),
      damaged,
    );
  });

  it("detects an older version of one row", async () => {
    const old = temporaryDirectory();
    cpSync(base, old, { recursive: true });
    const store = await openAt(base);
    await store.commit([put(0, Uint8Array.of(1, 2, 3))]);
    await store.commit([put(0)]);
    await store.close();
    const before = await editRows(old);
    rmSync(old, { recursive: true });
    const older = (rows: RawRows, tables: string): [string, Uint8Array | undefined][] =>
      [...rows]
        .filter(([key, value]) => {
          const was = before.get(key);
          return was && tables.includes(key.slice(0, 2)) && !Buffer.from(value).equals(was);
        })
        .map(([key]) => [key, before.get(key)]);
    for (const tables of ["06", "0a", "06 0a"]) {
      const outcome = await raw((rows) => {
        const changed = older(rows, tables);
        assert.equal(changed.length, tables.length > 2 ? 2 : 1);
        return changed;
      });
      assert.equal(outcome, "store-damaged", tables);
    }
  });

  it("refuses to create a new store where LevelDB's own files are missing", async () => {
    for (const name of [/^CURRENT$/, /^MANIFEST/, /\.ldb$/]) {
      rmSync(tried, { recursive: true });
      cpSync(base, tried, { recursive: true });
      rmSync(file(tried, name));
      const left = readdirSync(join(tried, "db")).filter((one) => one.endsWith(".ldb"));
      assert.equal(await read(tried), "store-damaged", String(name));
      // Nothing that might still be repaired was removed.
      const after = readdirSync(join(tried, "db"));
      assert.deepEqual(
        left.filter((one) => !after.includes(one)),
        [],
        String(name),
      );
    }
  });

  it("detects a lost record in the middle of a log, and opens an earlier state without its end", async () => {
    const live = temporaryDirectory();
    const written = temporaryDirectory();
    const store = await openAt(live);
    // More than one 32 KiB block of the log, so that LevelDB continues after the block that it
    // drops.
    const total = 3 * ROWS;
    for (let at = 0; at < total; at++) await store.commit([put(at)]);
    // The files as a kill leaves them.
    cpSync(live, written, { recursive: true });
    await store.close();
    assert.equal(readFileSync(file(live, /\.log$/)).length, 0);
    rmSync(live, { recursive: true });
    rmSync(tried, { recursive: true });
    cpSync(written, tried, { recursive: true });
    assert.equal(await read(tried), `${total} rows`);
    const seen: Record<string, number> = {};
    const length = readFileSync(file(written, /\.log$/)).length;
    assert.ok(length > 2 * 32_768);
    for (let trial = 0; trial < 40; trial++) {
      rmSync(tried, { recursive: true });
      cpSync(written, tried, { recursive: true });
      const path = file(tried, /\.log$/);
      const bytes = readFileSync(path);
      const at = Math.floor(((trial + 0.5) * length) / 40);
      bytes[at] = (bytes[at] as number) ^ 0x10;
      writeFileSync(path, bytes);
      const outcome = await read(tried);
      const inLastBlock = Math.floor(at / 32_768) === Math.floor((length - 1) / 32_768);
      const kind = `${inLastBlock ? "end" : "middle"}: ${outcome.endsWith(" rows") ? "earlier state" : outcome}`;
      seen[kind] = (seen[kind] ?? 0) + 1;
    }
    rmSync(written, { recursive: true });
    const { "middle: store-damaged": middle = 0, "end: earlier state": end = 0, ...others } = seen;
    assert.deepEqual(others, {});
    assert.ok(middle > 0 && end > 0);
  });
});

const own = (rows: RawRows): [string, Uint8Array][] =>
  [...rows].filter(([key]) => key.startsWith("00"));
