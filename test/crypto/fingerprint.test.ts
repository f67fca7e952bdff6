import assert from "node:assert/strict";
import fc from "fast-check";
import { safetyNumber, sameSafetyNumber } from "../../src/crypto/index.ts";
import { flip, providers } from "./support.ts";

const counting = Uint8Array.from({ length: 32 }, (_, i) => i);
const ones = new Uint8Array(32).fill(0xff);
/** Computed apart, with another language's SHA-256. */
const NUMBER = "31148 25426 68765 17734 34864 05322 47855 49965 12288 23192 95418 48249";

describe("the safety number", () => {
  for (const crypto of providers) {
    it(`${crypto.name}: is the recorded one for the recorded keys, in either order`, () => {
      assert.equal(safetyNumber(crypto, counting, ones), NUMBER);
      assert.equal(safetyNumber(crypto, ones, counting), NUMBER);
    });
  }

  const [crypto] = providers as [(typeof providers)[0]];

  it("has 12 groups of 5 digits and is the same on both sides", () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(key, key, (a, b) => {
        const number = safetyNumber(crypto, a, b);
        assert.match(number, /^\d{5}(?: \d{5}){11}$/);
        assert.equal(number, safetyNumber(crypto, b, a));
      }),
      { numRuns: 20 },
    );
  });

  it("changes when one bit of either key does", () => {
    for (const other of [flip(counting, 0), flip(counting, 31, 7)])
      assert.equal(sameSafetyNumber(safetyNumber(crypto, other, ones), NUMBER), false);
    assert.notEqual(safetyNumber(crypto, counting, flip(ones, 16, 3)), NUMBER);
  });

  it("accepts only keys of 32 bytes", () => {
    assert.throws(() => safetyNumber(crypto, counting.subarray(1), ones), RangeError);
  });

  it("is compared ignoring spaces, dashes and line breaks", () => {
    const digits = NUMBER.replaceAll(" ", "");
    for (const spelling of [
      digits,
      NUMBER.replaceAll(" ", "-"),
      NUMBER.replaceAll(" ", " – "),
      ` ${NUMBER}\n`,
      NUMBER.replaceAll(" ", "\u00a0"),
    ]) {
      assert.equal(sameSafetyNumber(spelling, NUMBER), true);
      assert.equal(sameSafetyNumber(NUMBER, spelling), true);
    }
  });

  it("does not match a part of it, a wrong digit, an empty text, or other characters", () => {
    const last = NUMBER.length - 1;
    for (const wrong of [
      "",
      NUMBER.slice(0, last),
      `${NUMBER}0`,
      `${NUMBER.slice(0, last)}8`,
      NUMBER.replaceAll(" ", "."),
    ]) {
      assert.equal(sameSafetyNumber(wrong, NUMBER), false);
      assert.equal(sameSafetyNumber(NUMBER, wrong), false);
    }
    // Alike, but no safety number.
    for (const none of ["", "12345", `${NUMBER}0`, `0${NUMBER}`])
      assert.equal(sameSafetyNumber(none, none), false);
  });
});
