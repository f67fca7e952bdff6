import assert from "node:assert/strict";
import fc from "fast-check";
import { cleanName } from "../../src/wire/index.ts";

describe("wire/name", () => {
  it("keeps names of many scripts, and emoji", () => {
    for (const name of [
      "alice",
      "Zoë O'Hara-Łuk",
      "李小龍",
      "سارة",
      "می\u200cخواهم",
      "क्\u200dष",
      "👩\u200d👩\u200d👧",
      "❤\ufe0f",
      "👩🏽\u200d🚀",
      "42",
    ])
      assert.equal(cleanName(name), name);
  });

  it("trims, composes and makes one space of many", () => {
    assert.equal(cleanName("  a \u00a0 \u3000b "), "a b");
    assert.equal(cleanName("e\u0301"), "é");
    for (let spaces = 2; spaces <= 6; spaces++)
      for (const space of [" ", "\u00a0", "\u3000"])
        assert.equal(cleanName(`a${space.repeat(spaces)}b`), "a b", `${spaces} spaces`);
  });

  it("refuses control, bidi and invisible characters, wherever they stand", () => {
    for (const hidden of [
      "\0",
      "\n",
      "\t",
      "\u001b",
      "\u007f",
      "\u0085",
      "\u00ad",
      "\u034f",
      "\u061c",
      "\u115f",
      "\u200b",
      "\u200c",
      "\u200d",
      "\u200e",
      "\u202e",
      "\u2028",
      "\u2066",
      "\u2800",
      "\u3164",
      "\ufe0f",
      "\ufeff",
      "\ue000",
      "\ud800",
      "\u{e0041}",
    ])
      for (const name of [`a${hidden}b`, `${hidden}b`, `a${hidden}`].filter(
        (text) => text.trim() === text,
      ))
        assert.equal(cleanName(name), undefined, JSON.stringify(name));
  });

  it("refuses what shows nothing", () => {
    for (const name of ["", " ", "\u3000", "\u0301", "\u200d\u200d"])
      assert.equal(cleanName(name), undefined);
  });

  it("holds 64 code points and no more", () => {
    assert.equal(cleanName("a".repeat(64)), "a".repeat(64));
    assert.equal(cleanName("a".repeat(65)), undefined);
    assert.equal(cleanName("😀".repeat(64)), "😀".repeat(64));
    assert.equal(cleanName("😀".repeat(65)), undefined);
    assert.equal(cleanName("a".repeat(100_000)), undefined);
  });

  it("is at rest on what it returns, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 70 }), (text) => {
        const name = cleanName(text);
        if (name !== undefined) assert.equal(cleanName(name), name);
      }),
    );
  });
});
