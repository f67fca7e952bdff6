import assert from "node:assert/strict";
import { fromHex, toHex } from "../../src/base/index.ts";

describe("base/encoding", () => {
  it("reads every byte from hex in either case", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    assert.deepEqual(fromHex(toHex(bytes)), bytes);
    assert.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes);
    assert.deepEqual(fromHex(""), new Uint8Array(0));
  });

  it("refuses every other character as a hex digit, and an odd number of digits", () => {
    for (let code = 0; code < 0x300; code++) {
      const character = String.fromCharCode(code);
      const isDigit = /[0-9a-fA-F]/.test(character);
      assert.equal(fromHex(`0${character}`) !== undefined, isDigit, `code ${code}`);
      assert.equal(fromHex(`${character}0`) !== undefined, isDigit, `code ${code}`);
    }
    assert.equal(fromHex("012"), undefined);
    assert.equal(fromHex("0x"), undefined);
  });
});
