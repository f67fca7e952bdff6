import assert from "node:assert/strict";
import fc from "fast-check";
import {
  displayJson,
  displayLine,
  displayText,
  indented,
  joined,
  padded,
  safe,
  safeLines,
  written,
} from "../../src/base/index.ts";

/** What controls a terminal, or changes the order of the letters around it. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
/** Texts in which the characters that matter are frequent. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom("\u001b[2J", "\u009b1m", "\r", "\n", "\t", "\u007f", "\u202e", "\u2028", "\0"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
});

describe("the text of a peer in a terminal", () => {
  it("keeps no control character but line ends and tabs, and a line neither", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        assert.doesNotMatch(displayText(text).replace(/[\n\t]/g, ""), CONTROL);
        assert.doesNotMatch(displayLine(text), CONTROL);
        assert.equal(displayLine(displayLine(text)), displayLine(text));
      }),
    );
  });

  it("keeps what scripts and emoji need, and removes other invisible characters", () => {
    for (const text of ["می\u200cخواهم", "👩\u200d🚀", "❤\ufe0f", "\u05d0\u200f!", "co\u00adop"])
      assert.equal(displayText(text), text);
    const england = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
    assert.equal(displayText(england), england);
    const hidden = [...england].slice(1).join("");
    for (const text of [hidden, "\ufeff", "\u2060", "\u2063", "\u206f", "\ufff9"])
      assert.equal(displayText(`a${text}b`), "ab", JSON.stringify(text));
  });
});

describe("JSON in a terminal", () => {
  it("has no control, bidi or invisible character, and is read as the same value", () => {
    fc.assert(
      fc.property(fc.dictionary(hostile, hostile), (value) => {
        const line = displayJson(value);
        assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
        assert.doesNotMatch(line, CONTROL);
      }),
    );
    const tricks = "\u007f\u0085\u009b\u061c\u200b\u200d\u200f\u202e\u2069\ufeff\u{e0067}";
    assert.match(displayJson(tricks), /^"(?:\\u[0-9a-f]{4}){12}"$/);
    assert.equal(JSON.parse(displayJson(tricks)), tricks);
  });
});

describe("safe text", () => {
  it("consists of literals as they are and of sanitised parts", () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        assert.equal(written(a), displayLine(a));
        assert.equal(
          written(safe`\u001b[1m${a}\n${safeLines(b)}`),
          `\u001b[1m${displayLine(a)}\n${displayText(b)}`,
        );
        assert.equal(written(joined([a, safe`x\n`], "\n")), `${displayLine(a)}\nx\n`);
      }),
    );
  });

  it("sanitises an ordinary template that contains it", () => {
    assert.equal(written(`${safe`\u001b[1mx`}`), "\u241b[1mx");
  });

  it("is indented and padded as it will be written", () => {
    assert.equal(written(indented(safe`a\nb`, 2)), "a\n  b");
    assert.equal(written(joined(["a", "b"], "\u001b[2J")), "a\u241b[2Jb");
    assert.equal(written(padded("a\nb", 5)), "a b  ");
  });
});
