import assert from "node:assert/strict";
import { concat } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import { field, makers, providers, type Vector, wycheproof } from "./support.ts";

/** Runs `check` on every case and names the case that fails. */
function every(cases: readonly Vector[], check: (vector: Vector) => void): void {
  for (const vector of cases) {
    try {
      check(vector);
    } catch (cause) {
      throw new Error(`tc ${vector.tcId} (${vector.result}): ${vector.comment}`, { cause });
    }
  }
}

function checkAead(vector: Vector, seal: CryptoProvider["seal"], open: CryptoProvider["open"]) {
  const [key, nonce, ad, text] = ["key", "iv", "aad", "msg"].map((name) => field(vector, name)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const sealed = concat(field(vector, "ct"), field(vector, "tag"));
  if (vector.result === "valid") {
    assert.deepEqual(seal(key, nonce, text, ad), sealed);
    assert.deepEqual(open(key, nonce, sealed, ad), text);
  } else {
    assert.equal(open(key, nonce, sealed, ad), undefined);
    if (vector.flags.includes("InvalidNonceSize"))
      assert.throws(() => seal(key, nonce, text, ad), RangeError);
  }
}

describe("Wycheproof", () => {
  for (const crypto of providers) {
    it(`${crypto.name}: all 325 cases of ChaCha20-Poly1305`, () => {
      every(wycheproof("chacha20_poly1305"), (v) => checkAead(v, crypto.seal, crypto.open));
    });

    it(`${crypto.name}: all 315 cases of XChaCha20-Poly1305`, () => {
      every(wycheproof("xchacha20_poly1305"), (v) => checkAead(v, crypto.sealX, crypto.openX));
    });

    it(`${crypto.name}: all 86 cases of HKDF-SHA-256`, () => {
      every(wycheproof("hkdf_sha256"), (v) => {
        const derive = () =>
          crypto.hkdf(field(v, "salt"), field(v, "ikm"), field(v, "info"), Number(v.size));
        if (v.result === "valid") assert.deepEqual(derive(), field(v, "okm"));
        else assert.throws(derive, RangeError);
      });
    });

    // "Acceptable" leaves the choice to the protocol. Ours: a point on the twist is computed with,
    // as RFC 7748 §5 asks (the curve is safe on its twist); a non-canonical u is refused, because
    // two spellings of one key would be two keys to us; an all-zero result is refused (RFC 7748
    // §6.1).
    it(`${crypto.name}: all 518 cases of X25519, with non-canonical keys and zero results refused`, () => {
      every(wycheproof("x25519"), (v) => {
        const refused = ["NonCanonicalPublic", "ZeroSharedSecret"].some((f) => v.flags.includes(f));
        assert.ok(!refused || v.result === "acceptable");
        const shared = crypto.dh(crypto.dhFromSecret(field(v, "private")), field(v, "public"));
        assert.deepEqual(shared, refused ? undefined : field(v, "shared"));
      });
    });

    it(`${crypto.name}: all 151 cases of Ed25519, tc 151 (ZIP215 only) refused`, () => {
      const cases = wycheproof("ed25519");
      assert.equal(cases.find((v) => v.tcId === 151)?.result, "invalid");
      every(cases, (v) => {
        const valid = crypto.verify(field(v, "pk"), field(v, "msg"), field(v, "sig"));
        assert.equal(valid, v.result === "valid");
      });
    });

    // The file covers key generation from a seed and decapsulation; encapsulation is tested in
    // kem.test.ts. A seed of a wrong length can only come from our own generator.
    it(`${crypto.name}: all 193 cases of ML-KEM-768`, async () => {
      for (const v of wycheproof("mlkem_768")) {
        const seeded = await makers[crypto.name](() => field(v, "seed"));
        every([v], () => {
          if (v.ek === undefined) {
            assert.equal(v.result, "invalid");
            assert.throws(() => seeded.kemGenerate());
            return;
          }
          const pair = seeded.kemGenerate();
          assert.deepEqual(pair.public, field(v, "ek"));
          const shared = crypto.kemDecapsulate(pair, field(v, "c"));
          assert.deepEqual(shared, v.result === "valid" ? field(v, "K") : undefined);
        });
      }
    });
  }
});
