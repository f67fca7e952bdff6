/** What every store promises. Run on the disk and on memory alike. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ListOptions, RowKey, Store, StoreOp, Table } from "../../src/ports/index.ts";

/** A place for one store, which can be opened again after it was closed. */
export interface StorePlace {
  open(): Promise<Store>;
  /** Closes what is open and removes all traces. */
  remove(): Promise<void>;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const put = (table: Table, of: string, at: number, ...value: number[]): StoreOp => ({
  kind: "put",
  key: { table, of, at },
  value: bytes(...value),
});
const remove = (table: Table, of: string, at: number): StoreOp => ({
  kind: "delete",
  key: { table, of, at },
});

/** Of each kind: in pages with and without a key, and under each kind of group. */
const tables: readonly Table[] = ["message", "message-id", "outbox", "contact"];

export function storeSuite(makePlace: () => StorePlace): void {
  let place: StorePlace;
  let store: Store;
  beforeEach(async () => {
    place = makePlace();
    store = await place.open();
  });
  afterEach(() => place.remove());

  it("gives back what was committed, and nothing for a row that is not there", async () => {
    await store.commit([put("contact", "alice", 0, 1, 2, 3)]);
    assert.deepEqual(await store.get({ table: "contact", of: "alice", at: 0 }), bytes(1, 2, 3));
    for (const key of [
      { table: "contact", of: "alice", at: 1 },
      { table: "contact", of: "bob", at: 0 },
      { table: "session", of: "alice", at: 0 },
    ] as const satisfies RowKey[])
      assert.equal(await store.get(key), undefined);
  });

  it("keeps an empty value and an empty owner apart from no row", async () => {
    await store.commit([put("meta", "", 0)]);
    assert.deepEqual(await store.get({ table: "meta", of: "", at: 0 }), bytes());
    assert.deepEqual(await store.list("meta", ""), [{ at: 0, value: bytes() }]);
  });

  it("keeps values of every size around the borders of padding", async () => {
    const sizes = [
      ...[0, 1, 60, 61, 252, 253, 508, 509, 1020, 1021, 4092, 4093],
      ...[16_380, 16_381, 32_764, 70_000],
    ];
    const value = (size: number): Uint8Array => new Uint8Array(size).map((_, i) => i * 7 + size);
    await store.commit(
      sizes.map((size) => ({
        kind: "put",
        key: { table: "message", of: "alice", at: size },
        value: value(size),
      })),
    );
    for (const row of await store.list("message", "alice"))
      assert.deepEqual(row.value, value(row.at));
    assert.equal((await store.list("message", "alice")).length, sizes.length);
  });

  it("lists one owner's rows in order of their places, however they were written", async () => {
    const places = [256, 0, 2 ** 53 - 1, 255, 65_536, 1, 2 ** 32];
    for (const at of places) await store.commit([put("message", "alice", at, at % 251)]);
    await store.commit([put("message", "bob", 3, 1), put("outbox", "alice", 4, 1)]);
    const listed = await store.list("message", "alice");
    assert.deepEqual(
      listed.map(({ at }) => at),
      places.toSorted((a, b) => a - b),
    );
    assert.ok(listed.every(({ at, value }) => value[0] === at % 251));
  });

  it("lists from, to, backwards and up to a limit", async () => {
    await store.commit([1, 2, 3, 4, 5].map((at) => put("message", "alice", at, at)));
    const places = async (options: ListOptions): Promise<number[]> =>
      (await store.list("message", "alice", options)).map(({ at }) => at);
    assert.deepEqual(await places({ from: 2, to: 4 }), [2, 3, 4]);
    assert.deepEqual(await places({ from: 4, limit: 9 }), [4, 5]);
    assert.deepEqual(await places({ reverse: true, limit: 2 }), [5, 4]);
    assert.deepEqual(await places({ to: 3, reverse: true, limit: 2 }), [3, 2]);
    assert.deepEqual(await places({ from: 4, to: 2 }), []);
    assert.deepEqual(await places({ limit: 0 }), []);
  });

  it("lists and reads across any number of rows, from both ends and within", async () => {
    // Sparse and dense stretches, so that whatever a store groups by places has borders within.
    const places = [...Array(700).keys(), 1000, 5000, 5001, 2 ** 40].map((i) => i + 1);
    await store.commit(places.map((at) => put("message", "alice", at, at % 251)));
    await store.commit([put("message", "bob", 256, 1)]);
    const listed = async (options: ListOptions): Promise<number[]> =>
      (await store.list("message", "alice", options)).map(({ at }) => at);
    assert.deepEqual(await listed({}), places);
    for (const limit of [1, 50, 255, 256, 257, 600])
      for (const [from, to] of [
        [0, 2 ** 50],
        [255, 257],
        [256, 511],
        [300, 5001],
        [702, 900],
      ] as const) {
        const within = places.filter((at) => at >= from && at <= to);
        assert.deepEqual(await listed({ from, to, limit }), within.slice(0, limit));
        const reverse = { from, to, limit, reverse: true };
        assert.deepEqual(await listed(reverse), within.toReversed().slice(0, limit));
      }
    assert.equal((await store.all("message")).length, places.length + 1);
    await store.commit(places.map((at) => remove("message", "alice", at)));
    assert.deepEqual(await listed({}), []);
    assert.deepEqual(await store.all("message"), [bytes(1)]);
  });

  it("reads a table whole, and only that table", async () => {
    await store.commit([
      put("contact", "alice", 0, 1),
      put("contact", "bob", 0, 2),
      put("contact", "bob", 2 ** 53 - 1, 3),
      put("session", "alice", 0, 4),
    ]);
    const firsts = (await store.all("contact")).map(([first]) => first);
    assert.deepEqual(firsts.toSorted(), [1, 2, 3]);
    assert.deepEqual(await store.all("invite"), []);
  });

  it("lets the last of several writes to one row win within a commit", async () => {
    await store.commit([
      put("meta", "a", 0, 1),
      put("meta", "a", 0, 2),
      put("meta", "b", 0, 1),
      remove("meta", "b", 0),
      remove("meta", "c", 0),
      put("meta", "c", 0, 3),
    ]);
    assert.deepEqual(await store.get({ table: "meta", of: "a", at: 0 }), bytes(2));
    assert.equal(await store.get({ table: "meta", of: "b", at: 0 }), undefined);
    assert.deepEqual(await store.get({ table: "meta", of: "c", at: 0 }), bytes(3));
  });

  it("applies commits that are called together in the order of the calls", async () => {
    const calls = Array.from({ length: 50 }, (_, i) =>
      store.commit([put("session", "alice", 0, i), put("message", "alice", i, i)]),
    );
    await Promise.all(calls);
    assert.deepEqual(await store.get({ table: "session", of: "alice", at: 0 }), bytes(49));
    assert.equal((await store.list("message", "alice")).length, 50);
  });

  it("refuses a whole commit for one impossible place, and can go on", async () => {
    for (const at of [-1, 0.5, Number.NaN, 2 ** 53]) {
      const ops = [put("meta", "a", 0, 1), put("meta", "a", at, 1)];
      await assert.rejects(store.commit(ops), RangeError);
    }
    assert.equal(await store.get({ table: "meta", of: "a", at: 0 }), undefined);
    await store.commit([put("meta", "a", 0, 2)]);
    assert.deepEqual(await store.get({ table: "meta", of: "a", at: 0 }), bytes(2));
  });

  it("neither keeps the caller's bytes nor gives out its own", async () => {
    const value = bytes(1, 2, 3);
    const committed = store.commit([{ kind: "put", key: { table: "meta", of: "", at: 0 }, value }]);
    value.fill(9);
    await committed;
    (await store.get({ table: "meta", of: "", at: 0 }))?.fill(8);
    (await store.all("meta"))[0]?.fill(7);
    (await store.list("meta", ""))[0]?.value.fill(6);
    assert.deepEqual(await store.get({ table: "meta", of: "", at: 0 }), bytes(1, 2, 3));
  });

  it("shreds without touching what is there, among commits that go on", async () => {
    await store.commit([1, 2, 3].map((at) => put("message", "alice", at, at)));
    await store.commit([put("session", "alice", 0, 1)]);
    await Promise.all([
      store.commit([remove("message", "alice", 2), put("session", "alice", 0, 2)]),
      store.shred(),
      store.commit([put("message", "alice", 4, 4)]),
      store.commit([{ ...put("message", "alice", 1, 7), shreds: true } as StoreOp]),
      store.shred(),
    ]);
    const wanted = [
      { at: 1, value: bytes(7) },
      { at: 3, value: bytes(3) },
      { at: 4, value: bytes(4) },
    ];
    assert.deepEqual(await store.list("message", "alice"), wanted);
    await store.close();
    store = await place.open();
    await store.shred();
    assert.deepEqual(await store.list("message", "alice"), wanted);
    assert.deepEqual(await store.get({ table: "session", of: "alice", at: 0 }), bytes(2));
  });

  it("refuses everything once closed, after the commits that were under way", async () => {
    const under = store.commit([put("meta", "", 0, 5)]);
    const closed = store.close();
    await Promise.all([under, closed, store.close()]);
    await assert.rejects(store.commit([put("meta", "", 0, 6)]), { code: "store-closed" });
    await assert.rejects(store.get({ table: "meta", of: "", at: 0 }), { code: "store-closed" });
    await assert.rejects(store.list("meta", ""), { code: "store-closed" });
    await assert.rejects(store.all("meta"), { code: "store-closed" });
    await assert.rejects(store.shred(), { code: "store-closed" });
    const again = await place.open();
    assert.deepEqual(await again.get({ table: "meta", of: "", at: 0 }), bytes(5));
  });

  it("agrees with a naive model over any commits and reopenings", async () => {
    const key = fc.record({
      table: fc.constantFrom<Table>(...tables),
      of: fc.constantFrom("", "a", "b", "ab"),
      at: fc.constantFrom(0, 1, 2, 255, 256, 2 ** 40),
    });
    const op: fc.Arbitrary<StoreOp> = fc.oneof(
      fc.record({
        kind: fc.constant("put" as const),
        key,
        value: fc.uint8Array({ maxLength: 300 }),
      }),
      fc.record({
        kind: fc.constant("put" as const),
        key,
        value: fc.uint8Array({ maxLength: 300 }),
        shreds: fc.constant(true as const),
      }),
      fc.record({ kind: fc.constant("delete" as const), key }),
    );
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.array(fc.array(op, { maxLength: 6 }), { maxLength: 4 }) },
      { weight: 1, arbitrary: fc.constant("reopen" as const) },
      { weight: 2, arbitrary: fc.constant("shred" as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const here = makePlace();
        try {
          let tried = await here.open();
          const shredding: Promise<void>[] = [];
          const model = new Map<string, { key: RowKey; value: Uint8Array }>();
          for (const next of steps) {
            if (next === "reopen") {
              await Promise.all(shredding);
              await tried.close();
              tried = await here.open();
              continue;
            }
            if (next === "shred") {
              // Beside the commits that follow.
              shredding.push(tried.shred());
              continue;
            }
            await Promise.all(next.map((ops) => tried.commit(ops)));
            for (const one of next.flat()) {
              const name = JSON.stringify(one.key);
              if (one.kind === "put") model.set(name, { key: one.key, value: one.value });
              else model.delete(name);
            }
          }
          await compare(tried, [...model.values()]);
          await Promise.all(shredding);
          await compare(tried, [...model.values()]);
        } finally {
          await here.remove();
        }
      }),
      { numRuns: 25 },
    );
  });
}

async function compare(
  store: Store,
  model: readonly { key: RowKey; value: Uint8Array }[],
): Promise<void> {
  for (const table of tables) {
    const inTable = model.filter(({ key }) => key.table === table);
    const sorted = (values: readonly Uint8Array[]): string[] => values.map(String).toSorted();
    assert.deepEqual(sorted(await store.all(table)), sorted(inTable.map(({ value }) => value)));
    for (const of of ["", "a", "b", "ab"]) {
      const rows = inTable
        .filter(({ key }) => key.of === of)
        .map(({ key, value }) => ({ at: key.at, value }))
        .toSorted((a, b) => a.at - b.at);
      assert.deepEqual(await store.list(table, of), rows);
      assert.deepEqual(
        await store.list(table, of, { from: 1, to: 256, reverse: true, limit: 2 }),
        rows
          .filter(({ at }) => at >= 1 && at <= 256)
          .reverse()
          .slice(0, 2),
      );
      for (const { at, value } of rows) assert.deepEqual(await store.get({ table, of, at }), value);
    }
  }
}
