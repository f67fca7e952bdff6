import assert from "node:assert/strict";
import { lookAlikeKeys, nameKey } from "../../../src/messenger/model/name-keys.ts";

const alike = (one: string, other: string): boolean =>
  lookAlikeKeys(one).some((key) => lookAlikeKeys(other).includes(key));

describe("messenger/model/name-keys", () => {
  it("reads names as the same without regard to case, composition and spaces", () => {
    for (const [one, other] of [
      ["Anna", "aNNA"],
      ["Zo\u00eb", "ZOE\u0308"],
      ["  a \u00a0 b", "A B"],
      ["Stra\u00dfe", "STRASSE"],
      ["\u039f\u0394\u03a5\u03a3", "\u03bf\u03b4\u03c5\u03c2"],
    ] as const)
      assert.equal(nameKey(one), nameKey(other), one);
    for (const [one, other] of [
      ["anna", "ann"],
      ["anna", "\u0430nna"],
      ["a b", "ab"],
      ["resume", "r\u00e9sum\u00e9"],
    ] as const)
      assert.notEqual(nameKey(one), nameKey(other), one);
  });

  it("finds names alike that a reader cannot tell apart", () => {
    for (const [one, other] of [
      ["anna", "\u0430nna"], // Cyrillic a
      ["anna", "ANNA"],
      ["BOB", "\u0412\u041e\u0412"], // Cyrillic
      ["bob", "\u0412\u041e\u0412"],
      ["Alice", "\u0391lice"], // Greek capital alpha
      ["Alice", "A1ice"],
      ["Alice", "AIice"],
      ["paul", "\u0440aul"],
      ["bob", "\uff42\uff4f\uff42"], // full width
      ["bob", "\ud835\udc1bob"], // mathematical bold
      ["Jim", "J\u0456m"], // Ukrainian i
      ["m", "rn"],
      ["O'Hara", "O\u2019Hara"],
      ["\u0641", "\u0641\u200c"],
    ] as const)
      assert.ok(alike(one, other), `${one} ${other}`);
  });

  it("leaves different names apart", () => {
    for (const [one, other] of [
      ["anna", "anne"],
      ["bob", "bob-2"],
      ["bob-2", "bob-3"],
      ["\u674e\u5c0f\u9f8d", "\u674e\u5c0f\u9f99"],
      ["Ivan", "\u0418\u0432\u0430\u043d"],
      ["Jose", "Jos\u00e9"],
    ] as const)
      assert.ok(!alike(one, other), `${one} ${other}`);
  });
});
