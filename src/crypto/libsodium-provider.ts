/**
 * libsodium in WebAssembly for what a message costs (HMAC, both AEADs) and for ML-KEM; OpenSSL for
 * the curves and for long texts. Nothing native: one file for every platform, and it draws no
 * randomness of its own.
 */

import type { Decrypt, Encrypt } from "./libsodium-types.ts";
import { nodeCrypto } from "./openssl-provider.ts";
import type { CryptoProvider, Rng } from "./provider.ts";
import { systemRandom } from "./random.ts";
import { requireLength } from "./require-length.ts";
import { sodiumKem } from "./sodium-kem.ts";
import { loadSodium, type Scratch } from "./wasm-memory.ts";

/**
 * The longest text that WebAssembly is quicker with: its calls cost 0.5 µs where OpenSSL's cipher
 * objects cost 4, and its ChaCha20 2.5 ns a byte where OpenSSL's costs 0.5. Measured at 100 B to 4
 * KiB.
 */
const SHORT_TEXT = 2048;
/** Associated data of a ratchet message: the session's 32 bytes and a header of at most 1.3 KiB. */
const SHORT_AD = 2048;
/** Longer inputs of HMAC and HKDF go to OpenSSL: the ratchet asks for at most 130 bytes. */
const SHORT_DATA = 256;
const KEY = 32;
const TAG = 16;
const HASH = 32;

/**
 * The provider, or `undefined` where the package is not installed or does not start.
 * @param random where keys come from; the system's generator unless a simulator gives its own.
 */
export async function sodiumCrypto(
  random: Rng = systemRandom(),
): Promise<CryptoProvider | undefined> {
  const scratch = await loadSodium();
  return scratch && providerOver(scratch, random);
}

function providerOver(scratch: Scratch, random: Rng): CryptoProvider {
  const { sodium } = scratch;
  const node = nodeCrypto(random);
  const ietf = aeadOf(scratch, {
    nonceLength: 12,
    encrypt: sodium._crypto_aead_chacha20poly1305_ietf_encrypt,
    decrypt: sodium._crypto_aead_chacha20poly1305_ietf_decrypt,
    long: node,
  });
  const extended = aeadOf(scratch, {
    nonceLength: 24,
    encrypt: sodium._crypto_aead_xchacha20poly1305_ietf_encrypt,
    decrypt: sodium._crypto_aead_xchacha20poly1305_ietf_decrypt,
    long: { seal: node.sealX, open: node.openX },
  });
  return {
    ...node,
    name: "sodium",
    engine: `libsodium ${sodium.UTF8ToString(sodium._sodium_version_string())}, ${node.engine}`,
    hmac: hmacOf(scratch, node.hmac),
    hkdf: hkdfOf(scratch, node.hkdf),
    seal: ietf.seal,
    open: ietf.open,
    sealX: extended.seal,
    openX: extended.open,
    ...sodiumKem(scratch, random),
  };
}

type Aead = Pick<CryptoProvider, "seal" | "open">;

interface Cipher {
  readonly nonceLength: number;
  readonly encrypt: Encrypt;
  readonly decrypt: Decrypt;
  /** Who takes what the scratch does not hold. */
  readonly long: Aead;
}

function aeadOf(
  { memory, at: key }: Scratch,
  { nonceLength, encrypt, decrypt, long }: Cipher,
): Aead {
  // key ‖ nonce ‖ text and tag (sealed and opened in place) ‖ associated data.
  const nonceAt = key + KEY;
  const text = nonceAt + nonceLength;
  return {
    seal(k, nonce, plaintext, ad) {
      requireLength(k, KEY, "an AEAD key");
      requireLength(nonce, nonceLength, "this AEAD's nonce");
      if (plaintext.length > SHORT_TEXT || ad.length > SHORT_AD)
        return long.seal(k, nonce, plaintext, ad);
      const { length } = plaintext;
      const adAt = text + length + TAG;
      memory.set(k, key);
      memory.set(nonce, nonceAt);
      memory.set(plaintext, text);
      memory.set(ad, adAt);
      encrypt(text, 0, text, length, 0, adAt, ad.length, 0, 0, nonceAt, key);
      const sealed = memory.slice(text, adAt);
      memory.fill(0, key, adAt + ad.length);
      return sealed;
    },
    open(k, nonce, sealed, ad) {
      requireLength(k, KEY, "an AEAD key");
      const length = sealed.length - TAG;
      if (nonce.length !== nonceLength || length < 0) return undefined;
      if (length > SHORT_TEXT || ad.length > SHORT_AD) return long.open(k, nonce, sealed, ad);
      const adAt = text + sealed.length;
      memory.set(k, key);
      memory.set(nonce, nonceAt);
      memory.set(sealed, text);
      memory.set(ad, adAt);
      const bad = decrypt(text, 0, 0, text, sealed.length, 0, adAt, ad.length, 0, nonceAt, key);
      const plaintext = bad === 0 ? memory.slice(text, text + length) : undefined;
      memory.fill(0, key, adAt + ad.length);
      return plaintext;
    },
  };
}

/** HMAC-SHA-256 of a short key and message in one call. */
function hmacOf(
  { sodium, memory, at: key }: Scratch,
  long: CryptoProvider["hmac"],
): CryptoProvider["hmac"] {
  // key ‖ data; the result takes the key's place.
  const data = key + KEY;
  return (k, message) => {
    if (k.length > KEY || message.length > SHORT_DATA) return long(k, message);
    // RFC 2104 §2 fills a short key up with zeros, which is what the scratch holds between calls.
    memory.set(k, key);
    memory.set(message, data);
    sodium._crypto_auth_hmacsha256(key, data, message.length, 0, key);
    const mac = memory.slice(key, key + HASH);
    memory.fill(0, key, data + message.length);
    return mac;
  };
}

/**
 * HKDF-SHA-256 of short inputs: a sixth less than over `hmac`, whose results go through JavaScript.
 */
function hkdfOf(
  { sodium, memory, at: prk }: Scratch,
  long: CryptoProvider["hkdf"],
): CryptoProvider["hkdf"] {
  return (salt, ikm, info, length) => {
    if (Math.max(salt.length, ikm.length, info.length, length) > SHORT_DATA)
      return long(salt, ikm, info, length);
    // prk ‖ salt ‖ ikm ‖ info ‖ result.
    const saltAt = prk + HASH;
    const ikmAt = saltAt + salt.length;
    const infoAt = ikmAt + ikm.length;
    const out = infoAt + info.length;
    memory.set(salt, saltAt);
    memory.set(ikm, ikmAt);
    memory.set(info, infoAt);
    sodium._crypto_kdf_hkdf_sha256_extract(prk, saltAt, salt.length, ikmAt, ikm.length);
    sodium._crypto_kdf_hkdf_sha256_expand(out, length, infoAt, info.length, prk);
    const okm = memory.slice(out, out + length);
    memory.fill(0, prk, out + length);
    return okm;
  };
}
