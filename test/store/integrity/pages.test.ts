import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import type { PositionRange } from "../../../src/base/index.ts";
import type { ListOptions, RowKey, StoreOp } from "../../../src/ports/index.ts";
import type { DiskStore } from "../../../src/store/index.ts";
import { editRows, openAt, type RawRows, temporaryDirectory } from "../fixtures.ts";

/** Alice's conversation has three pages: places 0 to 255, 256 to 511, 512 to 599. */
const ALICE = 600;
const BOB = 10;
const message = (of: string, at: number): RowKey => ({ table: "message", of, at });
const index = (of: string, at: number): RowKey => ({
  table: "message-id",
  of: `${of}/${at}`,
  at: 0,
});
const put = (key: RowKey, fill: number): StoreOp => ({
  kind: "put",
  key,
  value: new Uint8Array(100).fill(fill),
});
const remove = (key: RowKey): StoreOp => ({ kind: "delete", key });
const damaged = { code: "store-damaged", message: /"message" are missing/ };

/** The row's place is the end of its name. */
const isAt = (key: string, from: number, to: number): boolean => {
  const at = Number.parseInt(key.slice(-8), 16);
  return at >= from && at <= to;
};

describe("store pages", () => {
  let base: string;
  let directory: string;
  let store: DiskStore;
  /** Names of Alice's messages on the disk; Bob's are the fewer. */
  const aliceRows = (rows: RawRows): string[] => {
    const names = [...rows.keys()].filter((key) => key.startsWith("06"));
    const owned = (key: string): string[] =>
      names.filter((name) => name.startsWith(key.slice(0, 34)));
    return names.map(owned).find(({ length }) => length === ALICE) ?? [];
  };
  /** Changes the closed store as it is on the disk, and opens it again. */
  const edit = async (change: Parameters<typeof editRows>[1]): Promise<void> => {
    await store.close();
    await editRows(directory, change);
    store = await openAt(directory);
  };
  const lose = (from: number, to = from): Promise<void> =>
    edit((rows) =>
      aliceRows(rows)
        .filter((key) => isAt(key, from, to))
        .map((key) => [key, undefined]),
    );
  const loseIndex = (): Promise<void> =>
    edit((rows) =>
      [...rows.keys()].filter((key) => key.startsWith("07")).map((key) => [key, undefined]),
    );

  before(async () => {
    base = temporaryDirectory();
    const filled = await openAt(base);
    const both = (of: string, at: number): StoreOp[] => [
      put(message(of, at), at),
      put(index(of, at), at),
    ];
    await filled.commit([...Array(ALICE).keys()].flatMap((at) => both("alice", at)));
    // Several conversations in one batch.
    await Promise.all(
      [...Array(BOB).keys()].flatMap((at) => [
        filled.commit(both("bob", at)),
        filled.commit([put({ table: "session", of: "bob", at: 0 }, at)]),
      ]),
    );
    await filled.close();
  });
  after(() => rmSync(base, { recursive: true }));
  beforeEach(async () => {
    directory = temporaryDirectory();
    cpSync(base, directory, { recursive: true });
    store = await openAt(directory);
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it("detects a lost row at every read of its page, by get and by list", async () => {
    await lose(300);
    for (let time = 0; time < 2; time++) {
      await assert.rejects(store.get(message("alice", 300)), damaged);
      await assert.rejects(store.get(message("alice", 301)), damaged);
      await assert.rejects(store.list("message", "alice"), damaged);
      await assert.rejects(store.list("message", "alice", { from: 511, limit: 1 }), damaged);
      await assert.rejects(store.all("message"), damaged);
    }
  });

  it("reads intact pages next to a damaged one, and reads no more pages than requested", async () => {
    await lose(300);
    assert.equal((await store.list("message", "bob")).length, BOB);
    assert.equal((await store.list("message", "alice", { to: 255 })).length, 256);
    assert.equal((await store.list("message", "alice", { reverse: true, limit: 88 })).length, 88);
    assert.equal((await store.list("message", "alice", { limit: 256 })).length, 256);
    await assert.rejects(store.list("message", "alice", { reverse: true, limit: 89 }), damaged);
    assert.deepEqual(await store.get(message("alice", 0)), new Uint8Array(100));
  });

  it("returns the other rows of a damaged page on request, and reports the range", async () => {
    const read = async (options: ListOptions = {}) => {
      const damaged: PositionRange[] = [];
      const onDamage = (range: PositionRange) => damaged.push(range);
      const rows = await store.list("message", "alice", { ...options, onDamage });
      return { at: rows.map(({ at }) => at), damaged };
    };
    const all = [...Array(ALICE).keys()];
    assert.deepEqual(await read(), { at: all, damaged: [] });
    await lose(300);
    for (let time = 0; time < 2; time++)
      assert.deepEqual(await read(), {
        at: all.filter((at) => at !== 300),
        damaged: [{ from: 256, to: 511 }],
      });
    const newest = await read({ reverse: true, limit: 100, to: 320 });
    assert.deepEqual(
      newest.at,
      all
        .slice(220, 321)
        .toReversed()
        .filter((at) => at !== 300),
    );
    assert.deepEqual(newest.damaged, [{ from: 256, to: 320 }]);
    assert.deepEqual(await read({ to: 99 }), { at: all.slice(0, 100), damaged: [] });
    assert.equal(store.damage?.code, "store-damaged");
    await assert.rejects(store.list("message", "alice"), damaged);
  });

  it("leaves out a row that cannot be decrypted, and reports its position", async () => {
    const change = (at: number, byte: number) =>
      edit((rows) => {
        const key = aliceRows(rows).find((name) => isAt(name, at, at)) ?? "";
        const value = Uint8Array.from(rows.get(key) as Uint8Array);
        const position = byte < 0 ? value.length + byte : byte;
        value[position] = (value[position] as number) ^ 1;
        return [[key, value]];
      });
    const read = async (from: number, limit: number) => {
      const damaged: PositionRange[] = [];
      const onDamage = (range: PositionRange) => damaged.push(range);
      const rows = await store.list("message", "alice", { from, limit, onDamage });
      return { at: rows.map(({ at }) => at), damaged };
    };
    // Its checksum does not cover this byte: the page is intact otherwise.
    await change(3, 40);
    assert.deepEqual(await read(2, 3), { at: [2, 4, 5], damaged: [{ from: 3, to: 3 }] });
    assert.equal(store.damage?.code, "store-damaged");
    await change(4, -1);
    assert.deepEqual(await read(2, 3), {
      at: [2, 5, 6],
      damaged: [
        { from: 2, to: 255 },
        { from: 3, to: 3 },
        { from: 4, to: 4 },
      ],
    });
    await assert.rejects(store.list("message", "alice", { from: 2, limit: 3 }), {
      code: "store-damaged",
    });
  });

  it("detects a page that lost all of its rows", async () => {
    await lose(512, 599);
    await assert.rejects(store.list("message", "alice", { reverse: true, limit: 1 }), damaged);
    await assert.rejects(store.get(message("alice", 599)), damaged);
    assert.equal((await store.list("message", "alice", { to: 511 })).length, 512);
  });

  it("refuses an added row, in a page that has rows and in one that has none", async () => {
    for (const at of ["000000000000025a", "00000000000fffff"]) {
      const sneaked: string[] = [];
      await edit((rows) => {
        const [key = ""] = aliceRows(rows);
        sneaked.push(`${key.slice(0, -16)}${at}`);
        return sneaked.map((name) => [name, rows.get(key)]);
      });
      await assert.rejects(store.get(message("alice", Number.parseInt(at, 16))), damaged);
      await edit(() => sneaked.map((name) => [name, undefined]));
      assert.equal((await store.list("message", "alice")).length, ALICE);
    }
  });

  it("detects a lost row of the message index instead of reporting an unknown message", async () => {
    await loseIndex();
    await assert.rejects(store.get(index("alice", 7)), {
      code: "store-damaged",
      message: /"message-id" are missing/,
    });
    assert.equal((await store.list("message", "alice")).length, ALICE);
  });

  it("keeps reporting damage whatever is written over it", async () => {
    await lose(300);
    await store.commit([put(message("alice", 300), 1), put(message("alice", 301), 1)]);
    await assert.rejects(store.get(message("alice", 300)), damaged);
    await store.commit([remove(message("alice", 300)), remove(message("alice", 299))]);
    await store.close();
    store = await openAt(directory);
    await assert.rejects(store.get(message("alice", 301)), damaged);
    // Even when every row of it is deleted.
    const all = [...Array(256).keys()].map((i) => remove(message("alice", 256 + i)));
    await store.commit(all);
    await assert.rejects(store.get(message("alice", 300)), damaged);
  });

  it("returns no row of a damaged page when its first read is concurrent with a commit", async () => {
    await lose(300);
    const [listed, committed, got] = await Promise.allSettled([
      store.list("message", "alice"),
      store.commit([put(message("alice", 300), 300)]),
      store.get(message("alice", 300)),
    ]);
    assert.equal(committed.status, "fulfilled");
    assert.equal(listed.status, "rejected");
    assert.equal(got.status, "rejected");
  });

  it("verifies pages while commits continue", async () => {
    const writing = (async () => {
      for (let at = ALICE; at < ALICE + 40; at++) {
        await store.commit([put(message("alice", at), at), remove(message("alice", at - 100))]);
      }
    })();
    for (let round = 0; round < 10; round++) {
      const fresh = await Promise.all([
        store.list("message", "alice"),
        store.list("message", "alice", { reverse: true, limit: 50 }),
        store.check(),
      ]);
      assert.deepEqual([fresh[0].length, fresh[1].length], [ALICE, 50]);
      assert.deepEqual(fresh[2].damaged, []);
    }
    await writing;
  });

  it("leaves nothing on the disk of a conversation that was deleted and shredded", async () => {
    const all = (of: string, count: number): StoreOp[] =>
      [...Array(count).keys()].flatMap((at) => [remove(message(of, at)), remove(index(of, at))]);
    await store.commit(all("alice", ALICE));
    assert.deepEqual((await store.check()).damaged, []);
    await store.shred();
    assert.deepEqual((await store.check()).damaged, []);
    await store.close();
    const tables = (rows: RawRows): string => [...rows.keys()].map((key) => key.slice(0, 2)).join();
    const left = await editRows(directory);
    assert.equal([...left.keys()].filter((key) => key.startsWith("0a")).length, 1);
    store = await openAt(directory);
    await store.commit([...all("bob", BOB), remove({ table: "session", of: "bob", at: 0 })]);
    await store.shred();
    await store.close();
    assert.equal(tables(await editRows(directory)), "00,00");
    store = await openAt(directory);
    assert.deepEqual(await store.check(), { rows: 2, damaged: [] });
  });

  it("refuses to open with a lost or changed checksum", async () => {
    const page = (rows: RawRows): [string, Uint8Array] =>
      [...rows].find(([key]) => key.startsWith("0a")) as [string, Uint8Array];
    await store.close();
    for (const change of [
      (rows: RawRows) => [[page(rows)[0], undefined] as const],
      (rows: RawRows) => [[page(rows)[0], page(rows)[1].toReversed()] as const],
      // With all of its rows.
      (rows: RawRows) =>
        [...rows.keys()]
          .filter((key) => /^0[6a]/.test(key) && key.slice(2, 34) === page(rows)[0].slice(2, 34))
          .map((key) => [key, undefined] as const),
    ]) {
      rmSync(directory, { recursive: true });
      cpSync(base, directory, { recursive: true });
      await editRows(directory, change);
      await assert.rejects(openAt(directory), { code: "store-damaged" });
    }
    rmSync(directory, { recursive: true });
    cpSync(base, directory, { recursive: true });
    store = await openAt(directory);
  });

  describe("complete check", () => {
    it("names the tables that lost, changed or gained rows, and counts all rows", async () => {
      const whole = await store.check();
      assert.deepEqual(whole.damaged, []);
      assert.ok(whole.rows > 2 * (ALICE + BOB));
      await lose(300);
      assert.deepEqual(await store.check(), { rows: whole.rows - 1, damaged: ["message"] });
      await loseIndex();
      assert.deepEqual((await store.check()).damaged, ["message", "message-id"]);
    });

    it("decrypts every row and detects a changed value that its checksum does not cover", async () => {
      await edit((rows) => {
        const [key = ""] = aliceRows(rows);
        const value = Uint8Array.from(rows.get(key) as Uint8Array);
        value[40] = (value[40] as number) ^ 1;
        return [[key, value]];
      });
      assert.deepEqual((await store.check()).damaged, ["message"]);
    });

    it("detects a row whose name belongs to no table", async () => {
      await edit((rows) => [[`${aliceRows(rows)[0]}00`, Uint8Array.of(1)]]);
      assert.deepEqual((await store.check()).damaged, ["message", "store"]);
    });

    it("continues other work in between", async () => {
      let ticks = 0;
      let running = true;
      const work = (): void => {
        ticks++;
        if (running) setImmediate(work);
      };
      setImmediate(work);
      await store.check();
      running = false;
      assert.ok(ticks > 3);
    });
  });
});
