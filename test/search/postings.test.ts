import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  changePostings,
  decodePostings,
  encodePostings,
  matchesIn,
  withoutPostings,
} from "../../src/search/index.ts";

const posting = fc
  .tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 2 ** 40 }))
  .map(([conversation, at]) => ({ conversation, at }));
const words = fc
  .dictionary(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
    fc.uniqueArray(posting, {
      minLength: 1,
      maxLength: 6,
      selector: ({ conversation, at }) => `${conversation}/${at}`,
    }),
  )
  .map((found) => new Map(Object.entries(found)));

const sorted = (map: ReadonlyMap<string, readonly { conversation: number; at: number }[]>) =>
  new Map(
    [...map]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([word, list]) => [
        word,
        [...list].sort((a, b) => a.conversation - b.conversation || a.at - b.at),
      ]),
  );

describe("search/postings", () => {
  it("decodes what was encoded", () => {
    fc.assert(
      fc.property(words, (map) => {
        assert.deepEqual(decodePostings(encodePostings(map)), sorted(map));
      }),
    );
  });

  it("finds messages by a whole term and by a prefix", () => {
    const row = encodePostings(
      new Map([
        ["abc", [{ conversation: 1, at: 7 }]],
        ["abd", [{ conversation: 2, at: 8 }]],
        ["xyz", [{ conversation: 2, at: 300 }]],
      ]),
    );
    const answers = (asked: string) => {
      const found: number[] = [];
      matchesIn(row, asked, ({ at }) => found.push(at));
      return found;
    };
    assert.deepEqual(answers("ab"), [7, 8]);
    assert.deepEqual(answers("abd"), [8]);
    assert.deepEqual(answers("xyz"), [300]);
    assert.deepEqual(answers("x"), []);
    assert.deepEqual(answers("xyzz"), []);
  });

  it("removes postings, a term with its last posting, and the row with its last term", () => {
    const both = { conversation: 1, at: 7 };
    const row = encodePostings(
      new Map([
        ["abc", [both]],
        ["xyz", [both, { conversation: 2, at: 300 }]],
      ]),
    );
    const left = withoutPostings(row, ({ at }) => at === 7);
    assert.deepEqual(
      left && decodePostings(left),
      new Map([["xyz", [{ conversation: 2, at: 300 }]]]),
    );
    assert.equal(
      withoutPostings(row, () => true),
      undefined,
    );
    assert.equal(
      withoutPostings(row, () => false),
      row,
    );
  });

  it("changes some terms as if the row was decoded, changed and encoded again", () => {
    fc.assert(
      fc.property(
        words,
        words,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (before, added, share) => {
          const row = encodePostings(before);
          const removed = new Map(
            [...before]
              .filter((_, i) => i % 3 < 3 * share)
              .map(([term, [first]]) => [term, first === undefined ? [] : [first]]),
          );
          const expected = new Map<string, { conversation: number; at: number }[]>();
          for (const term of new Set([...before.keys(), ...added.keys()])) {
            const gone = removed.get(term) ?? [];
            const kept = (before.get(term) ?? []).filter((one) => !gone.includes(one));
            const all = [...kept, ...(added.get(term) ?? [])];
            if (all.length > 0) expected.set(term, all);
          }
          const changed = changePostings(row, removed, added);
          if (expected.size === 0) assert.equal(changed, undefined);
          else assert.deepEqual(changed && decodePostings(changed), sorted(expected));
        },
      ),
    );
  });

  it("returns the same bytes where no posting changes", () => {
    const row = encodePostings(new Map([["abc", [{ conversation: 1, at: 7 }]]]));
    const other = new Map([
      ["abc", [{ conversation: 1, at: 8 }]],
      ["xyz", [{ conversation: 1, at: 7 }]],
    ]);
    assert.equal(changePostings(row, other, new Map()), row);
    assert.equal(changePostings(new Uint8Array(0), other, new Map()), undefined);
  });

  it("encodes and changes a row with as many terms as a contact chooses", () => {
    const terms = new Map(
      Array.from({ length: 150_000 }, (_, i) => [`aa${i}`, [{ conversation: 1, at: i + 1 }]]),
    );
    const row = encodePostings(terms);
    assert.deepEqual(changePostings(new Uint8Array(0), new Map(), terms), row);
    const left = withoutPostings(row, ({ at }) => at === 1);
    assert.ok(left && left.length < row.length);
  });

  it("reports damaged bytes and always terminates", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodePostings(bytes);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "store-damaged");
        }
      }),
    );
    const row = encodePostings(new Map([["word", [{ conversation: 1, at: 1 }]]]));
    for (let length = 1; length < row.length; length++)
      assert.throws(() => decodePostings(row.subarray(0, length)), { code: "store-damaged" });
  });
});
