/**
 * The one row that lies open: schema version (4) ‖ proof of the key (16) ‖ checksum (8). It tells a
 * newer store, a wrong key and a damaged disk apart before any sealed row is tried.
 */
import { concat, equal, labels, readU32, SottoError, u32, utf8 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";

/** Counts up when rows or names change shape. */
export const SCHEMA_VERSION = 2;

const PROOF_BYTES = 16;
const SUM_BYTES = 8;

/** The keys that one store key stands for. Each has 32 bytes. */
export interface StoreKeys {
  readonly seal: Uint8Array;
  readonly blind: Uint8Array;
  readonly tally: Uint8Array;
  /** Of the vault's files. */
  readonly vault: Uint8Array;
  /** Of the counter beside the database. */
  readonly count: Uint8Array;
  /** Shows that a key is this store's, and nothing else. */
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
    tally: derive(labels.storeTally),
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

/**
 * The version of a store. Throws `store-damaged`, `store-newer`, or `store-key-missing` where the
 * key is another store's.
 */
export function checkSchema(
  crypto: Pick<CryptoProvider, "sha256">,
  keys: StoreKeys,
  row: Uint8Array,
): number {
  const body = row.subarray(0, Math.max(0, row.length - SUM_BYTES));
  const sum = row.subarray(body.length);
  if (body.length < 4 || !equal(sum, crypto.sha256(body).subarray(0, SUM_BYTES)))
    throw new SottoError("store-damaged", "The first row of the store is not what was written.");
  const version = readU32(body);
  if (version > SCHEMA_VERSION)
    throw new SottoError(
      "store-newer",
      `The store has version ${version}; this Sotto knows versions up to ${SCHEMA_VERSION}.`,
    );
  if (!equal(body.subarray(4), keys.proof))
    throw new SottoError("store-key-missing", "The key that was given is not this store's key.");
  return version;
}
