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
 * Padded sizes. A row costs 65 bytes for name, nonce and tag, whatever it holds. 64 fits the rows
 * that are all of one length (an index of messages, a sum), so that it tells nothing. The others
 * tell a line of talk with its envelope from a few lines, and those from a page: one more step, at
 * 512, than a frame on the wire shows, because most texts that do not fit 256 with their envelope
 * fit 512, and would cost twice as much disk.
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
   * The value, or `undefined` where a byte, the place or the key is not the one it was sealed with.
   */
  open(key: Uint8Array, name: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** Seals values under keys (32 bytes) with fresh random nonces. */
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

/** The authenticator of a sealed value: with the row's name, it stands for the whole row. */
export function sealTag(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(Math.max(0, sealed.length - TAG_BYTES));
}

/** The error for a row that does not open. */
export function damagedRow(name: Uint8Array): SottoError {
  return new SottoError("store-damaged", `A row of the table "${tableName(name)}" is corrupted.`);
}
