import assert from "node:assert/strict";
import { concat, u32 } from "../../../src/base/index.ts";
import { rowCipher } from "../../../src/store/encryption/row-encryption.ts";
import { SCHEMA_VERSION } from "../../../src/store/layout/schema.ts";
import { crypto, testKey } from "../fixtures.ts";

const name = (last: number): Uint8Array => new Uint8Array(25).fill(6).with(24, last);

describe("row encryption", () => {
  const sealed = rowCipher(crypto);
  const seal = (at: Uint8Array, value: Uint8Array): Uint8Array => sealed.seal(testKey, at, value);
  const open = (at: Uint8Array, bytes: Uint8Array): Uint8Array | undefined =>
    sealed.open(testKey, at, bytes);

  it("decrypts a value only under its own name, key and version", () => {
    const bytes = seal(name(1), Uint8Array.of(1, 2, 3));
    assert.deepEqual(open(name(1), bytes), Uint8Array.of(1, 2, 3));
    assert.equal(open(name(2), bytes), undefined);
    assert.equal(sealed.open(testKey.with(0, 1), name(1), bytes), undefined);
    const opens = (version: number): boolean =>
      crypto.openX(
        testKey,
        bytes.subarray(0, 24),
        bytes.subarray(24),
        concat(name(1), u32(version)),
      ) !== undefined;
    assert.deepEqual([SCHEMA_VERSION - 1, SCHEMA_VERSION, SCHEMA_VERSION + 1].map(opens), [
      false,
      true,
      false,
    ]);
  });

  it("refuses every flipped bit and every shorter length", () => {
    const bytes = seal(name(1), Uint8Array.of(1, 2, 3));
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.with(at, (bytes[at] as number) ^ (1 << (at % 8)));
      assert.equal(open(name(1), flipped), undefined);
      assert.equal(open(name(1), bytes.subarray(0, at)), undefined);
    }
  });

  it("reveals only the bucket of a length", () => {
    const size = (length: number): number => seal(name(1), new Uint8Array(length)).length - 40;
    assert.deepEqual([0, 60, 61, 252, 253, 508].map(size), [64, 64, 256, 256, 512, 512]);
    assert.deepEqual([509, 1020, 1021, 4092].map(size), [1024, 1024, 4096, 4096]);
    assert.deepEqual([4093, 16_380, 16_381, 40_000].map(size), [16_384, 16_384, 32_768, 49_152]);
    assert.notDeepEqual(seal(name(1), new Uint8Array(3)), seal(name(1), new Uint8Array(3)));
  });
});
