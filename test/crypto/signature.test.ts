import assert from "node:assert/strict";
import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat } from "../../src/base/index.ts";
import { flip, hex, littleEndian, P, providers } from "./support.ts";

const { Point } = ed25519;
const L = Point.Fn.ORDER;
const number = (bytes: Uint8Array) =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString("hex") || "0"}`);

/** Every spelling of every point of small order: both signs, and y + p where it fits. */
const SMALL_ORDER = ED25519_TORSION_SUBGROUP.flatMap((text) => {
  const y = number(hex(text)) & (2n ** 255n - 1n);
  const canonical = [y, y + P].filter((spelling) => spelling < 2n ** 255n).map(littleEndian);
  return canonical.flatMap((bytes) => [bytes, flip(bytes, 31, 7)]);
});

/** A signature by scalar `a` for key A and nonce point R that may have a part of small order. */
function signBy(a: bigint, A: Uint8Array, r: bigint, R: Uint8Array, message: Uint8Array) {
  const k = number(sha512(concat(R, A, message))) % L;
  return { k, signature: concat(R, littleEndian((r + k * a) % L)) };
}

describe("Ed25519", () => {
  for (const crypto of providers) {
    describe(crypto.name, () => {
      const message = crypto.random(20);
      const pair = crypto.signingFromSeed(crypto.random(32));
      const signature = crypto.sign(pair, message);

      it("rejects the identity as a key, under which one signature is valid for every message", () => {
        const identity = littleEndian(1n);
        const forged = concat(identity, littleEndian(0n));
        assert.equal(crypto.verify(identity, message, forged), false);
      });

      it("rejects every encoding of every small-order A and R", () => {
        assert.equal(SMALL_ORDER.length, 8 * 2 + 6);
        for (const point of SMALL_ORDER) {
          // S = k·0 + r with R = [r]B: fits for an A whose multiple by k vanishes.
          for (let i = 0; i < 8; i++) {
            const r = BigInt(i + 2);
            const R = Point.BASE.multiply(r).toBytes();
            const by = signBy(0n, point, r, R, flip(message, i));
            assert.equal(crypto.verify(point, flip(message, i), by.signature), false);
          }
          // S = k·a fits for an R that vanishes.
          const A = Point.BASE.multiply(5n).toBytes();
          const by = signBy(5n, A, 0n, point, message);
          assert.equal(crypto.verify(A, message, by.signature), false);
        }
      });

      it("rejects y ≥ p in A and R, and a y that is not on the curve", () => {
        for (const y of [P, P + 1n, P + 3n, 2n ** 255n - 1n, 2n])
          for (const bytes of [littleEndian(y), flip(littleEndian(y), 31, 7)]) {
            assert.equal(crypto.verify(bytes, message, signature), false);
            const withR = concat(bytes, signature.subarray(32));
            assert.equal(crypto.verify(pair.public, message, withR), false);
          }
      });

      it("rejects S + L, a second encoding of the same signature", () => {
        const s = number(signature.subarray(32));
        for (let n = 1n; s + n * L < 2n ** 256n; n++) {
          const second = concat(signature.subarray(0, 32), littleEndian(s + n * L));
          assert.equal(crypto.verify(pair.public, message, second), false);
        }
      });

      it("checks the equation without the cofactor, so that a small-order part must cancel", () => {
        const torsion = Point.fromBytes(hex(ED25519_TORSION_SUBGROUP[1] as string));
        const [a, r] = [1234567n, 7654321n];
        const mixedA = Point.BASE.multiply(a).add(torsion).toBytes();
        const mixedR = Point.BASE.multiply(r).add(torsion).toBytes();
        const [A, R] = [Point.BASE.multiply(a).toBytes(), Point.BASE.multiply(r).toBytes()];
        let taken = 0;
        for (let i = 0; i < 40; i++) {
          const text = Uint8Array.of(i);
          const byA = signBy(a, mixedA, r, R, text);
          // k·T is the identity only where 8 divides k.
          const cancels = byA.k % 8n === 0n;
          assert.equal(crypto.verify(mixedA, text, byA.signature), cancels);
          if (cancels) taken++;
          const byR = signBy(a, A, r, mixedR, text);
          assert.equal(crypto.verify(A, text, byR.signature), false);
        }
        assert.ok(taken > 0 && taken < 40);
      });

      it("rejects every other length of key and signature", () => {
        assert.equal(crypto.verify(pair.public, message, signature), true);
        for (const wrong of [new Uint8Array(0), signature.subarray(1), concat(signature, message)])
          assert.equal(crypto.verify(pair.public, message, wrong), false);
        for (const wrong of [
          new Uint8Array(0),
          pair.public.subarray(1),
          concat(pair.public, message),
        ])
          assert.equal(crypto.verify(wrong, message, signature), false);
      });

      it("rejects a signature whose last byte, a zero, was left out", () => {
        let [text, ending] = [message, signature];
        for (let i = 0; ending[63] !== 0; i++) {
          text = concat(message, Uint8Array.of(i));
          ending = crypto.sign(pair, text);
        }
        assert.equal(crypto.verify(pair.public, text, ending), true);
        assert.equal(crypto.verify(pair.public, text, ending.subarray(0, 63)), false);
      });

      it("verifies under each of more keys than it keeps, in turns, and under no other one", () => {
        const authors = Array.from({ length: crypto.name === "noble" ? 3 : 300 }, (_, i) =>
          crypto.signingFromSeed(littleEndian(BigInt(i + 1))),
        );
        const signatures = authors.map((author) => crypto.sign(author, message));
        for (let turn = 0; turn < 2; turn++)
          for (const [i, author] of authors.entries()) {
            const [own, next] = [signatures[i], signatures[(i + 1) % authors.length]];
            assert.equal(crypto.verify(author.public, message, own as Uint8Array), true);
            assert.equal(crypto.verify(author.public, message, next as Uint8Array), false);
          }
      });

      it("signs with a key pair decoded from the store", () => {
        const restored = { public: pair.public.slice(), seed: pair.seed.slice() };
        assert.deepEqual(crypto.sign(restored, message), signature);
      });
    });
  }
});
