/**
 * A row of the index: some terms, and for each the messages that contain it. Encoded per term: its
 * length, its UTF-8 bytes, the length of its postings, and each posting as the difference from the
 * one before: of the conversation number, and of the position (from 0 if the conversation number
 * changed). Numbers are LEB128.
 */
import { fromUtf8, SottoError, utf8 } from "../base/index.ts";
import { matchesTerm } from "./terms.ts";

/** A message: the index's number of its conversation, and its position there. */
export interface Posting {
  readonly conversation: number;
  readonly at: number;
}

/** Encodes a row; sorts the postings of each term. */
export function encodePostings(terms: ReadonlyMap<string, readonly Posting[]>): Uint8Array {
  const writer = new RowWriter();
  for (const [term, postings] of terms) writeTerm(writer, utf8(term), postings);
  return writer.bytes();
}

/** Grows as it is written; a row may have as many terms as a contact chooses. */
export class RowWriter {
  #buffer: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#buffer = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  write(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** LEB128. */
  number(value: number): void {
    this.#reserve(8);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80))
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
    this.#buffer[this.#length++] = rest;
  }

  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const grown = new Uint8Array(2 * (this.#length + more));
    grown.set(this.#buffer);
    this.#buffer = grown;
  }
}

/** Writes one term; nothing if it has no postings. */
function writeTerm(writer: RowWriter, term: Uint8Array, postings: readonly Posting[]): void {
  if (postings.length === 0) return;
  const steps = new RowWriter(16);
  let before: Posting = { conversation: 0, at: 0 };
  for (const posting of inOrder(postings)) {
    const step = posting.conversation - before.conversation;
    steps.number(step);
    steps.number(step === 0 ? posting.at - before.at : posting.at);
    before = posting;
  }
  writer.number(term.length);
  writer.write(term);
  writer.number(steps.length);
  writer.write(steps.bytes());
}

function inOrder(postings: readonly Posting[]): readonly Posting[] {
  if (postings.length === 1) return postings;
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

export interface Reader {
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

/** Postings by term. */
export type TermPostings = ReadonlyMap<string, readonly Posting[]>;

/** The changes of one term. */
interface TermChange {
  readonly term: Uint8Array;
  readonly removed: readonly Posting[];
  readonly added: readonly Posting[];
}

/**
 * Changes some terms of a row; the others are copied without being decoded, so the cost depends on
 * the row's length and on the changed terms. Returns the same bytes if nothing changes, `undefined`
 * if nothing is left. Throws what `decodePostings` throws.
 */
export function changePostings(
  row: Uint8Array,
  removed: TermPostings,
  added: TermPostings,
): Uint8Array | undefined {
  const changes = changesByHash(removed, added);
  const writer = new RowWriter();
  const done = new Set<TermChange>();
  let isChanged = false;
  let copied = 0;
  let start = 0;
  eachTerm(row, (term, reader, end) => {
    const change = changes.get(hashOf(term))?.find((one) => isSame(one.term, term));
    if (change !== undefined) {
      done.add(change);
      const left: Posting[] = [];
      let found = 0;
      readPostings(reader, end, (posting) => {
        found += 1;
        if (!change.removed.some((gone) => isEqual(gone, posting))) left.push(posting);
      });
      if (left.length < found || change.added.length > 0) {
        isChanged = true;
        writer.write(row.subarray(copied, start));
        writeTerm(writer, term, [...left, ...change.added]);
        copied = end;
      }
    }
    start = end;
  });
  writer.write(row.subarray(copied));
  for (const same of changes.values())
    for (const change of same) {
      if (done.has(change) || change.added.length === 0) continue;
      isChanged = true;
      writeTerm(writer, change.term, change.added);
    }
  if (!isChanged && row.length > 0) return row;
  return writer.length === 0 ? undefined : writer.bytes();
}

function changesByHash(removed: TermPostings, added: TermPostings): Map<number, TermChange[]> {
  const changes = new Map<number, TermChange[]>();
  for (const name of new Set([...removed.keys(), ...added.keys()])) {
    const term = utf8(name);
    const change = { term, removed: removed.get(name) ?? [], added: added.get(name) ?? [] };
    const hash = hashOf(term);
    const same = changes.get(hash);
    if (same === undefined) changes.set(hash, [change]);
    else same.push(change);
  }
  return changes;
}

/** FNV-1a, to find a changed term without decoding every term of a row. */
function hashOf(term: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of term) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function isEqual(a: Posting, b: Posting): boolean {
  return a.at === b.at && a.conversation === b.conversation;
}

export function readNumber(reader: Reader): number {
  let value = 0;
  for (let weight = 1; weight < Number.MAX_SAFE_INTEGER; weight *= 0x80) {
    const byte = reader.row[reader.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * weight;
    if (byte < 0x80) return value;
  }
  throw damaged();
}

export function damaged(): SottoError {
  return new SottoError("store-damaged", "A row of the search index cannot be read.");
}
