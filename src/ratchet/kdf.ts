/**
 * The ratchet's key derivation functions: Double Ratchet §2.2, §4.2, §5.2 and §7.2 over a provider.
 */
import { concat, labels, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";

const ROOT = utf8(labels.ratchetRoot);
const MESSAGE = utf8(labels.ratchetMessage);
const EPOCH = utf8(labels.postQuantumEpoch);
const NEXT_CHAIN = Uint8Array.of(1);
const MESSAGE_KEY = Uint8Array.of(2);

/** What a chain of the Diffie-Hellman ratchet is derived by. */
export interface RatchetKdf {
  /**
   * The next root key, chain key and header key out of a DH output, 32 bytes each. Wipes the DH
   * output.
   */
  KDF_RK(
    crypto: CryptoProvider,
    RK: Uint8Array,
    dhOut: Uint8Array,
  ): { RK: Uint8Array; CK: Uint8Array; NHK: Uint8Array };
  /** The next chain key. */
  nextChainKey(crypto: CryptoProvider, CK: Uint8Array): Uint8Array;
  /** The message key of this place in a chain. With `nextChainKey` it is the spec's KDF_CK. */
  chainMessageKey(crypto: CryptoProvider, CK: Uint8Array): Uint8Array;
}

/**
 * Ours. A test has another protocol's, to hold the ratchet's steps to an implementation that is not
 * our own.
 */
export const sottoKdf: RatchetKdf = { KDF_RK, nextChainKey, chainMessageKey };

/**
 * KDF_RK_HE: HKDF-SHA256(salt RK, ikm DH output) to a root key, a chain key and the next header
 * key. Wipes the DH output.
 */
export function KDF_RK(
  crypto: CryptoProvider,
  RK: Uint8Array,
  dhOut: Uint8Array,
): { RK: Uint8Array; CK: Uint8Array; NHK: Uint8Array } {
  const out = crypto.hkdf(RK, dhOut, ROOT, 96);
  const keys = { RK: out.slice(0, 32), CK: out.slice(32, 64), NHK: out.slice(64, 96) };
  wipe(dhOut, out);
  return keys;
}

/** The next chain key: HMAC(CK, 1). */
export function nextChainKey(crypto: CryptoProvider, CK: Uint8Array): Uint8Array {
  return crypto.hmac(CK, NEXT_CHAIN);
}

/**
 * The message key of this place in a chain: HMAC(CK, 2). With `nextChainKey` it is the spec's
 * KDF_CK.
 */
export function chainMessageKey(crypto: CryptoProvider, CK: Uint8Array): Uint8Array {
  return crypto.hmac(CK, MESSAGE_KEY);
}

/**
 * KDF_HYBRID: mk = HKDF(salt = post-quantum key, ikm = elliptic-curve key). Whoever lacks either
 * one knows nothing of it. Wipes both.
 */
export function KDF_HYBRID(
  crypto: CryptoProvider,
  ec_mk: Uint8Array,
  pq_mk: Uint8Array,
): Uint8Array {
  const mk = crypto.hkdf(pq_mk, ec_mk, MESSAGE, 32);
  wipe(ec_mk, pq_mk);
  return mk;
}

/**
 * KDF_SCKA_RK (§5.2): HKDF(salt root, ikm ML-KEM secret, info label ‖ SHA-256(key ‖ ciphertext)) to
 * the next root and the chains of the key's maker and of its answerer. The hash is there so that
 * two sides that saw different bytes have no key in common. Wipes the secret.
 */
export function KDF_EPOCH(
  crypto: CryptoProvider,
  root: Uint8Array,
  shared: Uint8Array,
  ek: Uint8Array,
  ct: Uint8Array,
): { root: Uint8Array; byMaker: Uint8Array; byAnswerer: Uint8Array } {
  const out = crypto.hkdf(root, shared, concat(EPOCH, crypto.sha256(concat(ek, ct))), 96);
  const keys = {
    root: out.slice(0, 32),
    byMaker: out.slice(32, 64),
    byAnswerer: out.slice(64, 96),
  };
  wipe(shared, out);
  return keys;
}
