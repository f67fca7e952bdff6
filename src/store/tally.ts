/**
 * A keyed sum over all rows, written with every batch. LevelDB can lose rows, or show older ones again,
 * without a word (a flipped bit in its log drops a block of records; in a table file, a key). Each such row
 * opens by itself, so only a sum over all of them can tell. It is an XOR of a PRF of name ‖ tag: rows come and
 * go in any order, and nobody without the key can choose old rows that add up.
 */
import { concat, equal, readU64, u64 } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { sealTag } from "./sealed.ts";

const SUM_BYTES = 16;
const TALLY_BYTES = 8 + 8 + SUM_BYTES;

/** What the store should hold. A value: adding and taking rows makes a new one. */
export interface Tally {
  /** How many batches were written. */
  readonly commits: number;
  readonly rows: number;
  /** 16 bytes. */
  readonly sum: Uint8Array;
}

export const emptyTally: Tally = { commits: 0, rows: 0, sum: new Uint8Array(SUM_BYTES) };

/** A row by its name and its sealed value, as they lie on the disk. */
export interface SealedRow {
  readonly key: Uint8Array;
  readonly sealed: Uint8Array;
}

/** The tally after rows went and rows came. Does not count the commit. */
export function changed(
  tally: Tally,
  gone: readonly SealedRow[],
  come: readonly SealedRow[],
  crypto: Pick<CryptoProvider, "hmac">,
  tallyKey: Uint8Array,
): Tally {
  const sum = Uint8Array.from(tally.sum);
  for (const row of [...gone, ...come]) {
    const mark = crypto.hmac(tallyKey, concat(row.key, sealTag(row.sealed)));
    for (let i = 0; i < SUM_BYTES; i++) sum[i] = (sum[i] as number) ^ (mark[i] as number);
  }
  return { commits: tally.commits, rows: tally.rows + come.length - gone.length, sum };
}

/** Whether both speak of the same rows. */
export function sameRows(a: Tally, b: Tally): boolean {
  return a.rows === b.rows && equal(a.sum, b.sum);
}

/** 32 bytes: commits ‖ rows ‖ sum. */
export function encodeTally(tally: Tally): Uint8Array {
  return concat(u64(tally.commits), u64(tally.rows), tally.sum);
}

/** The tally of 32 bytes, or `undefined`. */
export function decodeTally(bytes: Uint8Array): Tally | undefined {
  if (bytes.length !== TALLY_BYTES) return undefined;
  const commits = readU64(bytes);
  const rows = readU64(bytes, 8);
  if (commits === undefined || rows === undefined) return undefined;
  return { commits, rows, sum: bytes.slice(16) };
}
