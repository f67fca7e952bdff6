import { hchacha } from "@noble/ciphers/chacha.js";
import { utf8 } from "../base/index.ts";

// Words over bytes, made once: asking a small array for its buffer costs more than the cipher.
// The calls are synchronous, so no two of them meet here.
const sigma = new Uint32Array(utf8("expand 32-byte k").slice().buffer);
const keyBytes = new Uint8Array(32);
const keyWords = new Uint32Array(keyBytes.buffer);
const inputBytes = new Uint8Array(16);
const inputWords = new Uint32Array(inputBytes.buffer);
const subkey = new Uint8Array(32);
const subkeyWords = new Uint32Array(subkey.buffer);
const innerNonce = new Uint8Array(12);

/**
 * XChaCha20-Poly1305 out of ChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2.2, §2.3): runs `use`
 * with HChaCha20 of the key (32 bytes) and the first 16 bytes of the nonce (24), and with four zero
 * bytes before the nonce's last 8. What `use` is given is wiped when it returns; it must not keep
 * it.
 */
export function extended<Result>(
  key: Uint8Array,
  nonce: Uint8Array,
  use: (subkey: Uint8Array, innerNonce: Uint8Array) => Result,
): Result {
  keyBytes.set(key);
  for (let i = 0; i < 16; i++) inputBytes[i] = nonce[i] as number;
  for (let i = 0; i < 8; i++) innerNonce[4 + i] = nonce[16 + i] as number;
  hchacha(sigma, keyWords, inputWords, subkeyWords);
  keyBytes.fill(0);
  try {
    return use(subkey, innerNonce);
  } finally {
    subkey.fill(0);
  }
}
