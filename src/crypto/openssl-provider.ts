/** The fast provider: OpenSSL through node:crypto; @noble for what Node 20's OpenSSL lacks. */

import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign as signEd25519,
  verify as verifyEd25519,
} from "node:crypto";
import { concat, isZero, wipe } from "../base/index.ts";
import { hkdfOver } from "./hkdf.ts";
import { kemFrom } from "./kem.ts";
import { acceptableSignature, acceptableU } from "./key-validation.ts";
import { hmac, open, plain, seal, sha256 } from "./openssl-primitives.ts";
import type { CryptoProvider, DhKeyPair, Rng, SigningKeyPair } from "./provider.ts";
import { systemRandom } from "./random.ts";
import { requireLength } from "./require-length.ts";
import { extended } from "./xchacha.ts";

/** @param random where keys come from; the system's generator unless a simulator gives its own. */
export function nodeCrypto(random: Rng = systemRandom()): CryptoProvider {
  return {
    name: "node",
    engine: `OpenSSL ${process.versions.openssl}`,
    random,
    sha256,
    hmac,
    hkdf: (salt, ikm, info, length) => hkdfOver(hmac, salt, ikm, info, length),

    seal(key, nonce, plaintext, ad) {
      requireAead(key, nonce, 12);
      return seal(key, nonce, plaintext, ad);
    },
    open(key, nonce, sealed, ad) {
      requireLength(key, 32, "an AEAD key");
      return nonce.length === 12 ? open(key, nonce, sealed, ad) : undefined;
    },
    sealX(key, nonce, plaintext, ad) {
      requireAead(key, nonce, 24);
      return extended(key, nonce, (subkey, inner) => seal(subkey, inner, plaintext, ad));
    },
    openX(key, nonce, sealed, ad) {
      requireLength(key, 32, "an AEAD key");
      if (nonce.length !== 24) return undefined;
      return extended(key, nonce, (subkey, inner) => open(subkey, inner, sealed, ad));
    },

    dhGenerate: () => dhPair(random(32)),
    dhFromSecret(secret) {
      requireLength(secret, 32, "an X25519 secret");
      return dhPair(Uint8Array.from(secret));
    },
    dh(ours, theirs) {
      if (!acceptableU(theirs)) return undefined;
      const privateKey = parsed(ours, "X25519", ours.secret);
      const publicKey = publicKeyOf("X25519", theirs);
      const shared = plain(diffieHellman({ privateKey, publicKey }));
      return isZero(shared) ? undefined : shared;
    },

    signingFromSeed(seed): SigningKeyPair {
      requireLength(seed, 32, "an Ed25519 seed");
      const key = privateKeyOf("Ed25519", seed);
      const pair = { public: publicBytes(key), seed: Uint8Array.from(seed) };
      keys.set(pair, key);
      return pair;
    },
    sign: (pair, message) => plain(signEd25519(null, message, parsed(pair, "Ed25519", pair.seed))),
    verify: (publicKey, message, signature) =>
      acceptableSignature(publicKey, signature) &&
      verifyEd25519(null, message, verifyingKey(publicKey), signature),
    ...kemFrom(random),
  };
}

type Curve = "X25519" | "Ed25519";

/**
 * The parsed form of a secret, while its pair lives: parsing costs as much as using it
 * (37 µs). Held by the pair object and never by key bytes, which could be confused or outlive it.
 */
const keys = new WeakMap<DhKeyPair | SigningKeyPair, KeyObject>();

function parsed(pair: DhKeyPair | SigningKeyPair, curve: Curve, secret: Uint8Array): KeyObject {
  let key = keys.get(pair);
  if (key === undefined) {
    key = privateKeyOf(curve, secret);
    keys.set(pair, key);
  }
  return key;
}

function dhPair(secret: Uint8Array): DhKeyPair {
  const key = privateKeyOf("X25519", secret);
  const pair = { public: publicBytes(key), secret };
  keys.set(pair, key);
  return pair;
}

/**
 * A private key, from which OpenSSL computes the public one. The import is chosen once: a JWK takes
 * 36 µs, but needs the public key, `x`, which Node 24 compares with the secret; DER takes 38 µs
 * there and 390 µs on Node 20. Exporting what generateKeyPairSync made can lock up Node 20.
 */
function privateKeyOf(crv: Curve, secret: Uint8Array): KeyObject {
  return jwkIgnoresX ? privateKeyOfJwk(crv, secret) : privateKeyOfDer(crv, secret);
}

const ANY_X = Buffer.alloc(32).toString("base64url");

function privateKeyOfJwk(crv: Curve, secret: Uint8Array): KeyObject {
  return createPrivateKey({
    format: "jwk",
    key: { kty: "OKP", crv, d: base64url(secret), x: ANY_X },
  });
}

const jwkIgnoresX = ((): boolean => {
  try {
    privateKeyOfJwk("X25519", new Uint8Array(32));
    return true;
  } catch {
    return false;
  }
})();

/** What precedes the 32 bytes of a secret in PKCS #8 (RFC 8410 §7); the curve is byte 11. */
const PKCS8 = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 0, 4, 34, 4, 32]);
const CURVE_AT = 11;
const curveIds = { X25519: 110, Ed25519: 112 } as const;

function privateKeyOfDer(crv: Curve, secret: Uint8Array): KeyObject {
  const key = Buffer.from(concat(PKCS8, secret).buffer);
  key[CURVE_AT] = curveIds[crv];
  try {
    return createPrivateKey({ format: "der", type: "pkcs8", key });
  } finally {
    wipe(key);
  }
}

function publicKeyOf(crv: Curve, bytes: Uint8Array): KeyObject {
  return createPublicKey({ format: "jwk", key: { kty: "OKP", crv, x: base64url(bytes) } });
}

/**
 * The parsed forms of the Ed25519 public keys that were used last: the author of a group signs many
 * messages with one key, and parsing it each time costs a sixth of a verification.
 */
const verifyingKeys = new Map<string, KeyObject>();
const MOST_VERIFYING_KEYS = 256;

function verifyingKey(bytes: Uint8Array): KeyObject {
  const x = base64url(bytes);
  const known = verifyingKeys.get(x);
  const key = known ?? publicKeyOf("Ed25519", bytes);
  // The last in the map is the one used last.
  verifyingKeys.delete(x);
  verifyingKeys.set(x, key);
  if (verifyingKeys.size > MOST_VERIFYING_KEYS)
    for (const oldest of verifyingKeys.keys()) {
      verifyingKeys.delete(oldest);
      break;
    }
  return key;
}

function publicBytes(key: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: "jwk" }).x as string, "base64url"));
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}

function requireAead(key: Uint8Array, nonce: Uint8Array, nonceLength: number): void {
  requireLength(key, 32, "an AEAD key");
  requireLength(nonce, nonceLength, "this AEAD's nonce");
}
