import assert from "node:assert/strict";
import * as keys from "../../src/ratchet/keys.ts";

const constructors: Record<string, (bytes: Uint8Array) => Uint8Array> = { ...keys };

describe("ratchet/keys", () => {
  it("accepts 32 bytes without a copy and rejects every other length", () => {
    assert.equal(Object.keys(constructors).length, 12);
    for (const [name, make] of Object.entries(constructors)) {
      const bytes = new Uint8Array(32);
      assert.equal(make(bytes), bytes, name);
      for (const length of [0, 31, 33, 64])
        assert.throws(() => make(new Uint8Array(length)), RangeError, name);
    }
  });
});
