/**
 * A row of the index: some words, and for each the messages that have it. As bytes: number of words, then for each its length,
 * itself in UTF-8, the number of its postings, and each posting as the step from the one before: of the conversation's
 * number, and of the place (from 0 where the number stepped). Numbers are LEB128.
 */
import { concat, fromUtf8, SottoError, utf8 } from "../base/index.ts";
import { bucketOf, wordsOf } from "./words.ts";

/** A message: the number that the index gave its conversation, and its place there. */
export interface Posting {
  readonly conversation: number;
  readonly at: number;
}

/** The bytes of a row. Words and postings are sorted here. */
export function encodePostings(words: ReadonlyMap<string, readonly Posting[]>): Uint8Array {
  const out: number[] = [];
  const parts: Uint8Array[] = [];
  const flush = (): void => {
    parts.push(Uint8Array.from(out));
    out.length = 0;
  };
  writeNumber(out, words.size);
  for (const word of [...words.keys()].sort()) {
    const bytes = utf8(word);
    writeNumber(out, bytes.length);
    flush();
    parts.push(bytes);
    const postings = [...(words.get(word) ?? [])].sort(
      (a, b) => a.conversation - b.conversation || a.at - b.at,
    );
    writeNumber(out, postings.length);
    let before: Posting = { conversation: 0, at: 0 };
    for (const posting of postings) {
      const step = posting.conversation - before.conversation;
      writeNumber(out, step);
      writeNumber(out, step === 0 ? posting.at - before.at : posting.at);
      before = posting;
    }
  }
  flush();
  return concat(...parts);
}

/**
 * The words of a row that are wanted, with their postings. Throws `store-damaged` where the bytes are no row: they are our own, so
 * only a bug or another program can cause it.
 */
export function decodePostings(
  row: Uint8Array,
  wanted: (word: string) => boolean = () => true,
): Map<string, Posting[]> {
  const reader = { row, at: 0 };
  const found = new Map<string, Posting[]>();
  const words = readNumber(reader);
  for (let w = 0; w < words; w++) {
    const length = readNumber(reader);
    const word = fromUtf8(row.subarray(reader.at, reader.at + length));
    if (word === undefined || reader.at + length > row.length) throw damaged();
    reader.at += length;
    const postings: Posting[] | undefined = wanted(word) ? [] : undefined;
    let conversation = 0;
    let at = 0;
    const count = readNumber(reader);
    for (let p = 0; p < count; p++) {
      const step = readNumber(reader);
      const place = readNumber(reader);
      at = step === 0 ? at + place : place;
      conversation += step;
      postings?.push({ conversation, at });
    }
    if (postings !== undefined) found.set(word, postings);
  }
  if (reader.at !== row.length) throw damaged();
  return found;
}

/** The row without the postings that are `gone`: the same bytes where it has none of them, `undefined` where nothing is left. */
export function withoutPostings(
  row: Uint8Array,
  gone: (posting: Posting) => boolean,
): Uint8Array | undefined {
  const words = decodePostings(row);
  let changed = false;
  for (const [word, postings] of words) {
    const left = postings.filter((posting) => !gone(posting));
    if (left.length === postings.length) continue;
    changed = true;
    if (left.length === 0) words.delete(word);
    else words.set(word, left);
  }
  if (!changed) return row;
  return words.size === 0 ? undefined : encodePostings(words);
}

/** The row with more postings: words that it has get them beside their own. */
export function withPostings(
  row: Uint8Array | undefined,
  more: ReadonlyMap<string, readonly Posting[]>,
): Uint8Array {
  if (row === undefined) return encodePostings(more);
  const words = decodePostings(row);
  for (const [word, postings] of more) words.set(word, [...(words.get(word) ?? []), ...postings]);
  return encodePostings(words);
}

/** Words with their messages, by part of the index. */
export type WordRows = Map<number, Map<string, Posting[]>>;

/** Adds every word of a message. */
export function addWords(rows: WordRows, posting: Posting, text: string): void {
  for (const word of wordsOf(text)) {
    const bucket = bucketOf(word);
    const words = rows.get(bucket) ?? new Map<string, Posting[]>();
    rows.set(bucket, words);
    const postings = words.get(word);
    if (postings === undefined) words.set(word, [posting]);
    else postings.push(posting);
  }
}

function writeNumber(out: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  out.push(rest);
}

function readNumber(reader: { readonly row: Uint8Array; at: number }): number {
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
