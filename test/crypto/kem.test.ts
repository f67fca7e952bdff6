import assert from "node:assert/strict";
import { flip, providers } from "./support.ts";

describe("ML-KEM-768", () => {
  for (const crypto of providers) {
    describe(crypto.name, () => {
      const pair = crypto.kemGenerate();

      it("shares a 32-byte secret with keys and ciphertexts of the standard's lengths", () => {
        const made = crypto.kemEncapsulate(pair.public);
        assert.ok(made !== undefined);
        assert.deepEqual(
          [pair.public.length, pair.secret.length, made.ciphertext.length, made.shared.length],
          [1184, 2400, 1088, 32],
        );
        assert.deepEqual(crypto.kemDecapsulate(pair, made.ciphertext), made.shared);
      });

      it("rejects an encapsulation key with a coefficient of q or more, at every position", () => {
        for (let at = 0; at < 1152; at += 3) {
          const low = pair.public.slice();
          // 3329 = 0xd01, the least value out of range, in the lower 12 bits.
          low[at] = 0x01;
          low[at + 1] = ((low[at + 1] as number) & 0xf0) | 0x0d;
          assert.equal(crypto.kemEncapsulate(low), undefined);
          const high = pair.public.slice();
          high[at + 1] = ((high[at + 1] as number) & 0x0f) | 0x10;
          high[at + 2] = 0xd0;
          assert.equal(crypto.kemEncapsulate(high), undefined);
        }
      });

      it("accepts a coefficient of q - 1", () => {
        const edge = pair.public.slice();
        edge[0] = 0x00;
        edge[1] = ((edge[1] as number) & 0xf0) | 0x0d;
        assert.ok(crypto.kemEncapsulate(edge) !== undefined);
      });

      it("rejects an encapsulation key and a ciphertext of any other length", () => {
        const made = crypto.kemEncapsulate(pair.public);
        assert.ok(made !== undefined);
        for (const wrong of [new Uint8Array(0), pair.public.subarray(1), new Uint8Array(1185)])
          assert.equal(crypto.kemEncapsulate(wrong), undefined);
        for (const wrong of [new Uint8Array(0), made.ciphertext.subarray(1), new Uint8Array(1089)])
          assert.equal(crypto.kemDecapsulate(pair, wrong), undefined);
        const short = { ...pair, secret: pair.secret.subarray(1) };
        assert.throws(() => crypto.kemDecapsulate(short, made.ciphertext), RangeError);
      });

      it("decapsulates a tampered ciphertext to a stable, unrelated secret", () => {
        const made = crypto.kemEncapsulate(pair.public);
        assert.ok(made !== undefined);
        for (const at of [0, 500, 1087]) {
          const tampered = flip(made.ciphertext, at);
          const rejected = crypto.kemDecapsulate(pair, tampered);
          assert.equal(rejected?.length, 32);
          assert.notDeepEqual(rejected, made.shared);
          assert.deepEqual(crypto.kemDecapsulate(pair, tampered), rejected);
        }
      });
    });
  }
});
