/**
 * The schema row, which is not encrypted: version (4) ‖ proof of the key (16) ‖ checksum (8). It
 * distinguishes a store of another version, a wrong key and a damaged disk before any encrypted row
 * is read.
 */
import { concat, equal, labels, readU32, SottoError, u32, utf8 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";

/**
 * Is increased when the format of rows, of names or of the files next to the database changes. A
 * store of any other version is refused.
 */
export const SCHEMA_VERSION = 6;

const PROOF_BYTES = 16;
const SUM_BYTES = 8;

/** The keys that are derived from a store key. Each has 32 bytes, `proof` has 16. */
export interface StoreKeys {
  readonly seal: Uint8Array;
  readonly blind: Uint8Array;
  /** Of the checksums of rows. */
  readonly sums: Uint8Array;
  /** Of the vault's files. */
  readonly vault: Uint8Array;
  /** Of the rollback counter. */
  readonly count: Uint8Array;
  /** Identifies the store key in the schema row; protects nothing. */
  readonly proof: Uint8Array;
}

/** @param key the store key, 32 bytes. */
export function deriveKeys(crypto: Pick<CryptoProvider, "hkdf">, key: Uint8Array): StoreKeys {
  if (key.length !== 32) throw new RangeError("a store key has 32 bytes");
  const derive = (label: string, length = 32): Uint8Array =>
    crypto.hkdf(new Uint8Array(), key, utf8(label), length);
  return {
    seal: derive(labels.storeSeal),
    blind: derive(labels.storeBlind),
    sums: derive(labels.storeTally),
    vault: derive(labels.storeVault),
    count: derive(labels.storeCount),
    proof: derive(labels.storeProof, PROOF_BYTES),
  };
}

/** 28 bytes. */
export function encodeSchema(crypto: Pick<CryptoProvider, "sha256">, keys: StoreKeys): Uint8Array {
  const body = concat(u32(SCHEMA_VERSION), keys.proof);
  return concat(body, crypto.sha256(body).subarray(0, SUM_BYTES));
}

/** The version in a schema row; `undefined` if its checksum is wrong. */
function versionOf(crypto: Pick<CryptoProvider, "sha256">, row: Uint8Array): number | undefined {
  const body = row.subarray(0, Math.max(0, row.length - SUM_BYTES));
  const whole = equal(row.subarray(body.length), crypto.sha256(body).subarray(0, SUM_BYTES));
  return whole && body.length >= 4 ? readU32(body) : undefined;
}

/**
 * Refuses a store of another version, older or newer. Needs no key; a damaged row is not refused
 * here. Throws `store-version`.
 */
export function refuseVersion(crypto: Pick<CryptoProvider, "sha256">, row: Uint8Array): void {
  const version = versionOf(crypto, row);
  if (version === undefined || version === SCHEMA_VERSION) return;
  throw new SottoError(
    "store-version",
    `The store has version ${version} of its format; this Sotto opens version ${SCHEMA_VERSION}.`,
  );
}

/**
 * Checks that a store has this program's version and this key. Throws `store-damaged`,
 * `store-version`, and `store-key-missing` where the key is another store's.
 */
export function checkSchema(
  crypto: Pick<CryptoProvider, "sha256">,
  keys: StoreKeys,
  row: Uint8Array,
): void {
  if (versionOf(crypto, row) === undefined)
    throw new SottoError("store-damaged", "The header of the store is corrupted.");
  refuseVersion(crypto, row);
  if (!equal(row.subarray(4, -SUM_BYTES), keys.proof))
    throw new SottoError("store-key-missing", "The key does not belong to this store.");
}
