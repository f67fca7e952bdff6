/**
 * Comparison of the records of two members in few bytes (docs/SPEC.md, groups). Records are in an
 * order, (depth, id). A range of it is compared by a fingerprint; one that differs is split into 16
 * parts, and one with few records is listed. Work is bounded by the number of own records, since
 * the ranges that a peer sends at once must be apart.
 */
import {
  type Brand,
  concat,
  equal,
  fromHex,
  idOf,
  labels,
  toHex,
  u64,
  utf8,
} from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { linkLists, type ReconcileRange, type RecordBound } from "../wire/index.ts";
import { compareText } from "./op.ts";

/** Parts into which a range that differs is split. */
const PARTS = 16;
const FINGERPRINT = 16;
/** Bytes of the ranges of one message: they share a frame with records. */
const MOST_BYTES = 32 * 1024;
/** Bytes of a range without its ids, at most. */
export const RANGE_BYTES = 112;

/** A record: SHA-256(label ‖ u8 kind ‖ bytes), 32 bytes (64 characters). */
export type RecordId = string & Brand<"RecordId">;
export const recordId = idOf<RecordId>(32, { write: toHex, read: fromHex });

/** A record as it is compared. Its depth is that of its frontier; 0 where it has none. */
export interface RecordItem {
  readonly depth: number;
  readonly id: RecordId;
}

/** The id of a record. @param record u8 kind ‖ bytes, as it travels. */
export function recordIdOf(crypto: CryptoProvider, record: Uint8Array): RecordId {
  return recordId.from(crypto.sha256(concat(utf8(labels.groupRecord), record)));
}

/** The order of records, in which those that others build on come first. */
export function inRecordOrder(a: RecordItem, b: RecordItem): number {
  return a.depth - b.depth || compareText(a.id, b.id);
}

/** Own records in the range of a list that its sender lacks. */
export interface Gift {
  readonly range: ReconcileRange;
  readonly records: readonly RecordItem[];
}

export interface Reconciled {
  /** What is to be compared further: for ranges of fingerprints that differ. */
  readonly ranges: readonly ReconcileRange[];
  /** Records that a list of the peer names and that are not here. */
  readonly wanted: readonly RecordId[];
  readonly gifts: readonly Gift[];
}

/** The order in which ranges are sent. */
export function inRangeOrder(a: ReconcileRange, b: ReconcileRange): number {
  return compareBounds(a.lower, b.lower);
}

/** The fingerprint of all records, 16 bytes. @param key of the link's handshake, 32 bytes. */
export function recordsFingerprint(
  crypto: CryptoProvider,
  key: Uint8Array,
  items: readonly RecordItem[],
): Uint8Array {
  const ids = fromHex(items.map(({ id }) => id).join("")) ?? new Uint8Array(0);
  const of = concat(utf8(labels.groupRecords), u64(items.length), ids);
  return crypto.hmac(key, of).slice(0, FINGERPRINT);
}

/** The ranges by which a comparison begins: all records. */
export function firstRanges(
  crypto: CryptoProvider,
  key: Uint8Array,
  items: readonly RecordItem[],
): readonly ReconcileRange[] {
  return narrowed(crypto, key, items, { lower: { depth: 0, id: new Uint8Array(0) } });
}

/**
 * Compares ranges that a peer sent with the own records.
 * @param items in `inRecordOrder`.
 * @returns `undefined` where the ranges are not in ascending order and apart.
 */
export function reconcile(
  crypto: CryptoProvider,
  key: Uint8Array,
  items: readonly RecordItem[],
  sent: readonly ReconcileRange[],
): Reconciled | undefined {
  if (!areApart(sent)) return undefined;
  const ranges: ReconcileRange[] = [];
  const wanted: RecordId[] = [];
  const gifts: Gift[] = [];
  let bytes = 0;
  for (const range of sent) {
    const { lower, upper, fingerprint, ids } = range;
    const ours = within(items, range);
    if (ids !== undefined) {
      const theirs = split(ids);
      const [here, there] = [new Set(ours.map(({ id }) => id)), new Set(theirs)];
      wanted.push(...theirs.filter((id) => !here.has(id)));
      const records = ours.filter(({ id }) => !there.has(id));
      if (records.length > 0) gifts.push({ range, records });
      continue;
    }
    if (fingerprint && equal(recordsFingerprint(crypto, key, ours), fingerprint)) continue;
    const next = narrowed(crypto, key, ours, { lower, ...(upper && { upper }) });
    const more = next.reduce((sum, one) => sum + RANGE_BYTES + (one.ids?.length ?? 0), 0);
    const last = sent.at(-1)?.upper;
    // What does not fit is compared again as one range.
    if (ranges.length + next.length >= linkLists.reconcile || bytes + more > MOST_BYTES) {
      const rest = { lower, ...(last && { upper: last }) };
      ranges.push(whole(crypto, key, within(items, rest), rest));
      break;
    }
    ranges.push(...next);
    bytes += more;
  }
  return { ranges, wanted, gifts };
}

