import assert from "node:assert/strict";
import * as fc from "fast-check";
import { limits } from "../../src/base/index.ts";
import { BUCKETS, bucketOf, matchesTerm, parseQuery, termsOf } from "../../src/search/index.ts";

describe("search/terms", () => {
  const examples: [string, string[]][] = [
    ["Hello, World! hello", ["hello", "world"]],
    ["Crème BRÛLÉE", ["creme", "brulee"]],
    ["ﬁne ２０２６", ["fine", "2026"]],
    ["İstanbul straße", ["istanbul", "straße"]],
    ["meet@host.example:4001", ["meet", "host", "example", "4001"]],
    ["東京に行く", ["東", "京", "に", "行", "く"]],
    ["sotto東京node", ["sotto", "東", "京", "node"]],
    ["Привет, мир", ["привет", "мир"]],
    ["😀 ... !", []],
    ["", []],
  ];
  for (const [text, words] of examples)
    it(`finds ${JSON.stringify(words)} in ${JSON.stringify(text)}`, () => {
      assert.deepEqual([...termsOf(text)], words);
    });

  it("cuts a long term, and finds it by the whole word", () => {
    const long = "x".repeat(500);
    assert.deepEqual([...termsOf(long)], ["x".repeat(limits.searchWord)]);
    assert.deepEqual(parseQuery(long), [...termsOf(long)]);
  });

  it("reads ASCII texts like all others", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const long = [...termsOf(`${text} é`)].filter((word) => word !== "e");
        assert.deepEqual(
          [...termsOf(text)].filter((word) => word !== "e"),
          long,
        );
      }),
    );
  });

  it("puts every term and its prefixes of two or more characters into the same bucket", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
        for (const word of termsOf(text)) {
          const characters = [...word];
          assert.ok(bucketOf(word) >= 0 && bucketOf(word) < BUCKETS);
          for (let length = 2; length <= characters.length; length++) {
            const start = characters.slice(0, length).join("");
            assert.equal(bucketOf(start), bucketOf(word));
            assert.ok(matchesTerm(word, start));
          }
        }
      }),
    );
  });

  it("matches a single character as a term, not as a prefix", () => {
    assert.ok(matchesTerm("a", "a"));
    assert.ok(!matchesTerm("apple", "a"));
    assert.ok(matchesTerm("apple", "ap"));
    assert.ok(!matchesTerm("ap", "apple"));
  });
});
