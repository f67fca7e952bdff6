/** The whole provider on @noble: portable, and the reference that the fast one is held to. */
import { chacha20poly1305, xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { concat, equal, isZero } from "../base/index.ts";
import { hkdfOver } from "./hkdf.ts";
import { kemFrom } from "./kem.ts";
import { acceptableSignature, acceptableU } from "./key-validation.ts";
import type { CryptoProvider, DhKeyPair, Rng, SigningKeyPair } from "./provider.ts";
import { systemRandom } from "./random.ts";
import { requireLength } from "./require-length.ts";

const { Point } = ed25519;

/** @param random where keys come from; the system's generator unless a simulator gives its own. */
export function nobleCrypto(random: Rng = systemRandom()): CryptoProvider {
  return {
    name: "noble",
    engine: "noble",
    random,
    sha256: (data) => sha256(data),
    hmac: hmacSha256,
    hkdf: (salt, ikm, info, length) => hkdfOver(hmacSha256, salt, ikm, info, length),

    seal: sealer(chacha20poly1305, 12),
    open: opener(chacha20poly1305, 12),
    sealX: sealer(xchacha20poly1305, 24),
    openX: opener(xchacha20poly1305, 24),

    dhGenerate: () => dhPair(random(32)),
    dhFromSecret(secret) {
      requireLength(secret, 32, "an X25519 secret");
      return dhPair(Uint8Array.from(secret));
    },
    dh(ours, theirs) {
      if (!acceptableU(theirs)) return undefined;
      const shared = x25519.getSharedSecret(ours.secret, theirs);
      return isZero(shared) ? undefined : shared;
    },

    signingFromSeed(seed): SigningKeyPair {
      requireLength(seed, 32, "an Ed25519 seed");
      return { public: ed25519.getPublicKey(seed), seed: Uint8Array.from(seed) };
    },
    sign: (pair, message) => ed25519.sign(message, pair.seed),
    verify,
    ...kemFrom(random),
  };
}

type Cipher = typeof chacha20poly1305;

function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return hmac(sha256, key, data);
}

function sealer(cipher: Cipher, nonceLength: number): CryptoProvider["seal"] {
  return (key, nonce, plaintext, ad) => {
    requireLength(key, 32, "an AEAD key");
    requireLength(nonce, nonceLength, "this AEAD's nonce");
    return cipher(key, nonce, ad).encrypt(plaintext);
  };
}

function opener(cipher: Cipher, nonceLength: number): CryptoProvider["open"] {
  return (key, nonce, sealed, ad) => {
    requireLength(key, 32, "an AEAD key");
    if (nonce.length !== nonceLength) return undefined;
    try {
      return cipher(key, nonce, ad).decrypt(sealed);
    } catch {
      return undefined;
    }
  };
}

function dhPair(secret: Uint8Array): DhKeyPair {
  return { public: x25519.getPublicKey(secret), secret };
}

/**
 * RFC 8032 §5.1.7 with the equation [S]B = R + [k]A. Written out because the library multiplies
 * both sides by the cofactor, and so takes signatures with small-order parts that OpenSSL refuses.
 */
function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!acceptableSignature(publicKey, signature)) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const k = Point.Fn.create(littleEndian(sha512(concat(r, publicKey, message))));
  try {
    const minusA = Point.fromBytes(publicKey).negate();
    const expected = Point.BASE.multiplyUnsafe(s).add(minusA.multiplyUnsafe(k));
    return equal(expected.toBytes(), r);
  } catch {
    // The y of A is on no point of the curve.
    return false;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}
