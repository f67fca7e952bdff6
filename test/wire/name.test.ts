import assert from "node:assert/strict";
import fc from "fast-check";
import { cleanName, mistakable, usableName } from "../../src/wire/index.ts";

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
    assert.equal(cleanName(`a${" ".repeat(8 * 64 - 2)}b`), "a b");
    assert.equal(cleanName(`a${" ".repeat(8 * 64 - 1)}b`), undefined, "bounded work");
  });

  it("refuses control, bidi and invisible characters at any position", () => {
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
      "\u2029",
      "\u2066",
      "\u2800",
      "\u3164",
      "\ufe0f",
      "\ufeff",
      "\ufff9",
      "\ue000",
      "\ud800",
      "\u{e0041}",
    ])
      for (const name of [`a${hidden}b`, `${hidden}b`, `a${hidden}`].filter(
        (text) => text.trim() === text,
      ))
        assert.equal(cleanName(name), undefined, JSON.stringify(name));
  });

  it("refuses a joiner with anything but a legitimate neighbor on either side", () => {
    for (const name of ["a\u200d👩", "👩\u200db", "👩\u200d", "می\u200c", "می\u200c1", "a\u200cخ"])
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

  it("returns what a name could be mistaken for", () => {
    const cases = {
      option: ["-x", "--help", "\uff0dx"],
      group: ["group:x", "Group:", "\uff47roup:x", "#x", "\uff03x"],
      account: [
        "abcdefghijklmnop",
        "ABCDEFGHIJKLMNO7",
        "\uff41bcdefghijklmnop",
        "a".repeat(52),
        "abcdefghıjklmnop",
        "aßdefghijklmnopq",
      ],
    } as const;
    for (const [kind, names] of Object.entries(cases))
      for (const name of names) assert.equal(mistakable(name), kind, name);
    for (const name of ["a-x", "group", "my group:x", "abcdefghijklmno", "abcdefghijklmno1", "_-"])
      assert.equal(mistakable(name), undefined, name);
  });

  it("makes a name usable that is only a name, for any clean name", () => {
    assert.equal(usableName("anna"), "anna");
    assert.equal(usableName("-x-"), "_x-");
    assert.equal(usableName("group:a:b"), "group_a:b");
    assert.equal(usableName("#:x"), "_:x");
    assert.equal(usableName("\uff0dx"), "_x");
    assert.equal(usableName("\uff03a:b"), "_a:b");
    assert.equal(usableName("abcdefghijklmnop"), undefined);
    fc.assert(
      fc.property(
        fc.constantFrom("-", "\uff0d", "#", "\uff03", "group:", "GROUP\uff1a", ""),
        fc.string({ unit: "binary", maxLength: 20 }),
        (start, text) => {
          const name = cleanName(`${start}${text}`);
          const usable = name === undefined ? undefined : usableName(name);
          if (usable === undefined) return;
          assert.equal(mistakable(usable), undefined);
          assert.equal(cleanName(usable), usable);
        },
      ),
    );
  });
});
