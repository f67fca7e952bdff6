/**
 * The ratchet's key derivation functions: Double Ratchet §2.2, §4.2, §5.2 and §7.2 over a provider.
 */
import { concat, labels, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import {
  type ChainKey,
  chainKey,
  type DhOutput,
  type EcMessageKey,
  ecMessageKey,
  type KemSecret,
  type MessageKey,
  messageKey,
  type NextHeaderKey,
  nextHeaderKey,
  type PqChainKey,
  type PqMessageKey,
  type PqRootKey,
  pqChainKey,
  pqMessageKey,
  pqRootKey,
  type RootKey,
  rootKey,
} from "./keys.ts";

const ROOT = utf8(labels.ratchetRoot);
const MESSAGE = utf8(labels.ratchetMessage);
const EPOCH = utf8(labels.postQuantumEpoch);
const NEXT_CHAIN = Uint8Array.of(1);
const MESSAGE_KEY = Uint8Array.of(2);

/** What KDF_RK derives. */
export interface RootStep {
  readonly RK: RootKey;
  readonly CK: ChainKey;
  readonly NHK: NextHeaderKey;
}

/** The derivations of the Diffie-Hellman ratchet. */
export interface RatchetKdf {
  /** The next root key, chain key and header key from a DH output. Wipes the DH output. */
  KDF_RK(crypto: CryptoProvider, RK: RootKey, dhOut: DhOutput): RootStep;
  /** The next chain key. */
  nextChainKey(crypto: CryptoProvider, CK: ChainKey): ChainKey;
  /** The message key at this position of a chain. With `nextChainKey` it is the spec's KDF_CK. */
  chainMessageKey(crypto: CryptoProvider, CK: ChainKey): EcMessageKey;
}

/**
 * This protocol's derivations. A test passes those of another protocol, to compare the ratchet's
 * steps with an independent implementation.
 */
export const sottoKdf: RatchetKdf = { KDF_RK, nextChainKey, chainMessageKey };

/**
 * KDF_RK_HE: HKDF-SHA256(salt RK, ikm DH output) to a root key, a chain key and the next header
 * key. Wipes the DH output.
 */
export function KDF_RK(crypto: CryptoProvider, RK: RootKey, dhOut: DhOutput): RootStep {
  const out = crypto.hkdf(RK, dhOut, ROOT, 96);
  const keys = {
    RK: rootKey(out.slice(0, 32)),
    CK: chainKey(out.slice(32, 64)),
    NHK: nextHeaderKey(out.slice(64, 96)),
  };
  wipe(dhOut, out);
  return keys;
}

/** The next chain key: HMAC(CK, 1). */
export function nextChainKey(crypto: CryptoProvider, CK: ChainKey): ChainKey {
  return chainKey(crypto.hmac(CK, NEXT_CHAIN));
}

/**
 * The elliptic-curve half of the message key at this position of a chain: HMAC(CK, 2). With
 * `nextChainKey` it is the spec's KDF_CK.
 */
export function chainMessageKey(crypto: CryptoProvider, CK: ChainKey): EcMessageKey {
  return ecMessageKey(crypto.hmac(CK, MESSAGE_KEY));
}

/** The next key of a post-quantum chain: HMAC(CK, 1). */
export function nextPqChainKey(crypto: CryptoProvider, CK: PqChainKey): PqChainKey {
  return pqChainKey(crypto.hmac(CK, NEXT_CHAIN));
}

/** The post-quantum half of a message key: HMAC(CK, 2). */
export function pqChainMessageKey(crypto: CryptoProvider, CK: PqChainKey): PqMessageKey {
  return pqMessageKey(crypto.hmac(CK, MESSAGE_KEY));
}

/**
 * KDF_HYBRID: mk = HKDF(salt = post-quantum half, ikm = elliptic-curve half). Without both halves
 * nothing is known of it. Wipes both.
 */
export function KDF_HYBRID(
  crypto: CryptoProvider,
  ec_mk: EcMessageKey,
  pq_mk: PqMessageKey,
): MessageKey {
  const mk = messageKey(crypto.hkdf(pq_mk, ec_mk, MESSAGE, 32));
  wipe(ec_mk, pq_mk);
  return mk;
}

/**
 * KDF_SCKA_RK (§5.2): HKDF(salt root, ikm ML-KEM secret, info label ‖ SHA-256(key ‖ ciphertext)) to
 * the next root and the chains of the key's maker and of its answerer. With the hash, two sides
 * that saw different bytes have no key in common. Wipes the secret.
 */
export function KDF_EPOCH(
  crypto: CryptoProvider,
  root: PqRootKey,
  shared: KemSecret,
  ek: Uint8Array,
  ct: Uint8Array,
): { root: PqRootKey; byMaker: PqChainKey; byAnswerer: PqChainKey } {
  const out = crypto.hkdf(root, shared, concat(EPOCH, crypto.sha256(concat(ek, ct))), 96);
  const keys = {
    root: pqRootKey(out.slice(0, 32)),
    byMaker: pqChainKey(out.slice(32, 64)),
    byAnswerer: pqChainKey(out.slice(64, 96)),
  };
  wipe(shared, out);
  return keys;
}
