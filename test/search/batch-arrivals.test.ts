import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeArrivals, encodeArrivals, noteArrival } from "../../src/search/index.ts";

describe("search/batch arrivals", () => {
  const message = fc.tuple(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  );

  /** Of each conversation: later positions arrived later, as in a store. */
  const arrivalsOf = (messages: readonly (readonly [number, number, number])[]) => {
    const arrivals = new Map<number, Map<number, number>>();
    for (const conversation of new Set(messages.map(([number]) => number))) {
      const mine = messages.filter(([number]) => number === conversation);
      const places = [...new Set(mine.map(([, at]) => at))].sort((a, b) => a - b);
      const numbers = mine.map(([, , arrival]) => arrival).sort((a, b) => a - b);
      for (const [i, at] of places.entries())
        noteArrival(arrivals, { conversation, at }, numbers[i] ?? 0);
    }
    return arrivals;
  };

  it("are read as they were written, all or those of some conversations", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), fc.nat(20), (messages, one) => {
        const arrivals = arrivalsOf(messages);
        const row = encodeArrivals(arrivals);
        assert.deepEqual(decodeArrivals(row), new Map([...arrivals].sort(([a], [b]) => a - b)));
        const mine = arrivals.get(one);
        const found = decodeArrivals(row, new Set([one]));
        assert.deepEqual(found, new Map(mine === undefined ? [] : [[one, mine]]));
      }),
    );
  });

  it("need four bytes a message where many arrive in a run", () => {
    const arrivals = new Map<number, Map<number, number>>();
    for (let n = 0; n < 4_096; n++)
      noteArrival(arrivals, { conversation: 1 + (n % 10), at: 1 + n }, 1.8e15 + n);
    assert.ok(encodeArrivals(arrivals).length < 4 * 4_096);
  });

  it("are refused where a row is cut or has more", () => {
    const row = encodeArrivals(new Map([[3, new Map([[1, 5_000]])]]));
    for (const bytes of [row.subarray(0, -1), Uint8Array.of(...row, 1)])
      assert.throws(() => decodeArrivals(bytes), { code: "store-damaged" });
  });
});
