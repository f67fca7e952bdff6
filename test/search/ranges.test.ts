import assert from "node:assert/strict";
import fc from "fast-check";
import { fold } from "../../src/search/fold.ts";
import { MOST_RANGES, matchesText, parseQuery, rangesOf } from "../../src/search/index.ts";

/** The parts of a text that a query finds. */
const found = (text: string, query: string): string[] =>
  rangesOf(text, parseQuery(query)).map(({ from, to }) => text.slice(from, to));

/** Characters that fold in every way that is known, and some of all the others. */
const character = fc.oneof(
  fc.constantFrom(..."aAbBzß İıŁøÆœﬁﬀ①ͅςΣσΟὝ́̈‍️‎­ 0٣３न्हिंदीक़กาํ가각ㄱㅏ각한글カガｶﾞ日本語ー🏽👩‍💻🇩🇪#*ـ"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);
const someText = fc.string({ unit: character, maxLength: 30 });

describe("search/ranges", () => {
  it("are the beginnings of words that match, and the words that are asked for whole", () => {
    assert.deepEqual(found("Noon, afternoon, NOONTIME!", "noon"), ["Noon", "NOON"]);
    assert.deepEqual(found("the train at nine", "nin tra"), ["tra", "nin"]);
    assert.deepEqual(found("a b ab", "a"), ["a"]);
    assert.deepEqual(found("nothing here", "absent"), []);
    assert.deepEqual(found("", "absent"), []);
  });

  it("contain the marks and signs of each character, also where it is found by others", () => {
    assert.deepEqual(found("Cafe\u0301 Noir", "cafe"), ["Cafe\u0301"]);
    assert.deepEqual(found("Straße 7", "strass"), ["Straß"]);
    assert.deepEqual(found("ﬁne", "f"), []);
    assert.deepEqual(found("ﬁne", "fi"), ["ﬁ"]);
    assert.deepEqual(found("x ｶﾞｽ y", "ガス"), ["ｶﾞｽ"]);
    assert.deepEqual(found("so👍🏽so", "👍"), ["👍🏽"]);
    assert.deepEqual(found("soft\u00adware", "software"), ["soft\u00adware"]);
    assert.deepEqual(found("שָׁלוֹם", "שלו"), ["שָׁלוֹ"]);
    assert.deepEqual(found("ㄱㅏ", "가"), ["ㄱㅏ"]);
    assert.deepEqual(found("가\u00adᆨ", "각"), ["가\u00adᆨ"]);
  });

  it("are runs of characters that are not separated, wherever they are", () => {
    assert.deepEqual(found("我在東京，東京很大", "東京"), ["東京", "東京"]);
    assert.deepEqual(found("日本語のテキスト", "語のテ"), ["語のテ"]);
  });

  it("ascend and are apart: what overlaps or touches is one", () => {
    assert.deepEqual(found("noontime", "noon noonti"), ["noonti"]);
    assert.deepEqual(found("哈哈哈", "哈"), ["哈哈哈"]);
  });

  it("are a bounded number", () => {
    assert.equal(found("no ".repeat(1_000), "no").length, MOST_RANGES);
  });

  it("come from parts that fold on their own, whatever the text", () => {
    fc.assert(
      fc.property(someText, (text) => {
        // A query for the text itself marks every word of it, if its parts fold as it does.
        const query = parseQuery(text);
        const ranges = rangesOf(text, query);
        let end = -1;
        for (const { from, to } of ranges) {
          assert.ok(from > end && to > from && to <= text.length);
          end = to;
        }
        const marked = fold(ranges.map(({ from, to }) => text.slice(from, to)).join(" "));
        for (const run of query.runs) assert.ok(marked.includes(run), `${run} in ${marked}`);
        assert.equal(matchesText(text, query), true);
      }),
      { numRuns: 3_000 },
    );
  });

  it("of a query that matches are not empty", () => {
    fc.assert(
      fc.property(someText, someText, someText, (before, asked, after) => {
        const text = `${before} ${asked} ${after}`;
        const query = parseQuery(asked);
        if (query.words.length + query.runs.length === 0 || !matchesText(text, query)) return;
        assert.notDeepEqual(rangesOf(text, query), []);
      }),
      { numRuns: 3_000 },
    );
  });
});