/**
 * What is left of a list when only its first gifts were given: a range to compare, from the first
 * one that was not, as its receiver has it after taking those.
 * @param given how many records of the gift were given.
 */
export function remainder(
  crypto: CryptoProvider,
  key: Uint8Array,
  items: readonly RecordItem[],
  { range, records }: Gift,
  given: number,
): ReconcileRange | undefined {
  const next = records[given];
  if (next === undefined) return undefined;
  const lower = { depth: next.depth, id: recordId.bytes(next.id) };
  const rest = { lower, ...(range.upper && { upper: range.upper }) };
  return whole(crypto, key, within(items, rest), rest);
}

type Bounds = Pick<ReconcileRange, "lower" | "upper">;

/** A list of the records of a range where they are few, else 16 ranges of fingerprints. */
function narrowed(
  crypto: CryptoProvider,
  key: Uint8Array,
  ours: readonly RecordItem[],
  { lower, upper }: Bounds,
): ReconcileRange[] {
  if (ours.length <= linkLists.ids) {
    const ids = concat(...ours.map(({ id }) => recordId.bytes(id)));
    return [{ lower, ...(upper && { upper }), ids }];
  }
  const step = Math.ceil(ours.length / PARTS);
  const parts: ReconcileRange[] = [];
  let from = lower;
  for (let start = 0; start < ours.length; start += step) {
    const end = start + step;
    const to = end < ours.length ? boundBefore(ours, end) : upper;
    const bounds = { lower: from, ...(to && { upper: to }) };
    parts.push(whole(crypto, key, ours.slice(start, end), bounds));
    if (to !== undefined) from = to;
  }
  return parts;
}

function whole(
  crypto: CryptoProvider,
  key: Uint8Array,
  ours: readonly RecordItem[],
  bounds: Bounds,
): ReconcileRange {
  return { ...bounds, fingerprint: recordsFingerprint(crypto, key, ours) };
}

/** The least bound that is after the item before `at` and not after the item there. */
function boundBefore(items: readonly RecordItem[], at: number): RecordBound {
  const [before, item] = [items[at - 1], items[at]] as [RecordItem, RecordItem];
  const bytes = recordId.bytes(item.id);
  if (before.depth !== item.depth) return { depth: item.depth, id: new Uint8Array(0) };
  const other = recordId.bytes(before.id);
  const differs = bytes.findIndex((byte, i) => byte !== other[i]);
  return { depth: item.depth, id: bytes.slice(0, differs + 1) };
}

/** The items from the lower bound to before the upper one. */
function within(items: readonly RecordItem[], { lower, upper }: Bounds): readonly RecordItem[] {
  const to = upper === undefined ? items.length : indexOf(items, upper);
  return items.slice(indexOf(items, lower), to);
}

/** How many items are before a bound. */
function indexOf(items: readonly RecordItem[], { depth, id }: RecordBound): number {
  const prefix = toHex(id);
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle] as RecordItem;
    if (item.depth < depth || (item.depth === depth && item.id < prefix)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function areApart(ranges: readonly ReconcileRange[]): boolean {
  let last: RecordBound | undefined = { depth: 0, id: new Uint8Array(0) };
  for (const { lower, upper } of ranges) {
    if (last === undefined || compareBounds(last, lower) > 0) return false;
    if (upper !== undefined && compareBounds(lower, upper) >= 0) return false;
    last = upper;
  }
  return true;
}

function compareBounds(a: RecordBound, b: RecordBound): number {
  return a.depth - b.depth || compareText(toHex(a.id), toHex(b.id));
}

function split(ids: Uint8Array): RecordId[] {
  return Array.from({ length: ids.length / 32 }, (_, i) =>
    recordId.from(ids.subarray(32 * i, 32 * i + 32)),
  );
}
