import assert from "node:assert/strict";
import { sealer } from "../../src/store/sealed.ts";
import { crypto, testKey } from "./place.ts";

const key = (last: number): Uint8Array => new Uint8Array(25).fill(6).with(24, last);

describe("a sealed value", () => {
  const sealed = sealer(crypto, testKey, 1);

  it("opens in its own place and version only, and names its table where it does not", () => {
    const bytes = sealed.seal(key(1), Uint8Array.of(1, 2, 3));
    assert.deepEqual(sealed.open(key(1), bytes), Uint8Array.of(1, 2, 3));
    const damaged = { code: "store-damaged", message: /"message"/ };
    assert.throws(() => sealed.open(key(2), bytes), damaged);
    assert.throws(() => sealer(crypto, testKey, 2).open(key(1), bytes), damaged);
  });

  it("refuses every flipped bit and every shorter length", () => {
    const bytes = sealed.seal(key(1), Uint8Array.of(1, 2, 3));
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.with(at, (bytes[at] as number) ^ (1 << (at % 8)));
      assert.throws(() => sealed.open(key(1), flipped), { code: "store-damaged" });
      assert.throws(() => sealed.open(key(1), bytes.subarray(0, at)), { code: "store-damaged" });
    }
  });

  it("shows the bucket of its length and nothing more", () => {
    const size = (length: number): number =>
      sealed.seal(key(1), new Uint8Array(length)).length - 40;
    assert.deepEqual([0, 60, 61, 252, 253, 508].map(size), [64, 64, 256, 256, 512, 512]);
    assert.deepEqual([509, 1020, 1021, 4092].map(size), [1024, 1024, 4096, 4096]);
    assert.deepEqual([4093, 16_380, 16_381, 40_000].map(size), [16_384, 16_384, 32_768, 49_152]);
    assert.notDeepEqual(
      sealed.seal(key(1), new Uint8Array(3)),
      sealed.seal(key(1), new Uint8Array(3)),
    );
  });
});
