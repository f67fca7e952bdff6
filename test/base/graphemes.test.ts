import assert from "node:assert/strict";
import fc from "fast-check";
import { cutText } from "../../src/base/index.ts";

describe("base/graphemes", () => {
  it("cuts between characters as a reader sees them", () => {
    assert.equal(cutText("anna", 4), "anna");
    assert.equal(cutText("anna", 3), "ann");
    assert.equal(cutText("ae\u0301", 2), "a");
    assert.equal(cutText("a👩\u200d👩\u200d👧b", 5), "a");
    assert.equal(cutText("a👩\u200d👩\u200d👧b", 6), "a👩\u200d👩\u200d👧");
    assert.equal(cutText("🇩🇪🇫🇷", 3), "🇩🇪");
  });

  it("returns the whole text where it fits, and else a start within the limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, most) => {
        const cut = cutText(text, most);
        assert.ok(text.startsWith(cut) && [...cut].length <= most);
        assert.equal(cut === text, [...text].length <= most);
      }),
    );
  });

  it("cuts a text as if it ended soon after the cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "\u0301", "\u200d", "👩", "🇩", "\r", "\n", "\ud83d", "각"), {
          minLength: 1,
          maxLength: 40,
        }),
        fc.nat(12),
        (parts, most) => {
          const text = parts.join("");
          const ends = [...new Intl.Segmenter().segment(text)].map(
            ({ segment, index }) => index + segment.length,
          );
          const fits = [0, ...ends].filter((end) => [...text.slice(0, end)].length <= most);
          assert.equal(cutText(text, most), text.slice(0, fits.at(-1)));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
