/**
 * A row of the index: some terms, and for each the messages that contain it. Encoded per term: its
 * length, its UTF-8 bytes, the length of its postings, and each posting as the difference from the
 * one before: of the conversation number, and of the position (from 0 if the conversation number
 * changed). Numbers are LEB128.
 */
import { fromUtf8, SottoError, utf8 } from "../base/index.ts";
import { bucketOf, matchesTerm, termsOf } from "./terms.ts";

/** A message: the index's number of its conversation, and its position there. */
export interface Posting {
  readonly conversation: number;
  readonly at: number;
}

/** Encodes a row; sorts terms and postings. */
export function encodePostings(terms: ReadonlyMap<string, readonly Posting[]>): Uint8Array {
  const out: number[] = [];
  for (const term of [...terms.keys()].sort()) {
    const bytes = utf8(term);
    const steps: number[] = [];
    let before: Posting = { conversation: 0, at: 0 };
    for (const posting of inOrder(terms.get(term) ?? [])) {
      const step = posting.conversation - before.conversation;
      writeNumber(steps, step);
      writeNumber(steps, step === 0 ? posting.at - before.at : posting.at);
      before = posting;
    }
    writeNumber(out, bytes.length);
    for (const byte of bytes) out.push(byte);
    writeNumber(out, steps.length);
    for (const step of steps) out.push(step);
  }
  return Uint8Array.from(out);
}

function inOrder(postings: readonly Posting[]): Posting[] {
  return [...postings].sort((a, b) => a.conversation - b.conversation || a.at - b.at);
}

/**
 * Decodes every term of a row with its postings. Throws `store-damaged` for any other bytes: rows
 * are our own, so only a bug or another program can cause it.
 */
export function decodePostings(row: Uint8Array): Map<string, Posting[]> {
  const found = new Map<string, Posting[]>();
  eachTerm(row, (bytes, reader, end) => {
    const term = fromUtf8(bytes);
    if (term === undefined) throw damaged();
    const postings: Posting[] = [];
    readPostings(reader, end, (posting) => postings.push(posting));
    found.set(term, postings);
  });
  return found;
}

/**
 * Calls `take` for the messages of a row with a term that matches `queryTerm`, possibly more than
 * once per message. Throws what `decodePostings` throws.
 */
export function matchesIn(
  row: Uint8Array,
  queryTerm: string,
  take: (posting: Posting) => unknown,
): void {
  const start = utf8(queryTerm);
  eachTerm(row, (bytes, reader, end) => {
    // Most terms differ in their first bytes, and need not be decoded.
    for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return;
    if (matchesTerm(fromUtf8(bytes) ?? "", queryTerm)) readPostings(reader, end, take);
  });
}

interface Reader {
  readonly row: Uint8Array;
  at: number;
}

function eachTerm(
  row: Uint8Array,
  take: (term: Uint8Array, reader: Reader, end: number) => void,
): void {
  const reader: Reader = { row, at: 0 };
  while (reader.at < row.length) {
    const length = readNumber(reader);
    const term = row.subarray(reader.at, reader.at + length);
    reader.at += length;
    const size = readNumber(reader);
    const end = reader.at + size;
    if (term.length !== length || end > row.length) throw damaged();
    take(term, reader, end);
    reader.at = end;
  }
}

function readPostings(reader: Reader, end: number, take: (posting: Posting) => unknown): void {
  let conversation = 0;
  let at = 0;
  while (reader.at < end) {
    const step = readNumber(reader);
    const delta = readNumber(reader);
    at = step === 0 ? at + delta : delta;
    conversation += step;
    take({ conversation, at });
  }
  if (reader.at !== end) throw damaged();
}

/**
 * Removes postings from a row. Returns the same bytes if there are none of them, `undefined` if
 * nothing is left.
 */
export function withoutPostings(
  row: Uint8Array,
  isRemoved: (posting: Posting) => boolean,
): Uint8Array | undefined {
  const terms = decodePostings(row);
  let changed = false;
  for (const [term, postings] of terms) {
    const left = postings.filter((posting) => !isRemoved(posting));
    if (left.length === postings.length) continue;
    changed = true;
    if (left.length === 0) terms.delete(term);
    else terms.set(term, left);
  }
  if (!changed) return row;
  return terms.size === 0 ? undefined : encodePostings(terms);
}

/** Adds postings to a row. */
export function withPostings(
  row: Uint8Array | undefined,
  more: ReadonlyMap<string, readonly Posting[]>,
): Uint8Array {
  if (row === undefined) return encodePostings(more);
  const terms = decodePostings(row);
  for (const [term, postings] of more) terms.set(term, [...(terms.get(term) ?? []), ...postings]);
  return encodePostings(terms);
}

/** Terms with their postings, by bucket of the index. */
export type TermRows = Map<number, Map<string, Posting[]>>;

/** Adds every term of a message. */
export function addTerms(rows: TermRows, posting: Posting, text: string): void {
  for (const term of termsOf(text)) {
    const bucket = bucketOf(term);
    const terms = rows.get(bucket) ?? new Map<string, Posting[]>();
    rows.set(bucket, terms);
    const postings = terms.get(term);
    if (postings === undefined) terms.set(term, [posting]);
    else postings.push(posting);
  }
}

function writeNumber(out: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  out.push(rest);
}

function readNumber(reader: Reader): number {
  let value = 0;
  for (let weight = 1; weight < Number.MAX_SAFE_INTEGER; weight *= 0x80) {
    const byte = reader.row[reader.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value;
  }
  throw damaged();
}

function damaged(): SottoError {
  return new SottoError("store-damaged", "A row of the search index cannot be read.");
}
