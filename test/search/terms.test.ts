import assert from "node:assert/strict";
import * as fc from "fast-check";
import { limits } from "../../src/base/index.ts";
import {
  BUCKETS,
  bucketOf,
  matchesTerm,
  matchesText,
  parseQuery,
  termsOf,
} from "../../src/search/index.ts";

/** Whether the index leads to the text: each term of the query, looked up in its bucket. */
function isCandidate(text: string, query: string): boolean {
  const { terms } = parseQuery(query);
  return terms.every((asked) =>
    [...termsOf(text)].some(
      (term) => bucketOf(term) === bucketOf(asked) && matchesTerm(term, asked),
    ),
  );
}

/** Whether a search finds the text: through the index, and as the text is compared after it. */
function isFound(text: string, query: string): boolean {
  const { terms } = parseQuery(query);
  return terms.length > 0 && isCandidate(text, query) && matchesText(text, parseQuery(query));
}

describe("search/terms", () => {
  const examples: [string, string[]][] = [
    ["Hello, World! hello", ["hello", "world"]],
    ["Crème BRÛLÉE", ["creme", "brulee"]],
    ["ﬁne ２０２６ ℌ", ["fine", "2026", "h"]],
    ["İstanbul straße", ["istanbul", "strasse"]],
    ["meet@host.example:4001", ["meet", "host", "example", "4001"]],
    ["東京に行く", ["東京", "京に", "に行", "行く", "く"]],
    ["sotto東node", ["sotto", "node", "東"]],
    ["Привет, мир", ["привет", "мир"]],
    ["😀 ... !", ["😀"]],
    ["... !", []],
    ["", []],
  ];
  for (const [text, words] of examples)
    it(`splits ${JSON.stringify(text)} into ${JSON.stringify(words)}`, () => {
      assert.deepEqual([...termsOf(text)], words);
    });

  /** What must find a text, and what must not; invisible characters are escaped. */
  const scripts: [script: string, text: string, found: string[], not: string[]][] = [
    [
      "Latin",
      "Die Größe der Straße in Łódź, Ærø và Đà Nẵng; œuvre, ısı, ﬁn, Þór",
      [
        "grosse strasse",
        "GRÖSSE",
        "gro\u0308ß",
        "Lodz",
        "aero",
        "da nang",
        "oeuvre",
        "isi",
        "fin",
        "thor",
      ],
      ["tras", "g", "größen"],
    ],
    [
      "Latin",
      "so\u00adft\u200bhy\u2060phen\ufeff zero\u200dwidth",
      ["softhyphen zerowidth"],
      ["hyphen"],
    ],
    ["Latin", "softhyphen", ["soft\u00adhyphen", "soft\u200bhyphen"], []],
    ["Greek", "Ο ΟΔΟΣ της Αθήνας", ["οδος", "ΟΔΟΣ", "οδοσ", "αθηνας", "Αθήνας"], ["αθηναι"]],
    ["Cyrillic", "Ёлка и её огни", ["елка", "ЁЛКА", "ее", "ог"], ["палка"]],
    ["Hebrew", "שָׁלוֹם לכולם, ספרים", ["שלום", "שלומ", "ספר"], ["לום"]],
    [
      "Arabic",
      "كِتَابٌ أحمد فى مدرسة عام ٢٠٢٦ کتـــاب",
      ["كتاب", "احمد", "في", "مدرسه", "2026", "کتاب"],
      ["تاب"],
    ],
    ["Persian", "می\u200cخواهم ۱۲", ["میخواهم", "مي\u200cخواهم", "12"], ["خواهم"]],
    [
      "Devanagari",
      "नमस्ते, हिन्दी की ज़रूरी किताब वहाँ १५",
      ["नमस्ते", "हिंदी", "जरूरी", "किताब", "की", "वहां", "15", "किता"],
      ["का", "कि ताब", "नमसते", "कताब"],
    ],
    ["Tamil", "தமிழ் மொழி", ["தமிழ்", "மொழி", "தமி"], ["தாமிழ்", "மழி"]],
    [
      "Han",
      "我们今天在北京火车站见面，𠮷野家",
      ["北京", "北京火车站", "京", "见面", "面", "𠮷", "𠮷野"],
      ["京北", "火站", "北车", "面𠮷", "天京"],
    ],
    [
      "Kana",
      "コーヒーとバター、ｶﾞﾗｽは東京が時々",
      ["コーヒー", "ヒー", "か\u3099", "ガラス", "東京", "々", "バター", "コーヒ", "ー"],
      ["ハター", "パター", "コヒ", "東が", "カラス"],
    ],
    [
      "Hangul",
      "한국어를 배워요",
      ["한국", "국어", "한", "한국어를 배", "\u1112\u1161\u11ab국"],
      ["하", "한어", "국한"],
    ],
    ["Thai", "วันนี้เรากินข้าวที่ร้าน ๒๕๖๙", ["กินข้าว", "ข้าว", "ร้าน", "ที่", "2569"], ["ข่าว", "ราน"]],
    ["Khmer", "ភាសា\u200bខ្មែរ", ["ខ្មែរ", "ភាសាខ្មែរ", "ភាសា"], ["ខមរ"]],
    ["Myanmar", "မြန်မာစာ", ["မြန်မာ", "စာ"], ["မြန်စာ"]],
    [
      "Emoji",
      "ok 👍🏽 👩🏽\u200d💻 ❤\ufe0f 🇩🇪🇫🇷",
      ["👍", "👍🏿", "👩\u200d💻", "👩", "❤", "❤\ufe0f", "🇩🇪", "🇫🇷", "ok 👍"],
      ["👎", "👨\u200d💻", "🇪🇩"],
    ],
    ["mixed", "ーabc東京def 1月", ["abc", "東京", "def", "1月", "月", "ー"], ["ーd", "bc"]],
  ];
  for (const [script, text, found, not] of scripts)
    it(`finds ${script} text by the words a reader would type: ${text}`, () => {
      for (const query of found) assert.ok(isFound(text, query), `${query} is found`);
      for (const query of not) assert.ok(!isFound(text, query), `${query} is not found`);
    });

  it("has no term for a query without letters, digits and emoji", () => {
    for (const query of ["", " .-!", "\u200b\u00ad", "\u0301", "🏽"])
      assert.deepEqual(parseQuery(query).terms, [], JSON.stringify(query));
  });

  it("looks up no more terms for a long run, and compares the run as a whole", () => {
    const run = Array.from({ length: 40 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
    assert.equal(parseQuery(run).terms.length, limits.searchTerms);
    assert.ok(isFound(`${run}。`, run));
    assert.ok(!isFound(`${run.slice(0, -1)}。`, run));
  });

  it("finds every text that the comparison accepts through the index", () => {
    const alphabet = [..."aéß ー東京にガか\u3099한क्न्ท\u0e35👍\u200d🏽🇩🇪.\u00ad12"];
    const unit = fc.constantFrom(...alphabet);
    const texts = fc.string({ unit, maxLength: 12 });
    fc.assert(
      fc.property(texts, texts, (text, query) => {
        if (matchesText(text, parseQuery(query))) assert.ok(isCandidate(text, query));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(texts, texts, texts, (before, query, after) => {
        const text = `${before}.${query}.${after}`;
        assert.ok(matchesText(text, parseQuery(query)));
        assert.ok(isCandidate(text, query));
      }),
      { numRuns: 2_000 },
    );
  });

  it("cuts a long term, and finds it by the whole word", () => {
    const long = "x".repeat(500);
    assert.deepEqual([...termsOf(long)], ["x".repeat(limits.searchWord)]);
    assert.deepEqual(parseQuery(long).terms, [...termsOf(long)]);
    assert.ok(isFound(long, long));
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

  it("puts every term and the prefixes that match it into the same bucket", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
        for (const word of termsOf(text)) {
          const characters = [...word];
          assert.ok(bucketOf(word) >= 0 && bucketOf(word) < BUCKETS);
          for (let length = 1; length <= characters.length; length++) {
            const start = characters.slice(0, length).join("");
            if (length > 1) assert.ok(matchesTerm(word, start));
            if (matchesTerm(word, start)) assert.equal(bucketOf(start), bucketOf(word));
          }
        }
      }),
    );
  });

  it("matches a single letter as a term, not as a prefix", () => {
    assert.ok(matchesTerm("a", "a"));
    assert.ok(!matchesTerm("apple", "a"));
    assert.ok(matchesTerm("apple", "ap"));
    assert.ok(!matchesTerm("ap", "apple"));
    assert.ok(matchesTerm("東京", "東"));
  });
});
