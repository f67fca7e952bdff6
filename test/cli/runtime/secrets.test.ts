import assert from "node:assert/strict";
import { written } from "../../../src/base/index.ts";
import { phraseTable } from "../../../src/cli/format/format.ts";
import { phraseIn } from "../../../src/cli/runtime/secrets.ts";

/** Not a valid phrase, but 24 words. */
const WORDS = Array.from({ length: 24 }, (_, i) => `word${"abcdefgh"[i % 8]}`).join(" ");
const words = (text: string): string => phraseIn(text).split(/\s+/).filter(Boolean).join(" ");

describe("the recovery phrase in a file", () => {
  it("is read as sotto words printed it", () => {
    assert.equal(words(`${WORDS}\n`), WORDS);
    assert.equal(words(`${written(phraseTable(WORDS))}\n`), WORDS);
    assert.equal(words(`${JSON.stringify({ words: WORDS })}\n`), WORDS);
  });

  it("is read as others number it, and left to the check of the words otherwise", () => {
    const numbered = WORDS.split(" ").map((word, i) => `${i + 1}) ${word}`);
    assert.equal(words(numbered.join("\r\n")), WORDS);
    assert.equal(words('{"words": 24}'), '{"words": 24}');
    assert.equal(words("{"), "{");
  });
});
