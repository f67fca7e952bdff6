/**
 * Reads rows from LevelDB's files without LevelDB and without its manifest: LevelDB's own repair
 * abandons a whole table, or aborts the process, because of one byte. Nothing that is read here is
 * trusted before it is decrypted.
 *
 * Tables: https://github.com/google/leveldb/blob/main/doc/table_format.md; logs: doc/log_format.md
 * next to it.
 */
import { KEY_BYTES } from "../layout/row-names.ts";

/** One version of a row, or its deletion. */
export interface Found {
  readonly name: Uint8Array;
  /** Encrypted; `undefined` if the row was deleted. */
  readonly value: Uint8Array | undefined;
  /** Of several versions of a row, the one with the greatest sequence is current. */
  readonly sequence: number;
}

/** A name in a table: followed by kind (1) and sequence (7). */
const INNER_BYTES = KEY_BYTES + 8;
/** Below the shortest value of a row, the schema; values of an index block are shorter. */
const MIN_VALUE_BYTES = 24;
const DELETED = 0;
const PUT = 1;

/** After each block of a table: kind of compression (1) ‖ checksum (4). */
const BLOCK_TRAILER = 5;
/** Restart points of a block, at which names are complete; more than a block ever has. */
const MAX_RESTARTS = 4096;

/** The rows of a table's file. */
export function* rowsOfTable(file: Buffer): Generator<Found> {
  let before: Uint8Array | undefined;
  let at = 0;
  while (at < file.length) {
    const entry = tableEntry(file, at, before);
    if (entry) {
      if (entry.found) yield entry.found;
      before = entry.inner;
      at = entry.end;
      continue;
    }
    before = undefined;
    at = afterBlock(file, at) ?? nextStart(file, at + 1);
  }
}

interface TableEntry {
  /** Name, kind and sequence. */
  readonly inner: Uint8Array;
  readonly found: Found | undefined;
  readonly end: number;
}

/**
 * The entry at a position: length shared with the previous name ‖ length of the rest ‖ length of
 * the value ‖ rest of the name ‖ value.
 */
function tableEntry(
  file: Buffer,
  at: number,
  before: Uint8Array | undefined,
): TableEntry | undefined {
  const shared = varint(file, at);
  const own = shared && varint(file, shared.end);
  const size = own && varint(file, own.end);
  if (!size || shared.value + own.value !== INNER_BYTES) return undefined;
  if (shared.value > 0 && !before) return undefined;
  const valueAt = size.end + own.value;
  const end = valueAt + size.value;
  if (end > file.length) return undefined;
  const inner = new Uint8Array(INNER_BYTES);
  if (before) inner.set(before.subarray(0, shared.value));
  inner.set(file.subarray(size.end, valueAt), shared.value);
  const kind = inner[KEY_BYTES];
  if (kind !== PUT && kind !== DELETED) return undefined;
  if (kind === PUT ? size.value < MIN_VALUE_BYTES : size.value > 0)
    return { inner, found: undefined, end };
  const found: Found = {
    name: inner.slice(0, KEY_BYTES),
    value: kind === PUT ? Uint8Array.from(file.subarray(valueAt, end)) : undefined,
    sequence: littleEndian(inner, KEY_BYTES + 1, 7),
  };
  return { inner, found, end };
}

/**
 * The end of a block whose last entry ends here: u32 offsets of restart points, the first one 0 ‖
 * u32 their count ‖ trailer.
 */
function afterBlock(file: Buffer, at: number): number | undefined {
  if (at + 8 > file.length || file.readUInt32LE(at) !== 0) return undefined;
  for (let count = 1; count <= MAX_RESTARTS; count++) {
    const position = at + 4 * count;
    if (position + 4 > file.length) return undefined;
    if (file.readUInt32LE(position) === count) return position + 4 + BLOCK_TRAILER;
  }
  return undefined;
}

/** The next position at which an entry may begin that shares nothing with the previous one. */
function nextStart(file: Buffer, from: number): number {
  const position = file.indexOf(Uint8Array.of(0, INNER_BYTES), from);
  return position < 0 ? file.length : position;
}

/**
 * Bytes of a block of a log, which contains records: checksum (4) ‖ length (2) ‖ kind (1) ‖ bytes.
 */
const LOG_BLOCK = 32_768;
const RECORD_HEAD = 7;
const FULL = 1;
const FIRST = 2;
/** The third kind, between them, is for the records between the first and the last. */
const LAST = 4;

/**
 * The rows of a log file. An incomplete batch at its end was never committed.
 */
export function* rowsOfLog(file: Buffer): Generator<Found> {
  const reader = { sequence: 0 };
  for (const batch of recordsOf(file)) yield* rowsOfBatch(batch, reader);
}

/** The records of a file in log format; of incomplete ones, the part that is readable. */
export function* recordsOf(file: Buffer): Generator<Buffer> {
  let parts: Buffer[] | undefined;
  for (let block = 0; block < file.length; block += LOG_BLOCK) {
    const blockEnd = Math.min(block + LOG_BLOCK, file.length);
    let at = block;
    while (at + RECORD_HEAD <= blockEnd) {
      const end = at + RECORD_HEAD + file.readUInt16LE(at + 4);
      const kind = file[at + 6];
      if (end > blockEnd || kind === undefined || kind < FULL || kind > LAST) break;
      const bytes = file.subarray(at + RECORD_HEAD, end);
      at = end;
      // A record without its last part is damaged; the rows before the damage are complete.
      if (parts && (kind === FULL || kind === FIRST)) yield Buffer.concat(parts);
      if (kind === FULL) yield bytes;
      parts = kind === FULL ? undefined : [...((kind !== FIRST && parts) || []), bytes];
      if (kind === LAST && parts) yield Buffer.concat(parts);
      if (kind === LAST) parts = undefined;
    }
    // Less than a header is left, or it is damaged: LevelDB continues in the next block.
  }
}

/**
 * A batch: u64 sequence ‖ u32 count ‖ entries of: kind (1) ‖ length ‖ name, and for a put length ‖
 * value.
 */
function* rowsOfBatch(batch: Buffer, reader: { sequence: number }): Generator<Found> {
  if (batch.length < 12) return;
  const written = littleEndian(batch, 0, 7);
  // Batches follow each other; one that does not is damaged.
  if (
    reader.sequence === 0 ||
    (written >= reader.sequence && written < reader.sequence + LOG_BLOCK)
  )
    reader.sequence = written;
  let at = 12;
  while (at < batch.length) {
    const kind = batch[at];
    const length = varint(batch, at + 1);
    if ((kind !== PUT && kind !== DELETED) || length?.value !== KEY_BYTES) return;
    const name = Uint8Array.from(batch.subarray(length.end, length.end + KEY_BYTES));
    at = length.end + KEY_BYTES;
    let value: Uint8Array | undefined;
    if (kind === PUT) {
      const size = varint(batch, at);
      if (!size || size.end + size.value > batch.length) return;
      at = size.end + size.value;
      value = Uint8Array.from(batch.subarray(size.end, at));
    }
    if (name.length === KEY_BYTES) yield { name, value, sequence: reader.sequence++ };
  }
}

/** Seven bits a byte, least significant first, below 2^53. */
export function varint(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
