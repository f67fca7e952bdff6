import assert from "node:assert/strict";
import fc from "fast-check";
import { makers } from "./support.ts";

const noble = makers.noble();
const fast = [await makers.sodium(), makers.node()];

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

for (const node of fast)
  describe(`${node.name} and noble agree`, () => {
    it("on SHA-256 and HMAC, around every internal block boundary", () => {
      fc.assert(
        fc.property(bytes(100), bytes(300), (key, data) => {
          assert.deepEqual(node.sha256(data), noble.sha256(data));
          assert.deepEqual(node.hmac(key, data), noble.hmac(key, data));
        }),
        { numRuns: 500 },
      );
    });

    it("on HKDF of every length", () => {
      fc.assert(
        fc.property(bytes(70), bytes(70), bytes(300), fc.nat(300), (salt, ikm, info, length) => {
          const okm = node.hkdf(salt, ikm, info, length);
          assert.equal(okm.length, length);
          assert.deepEqual(okm, noble.hkdf(salt, ikm, info, length));
        }),
      );
    });

    it("on both AEADs, and each decrypts what the other encrypted", () => {
      fc.assert(
        fc.property(exactly(32), exactly(24), bytes(300), bytes(100), (key, long, text, ad) => {
          const short = long.subarray(0, 12);
          const sealed = node.seal(key, short, text, ad);
          const sealedX = node.sealX(key, long, text, ad);
          assert.deepEqual(sealed, noble.seal(key, short, text, ad));
          assert.deepEqual(sealedX, noble.sealX(key, long, text, ad));
          for (const crypto of [node, noble]) {
            assert.deepEqual(crypto.open(key, short, sealed, ad), text);
            assert.deepEqual(crypto.openX(key, long, sealedX, ad), text);
          }
        }),
      );
    });

    it("on both AEADs at the lengths where the library changes", () => {
      const [key, long] = [node.random(32), node.random(24)];
      const short = long.subarray(0, 12);
      for (const length of [0, 2047, 2048, 2049, 5000]) {
        for (const adLength of [0, 2047, 2048, 2049]) {
          const [text, ad] = [node.random(length), node.random(adLength)];
          const sealed = node.seal(key, short, text, ad);
          const sealedX = node.sealX(key, long, text, ad);
          assert.deepEqual(sealed, noble.seal(key, short, text, ad));
          assert.deepEqual(sealedX, noble.sealX(key, long, text, ad));
          assert.deepEqual(node.open(key, short, sealed, ad), text);
          assert.deepEqual(node.openX(key, long, sealedX, ad), text);
          sealed[0] = (sealed[0] as number) ^ 1;
          assert.equal(node.open(key, short, sealed, ad), undefined);
        }
      }
    });

    it("on X25519 with any 32 bytes as the peer's key", () => {
      fc.assert(
        fc.property(exactly(32), exactly(32), (secret, theirs) => {
          const ours = node.dhFromSecret(secret);
          assert.deepEqual(ours, noble.dhFromSecret(secret));
          assert.deepEqual(node.dh(ours, theirs), noble.dh(ours, theirs));
        }),
        { numRuns: 60 },
      );
    });

    it("on Ed25519 keys, signatures, and signatures with one byte changed", () => {
      const change = fc.tuple(fc.nat(63), fc.integer({ min: 1, max: 255 }));
      fc.assert(
        fc.property(exactly(32), bytes(100), change, (seed, message, [at, mask]) => {
          const pair = node.signingFromSeed(seed);
          assert.deepEqual(pair, noble.signingFromSeed(seed));
          const signature = node.sign(pair, message);
          assert.deepEqual(signature, noble.sign(pair, message));
          const changed = signature.slice();
          changed[at] = (changed[at] as number) ^ mask;
          for (const crypto of [node, noble]) {
            assert.equal(crypto.verify(pair.public, message, signature), true);
            assert.equal(crypto.verify(pair.public, message, changed), false);
          }
        }),
        { numRuns: 60 },
      );
    });

    it("on Ed25519 with any 32 bytes as the key", () => {
      const signature = node.sign(node.signingFromSeed(new Uint8Array(32)), new Uint8Array(1));
      fc.assert(
        fc.property(exactly(32), (key) => {
          assert.equal(node.verify(key, new Uint8Array(1), signature), false);
          assert.equal(noble.verify(key, new Uint8Array(1), signature), false);
        }),
        { numRuns: 60 },
      );
    });

    it("on ML-KEM-768: each decapsulates what the other encapsulated, tampered or not", () => {
      for (const pair of [node.kemGenerate(), noble.kemGenerate()]) {
        const made = noble.kemEncapsulate(pair.public);
        assert.ok(made !== undefined);
        assert.deepEqual(node.kemDecapsulate(pair, made.ciphertext), made.shared);
        assert.deepEqual(noble.kemDecapsulate(pair, made.ciphertext), made.shared);
        const back = node.kemEncapsulate(pair.public);
        assert.ok(back !== undefined);
        assert.deepEqual(noble.kemDecapsulate(pair, back.ciphertext), back.shared);
        back.ciphertext.fill(0, 0, 8);
        assert.deepEqual(
          node.kemDecapsulate(pair, back.ciphertext),
          noble.kemDecapsulate(pair, back.ciphertext),
        );
      }
    });
  });
