/**
 * Encryption of a row's value: nonce (24) ‖ XChaCha20-Poly1305 of (length (4) ‖ value ‖ zeros). The
 * associated data is the row's name and the schema version, so a row opens only under its own name.
 */
import { concat, readU32, SottoError, u32, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { tableName } from "../layout/row-names.ts";
import { SCHEMA_VERSION } from "../layout/schema.ts";

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;

/**
 * Padded sizes in bytes. Name, nonce and tag of a row add 65 bytes. 64 fits rows of constant length
 * (the index of messages, checksums), whose size reveals nothing. The others distinguish a short
 * text from a few lines, and those from a page. 512 is not a size on the wire: most texts that do
 * not fit 256 with their envelope fit 512, and 1024 would need twice the disk space.
 */
const BUCKETS = [64, 256, 512, 1024, 4096, 16_384] as const;
/** Beyond the last bucket sizes are rounded up to a multiple of it. */
const COARSE = 16_384;

function paddedSize(length: number): number {
  const whole = LENGTH_BYTES + length;
  return BUCKETS.find((size) => size >= whole) ?? Math.ceil(whole / COARSE) * COARSE;
}

export interface RowCipher {
  /** The bytes for the disk. `value` is neither changed nor kept. */
  seal(key: Uint8Array, name: Uint8Array, value: Uint8Array): Uint8Array;
  /**
   * The value; `undefined` if the ciphertext, the name or the key is not the one of `seal`.
   */
  open(key: Uint8Array, name: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** Encrypts values under keys (32 bytes) with fresh random nonces. */
export function rowCipher(crypto: Pick<CryptoProvider, "sealX" | "openX" | "random">): RowCipher {
  const bound = (name: Uint8Array): Uint8Array => concat(name, u32(SCHEMA_VERSION));
  return {
    seal(key, name, value) {
      const padded = new Uint8Array(paddedSize(value.length));
      padded.set(u32(value.length));
      padded.set(value, LENGTH_BYTES);
      const nonce = crypto.random(NONCE_BYTES);
      const sealed = concat(nonce, crypto.sealX(key, nonce, padded, bound(name)));
      wipe(padded);
      return sealed;
    },
    open(key, name, sealed) {
      if (sealed.length < NONCE_BYTES + LENGTH_BYTES + TAG_BYTES) return undefined;
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const padded = crypto.openX(key, nonce, sealed.subarray(NONCE_BYTES), bound(name));
      if (!padded) return undefined;
      const value = padded.slice(LENGTH_BYTES, LENGTH_BYTES + readU32(padded));
      wipe(padded);
      return value;
    },
  };
}

/** The authentication tag of an encrypted value: with the name, it identifies the row's state. */
export function sealTag(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(Math.max(0, sealed.length - TAG_BYTES));
}

/** The error for a row that cannot be decrypted. */
export function damagedRow(name: Uint8Array): SottoError {
  return new SottoError("store-damaged", `A row of the table "${tableName(name)}" is corrupted.`);
}
