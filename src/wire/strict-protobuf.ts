/**
 * The grammar of protobuf, strictly. The generated decoders trust their input (they read past ends,
 * keep the last of doubled fields, take any wire type); this walk refuses first what they would
 * gloss over.
 */

/** One field of a message: its number, wire type, and where its value lies. */
export interface Field {
  readonly number: number;
  readonly type: number;
  /** The value without its length: a varint's bytes, a string's bytes. */
  readonly value: Uint8Array;
}

export const VARINT = 0;
export const BYTES = 2;
const FIXED64 = 1;
const FIXED32 = 5;
/** More fields than any content has, so that a walk over hostile bytes stays short. */
const FIELDS = 64;

/** The fields of a message in their order, or `undefined` where the bytes are not well formed. */
export function walk(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    if (tag === undefined || tag.value > 0xffffffff || fields.length === FIELDS) return undefined;
    const number = Math.floor(tag.value / 8);
    const type = tag.value % 8;
    if (number === 0) return undefined;
    const span = spanOf(bytes, tag.end, type);
    if (span === undefined || span.end > bytes.length) return undefined;
    fields.push({ number, type, value: bytes.subarray(span.start, span.end) });
    at = span.end;
  }
  return fields;
}

/**
 * Whether every field that `types` names has the wire type given there and stands once at most,
 * unless it is in `repeated` (field number to greatest count). Fields that it does not name are
 * left to the caller.
 */
export function fits(
  fields: readonly Field[],
  types: ReadonlyMap<number, number>,
  repeated: ReadonlyMap<number, number> = new Map(),
): boolean {
  const counts = new Map<number, number>();
  for (const { number, type } of fields) {
    const wanted = types.get(number);
    if (wanted === undefined) continue;
    const count = (counts.get(number) ?? 0) + 1;
    if (type !== wanted || count > (repeated.get(number) ?? 1)) return false;
    counts.set(number, count);
  }
  return true;
}

function spanOf(
  bytes: Uint8Array,
  start: number,
  type: number,
): { start: number; end: number } | undefined {
  if (type === FIXED64) return { start, end: start + 8 };
  if (type === FIXED32) return { start, end: start + 4 };
  const first = type === VARINT || type === BYTES ? varint(bytes, start) : undefined;
  if (first === undefined) return undefined;
  return type === VARINT
    ? { start, end: first.end }
    : { start: first.end, end: first.end + first.value };
}

/** A varint in its shortest form, of ten bytes at most; the value is exact up to 2^53 - 1. */
function varint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return byte === 0 && i > 0 ? undefined : { value, end: start + i + 1 };
  }
  return undefined;
}
