import { hchacha } from "@noble/ciphers/chacha.js";
import { utf8, wipe } from "../base/index.ts";

const SIGMA = new Uint32Array(utf8("expand 32-byte k").slice().buffer);

/** What XChaCha20-Poly1305 hands to ChaCha20-Poly1305. The key is the caller's to wipe. */
export interface Extended {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
}

/**
 * HChaCha20 and the nonce that goes with it (draft-irtf-cfrg-xchacha-03 §2.2, §2.3): the subkey of
 * the first 16 bytes of a 24-byte nonce, and four zero bytes before its last 8. 0.3 µs.
 */
export function extend(key: Uint8Array, nonce: Uint8Array): Extended {
  // Copies, because words must be aligned and the caller's bytes may not be.
  const keyWords = new Uint8Array(key);
  const nonceWords = new Uint8Array(nonce);
  const subkey = new Uint32Array(8);
  hchacha(
    SIGMA,
    new Uint32Array(keyWords.buffer),
    new Uint32Array(nonceWords.buffer, 0, 4),
    subkey,
  );
  wipe(keyWords);
  const inner = new Uint8Array(12);
  inner.set(nonceWords.subarray(16), 4);
  return { key: new Uint8Array(subkey.buffer), nonce: inner };
}
