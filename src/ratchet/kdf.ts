/** The ratchet's key derivation functions: Double Ratchet §2.2, §4.2 and §5.2, §7.2 over a provider. */
import { labels, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";

const ROOT = utf8(labels.ratchetRoot);
const MESSAGE = utf8(labels.ratchetMessage);
const NEXT_CHAIN = Uint8Array.of(1);
const MESSAGE_KEY = Uint8Array.of(2);

/** KDF_RK_HE: HKDF-SHA256(salt RK, ikm DH output) to a root key, a chain key and the next header key. Wipes the DH output. */
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

/** The message key of this place in a chain: HMAC(CK, 2). With `nextChainKey` it is the spec's KDF_CK. */
export function chainMessageKey(crypto: CryptoProvider, CK: Uint8Array): Uint8Array {
  return crypto.hmac(CK, MESSAGE_KEY);
}

/**
 * KDF_HYBRID: mk = HKDF(salt = post-quantum key, ikm = elliptic-curve key). Whoever lacks either one
 * knows nothing of it. Wipes both.
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
