/**
 * Keyed checksums (MAC accumulators) over sets of rows, written with every batch. LevelDB can lose
 * rows or return older ones without an error (a flipped bit in its log drops a block of records; in
 * a table, a key). Each such row is valid by itself, so only a checksum over all of them shows it.
 * It is the XOR of a PRF of name ‖ tag: rows are added and removed in any order, and without the
 * key old rows cannot be chosen that fit. Checksums are encrypted: the marks of 129 rows, once
 * known, would be enough to choose such rows by linear algebra.
 */
import { concat, equal, readU64, u64 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { GROUP_SET_BYTES } from "../encryption/key-groups.ts";
import { sealTag } from "../encryption/row-encryption.ts";

export const SUM_BYTES = 16;
const ROW_SUMS_BYTES = 8 + 8 + 8 + GROUP_SET_BYTES + SUM_BYTES;
const nothing = new Uint8Array(SUM_BYTES);

/** The mark of a row, its contribution to a checksum: 16 bytes. */
export type Marker = (name: Uint8Array, sealed: Uint8Array) => Uint8Array;

/** @param key 32 bytes. */
export function marker(crypto: Pick<CryptoProvider, "hmac">, key: Uint8Array): Marker {
  return (name, sealed) => crypto.hmac(key, concat(name, sealTag(sealed))).subarray(0, SUM_BYTES);
}

/** Adds a mark to a sum or removes it; both are the same operation. Changes `sum`. */
export function toggle(sum: Uint8Array, mark: Uint8Array): void {
  for (let i = 0; i < SUM_BYTES; i++) sum[i] = (sum[i] as number) ^ (mark[i] as number);
}

/** The sum of no rows; other sets have it with a probability of 2^-128. */
export function emptySum(): Uint8Array {
  return new Uint8Array(SUM_BYTES);
}

export function isEmpty(sum: Uint8Array): boolean {
  return equal(sum, nothing);
}

/** The root row: covers the rows that opening checks, including the checksums of all pages. */
export interface RowSums {
  /** How many batches were written. */
  readonly commits: number;
  readonly rows: number;
  /** Generation of the vault whose keys encrypt the rows. */
  readonly generation: number;
  /**
   * The groups whose keys still decrypt a deleted or replaced row: 16 bytes, a bit for each.
   */
  readonly due: Uint8Array;
  /** 16 bytes. */
  readonly sum: Uint8Array;
}

/** The root of a store without rows. */
export function emptyRowSums(): RowSums {
  return {
    commits: 0,
    rows: 0,
    generation: 0,
    due: new Uint8Array(GROUP_SET_BYTES),
    sum: emptySum(),
  };
}

/** Whether both cover the same rows. */
export function sameRows(a: Pick<RowSums, "rows" | "sum">, b: RowSums): boolean {
  return a.rows === b.rows && equal(a.sum, b.sum);
}

/**
 * 56 bytes: commits ‖ rows ‖ generation ‖ due ‖ sum. With its length it fits the smallest bucket.
 */
export function encodeRowSums({ commits, rows, generation, due, sum }: RowSums): Uint8Array {
  return concat(u64(commits), u64(rows), u64(generation), due, sum);
}

/** Decodes 56 bytes; `undefined` if they are malformed. */
export function decodeRowSums(bytes: Uint8Array): RowSums | undefined {
  if (bytes.length !== ROW_SUMS_BYTES) return undefined;
  const commits = readU64(bytes);
  const rows = readU64(bytes, 8);
  const generation = readU64(bytes, 16);
  if (commits === undefined || rows === undefined || generation === undefined) return undefined;
  const sumAt = 24 + GROUP_SET_BYTES;
  return { commits, rows, generation, due: bytes.slice(24, sumAt), sum: bytes.slice(sumAt) };
}
