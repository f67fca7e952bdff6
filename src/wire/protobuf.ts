/**
 * Strict Protocol Buffers (docs/WIRE.md §4): one description of a message both writes and reads it.
 *
 * Writing has one result: fields in the order of their numbers, numbers in their shortest form.
 * Reading accepts any order of the fields and skips fields that the description does not name; it
 * refuses everything else that writing would not have produced.
 */
import { concat, fromUtf8, utf8 } from "../base/index.ts";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** More fields than any content has, so that reading hostile bytes takes little time. */
const MOST_FIELDS = 64;
const MOST_VARINT_BYTES = 10;

/** A kind of value, and its bytes inside a field (without the field's tag and length). */
export interface Kind<Value> {
  readonly wireType: typeof VARINT | typeof BYTES;
  /** The bytes of a value. Throws a RangeError where the value breaks its bound. */
  write(value: Value): Uint8Array;
  /** The value of the bytes, or `undefined` where they are none of this kind. */
  read(bytes: Uint8Array): Value | undefined;
}

/** The type of the values of a kind. */
export type ValueOf<Of> = Of extends Kind<infer Value> ? Value : never;

/** A whole number from `least` to `most`, as a varint. */
export function count(least = 0, most: number = Number.MAX_SAFE_INTEGER): Kind<number> {
  const fits = (value: number) => Number.isSafeInteger(value) && value >= least && value <= most;
  return {
    wireType: VARINT,
    write: (value) => writeVarint(bounded(value, fits(value))),
    read: (from) => {
      const value = readVarint(from, 0)?.value;
      return value !== undefined && fits(value) ? value : undefined;
    },
  };
}

/** From `least` to `most` bytes; `read` returns a copy. */
export function bytes(least: number, most: number = least): Kind<Uint8Array> {
  const fits = ({ length }: Uint8Array) => length >= least && length <= most;
  return {
    wireType: BYTES,
    write: (value) => bounded(value, fits(value)),
    read: (from) => (fits(from) ? from.slice() : undefined),
  };
}

/** From `least` to `most` bytes of UTF-8; invalid UTF-8 is refused, not replaced. */
export function text(least: number, most: number): Kind<string> {
  const fits = ({ length }: Uint8Array) => length >= least && length <= most;
  return {
    wireType: BYTES,
    write: (value) => {
      const written = utf8(value);
      return bounded(written, fits(written));
    },
    read: (from) => (fits(from) ? fromUtf8(from) : undefined),
  };
}

/** A kind restricted to the values for which `holds` returns true. */
export function where<Value>(kind: Kind<Value>, holds: (value: Value) => boolean): Kind<Value> {
  return {
    wireType: kind.wireType,
    write: (value) => kind.write(bounded(value, holds(value))),
    read: (from) => {
      const value = kind.read(from);
      return value !== undefined && holds(value) ? value : undefined;
    },
  };
}

/** One field of a message: its number, its kind and how often it occurs. */
export interface Member<Value> {
  readonly number: number;
  readonly wireType: Kind<unknown>["wireType"];
  /** Occurrences that are accepted at most. */
  readonly most: number;
  write(value: Value): Uint8Array[];
  /** The value of all occurrences, or `undefined` where one is refused or missing. */
  read(occurrences: readonly Uint8Array[]): { readonly value: Value } | undefined;
}

/** A member whose value may be absent. */
export interface OptionalMember<Value> extends Member<Value | undefined> {
  readonly optional: true;
}

/** A field that occurs exactly once. */
export function required<Value>(number: number, kind: Kind<Value>): Member<Value> {
  return {
    number,
    wireType: kind.wireType,
    most: 1,
    write: (value) => [kind.write(value)],
    read: ([only]) => {
      const value = only && kind.read(only);
      return value === undefined ? undefined : { value };
    },
  };
}

/** A field that occurs once or not at all. */
export function optional<Value>(number: number, kind: Kind<Value>): OptionalMember<Value> {
  const once = required(number, kind);
  return {
    ...once,
    optional: true,
    write: (value) => (value === undefined ? [] : once.write(value)),
    read: (occurrences) =>
      occurrences.length === 0 ? { value: undefined } : once.read(occurrences),
  };
}

/** A field that occurs up to `most` times. */
export function repeated<Value>(
  number: number,
  kind: Kind<Value>,
  most: number,
): Member<readonly Value[]> {
  return {
    number,
    wireType: kind.wireType,
    most,
    write: (values) => bounded(values, values.length <= most).map(kind.write),
    read: (occurrences) => {
      const value: Value[] = [];
      for (const from of occurrences) {
        const one = kind.read(from);
        if (one === undefined) return undefined;
        value.push(one);
      }
      return { value };
    },
  };
}

type Members = Readonly<Record<string, Member<unknown>>>;
type Present<M> =
  M extends OptionalMember<infer Value> ? Value : M extends Member<infer Value> ? Value : never;

/** The value of a message with these members. Optional members are absent, never `undefined`. */
export type Values<Of extends Members> = {
  readonly [Name in keyof Of as Of[Name] extends OptionalMember<unknown> ? never : Name]: Present<
    Of[Name]
  >;
} & {
  readonly [Name in keyof Of as Of[Name] extends OptionalMember<unknown> ? Name : never]?: Present<
    Of[Name]
  >;
};

/** A message; as a kind it is the bytes of a field in another message. */
export interface MessageKind<Value> extends Kind<Value> {
  /** The value of the bytes, and the numbers of the fields that the description does not name. */
  parse(from: Uint8Array): { readonly value: Value; readonly unknown: number[] } | undefined;
}

/** The message with these members; one with more than `mostFields` fields is refused. */
export function message<Of extends Members>(
  members: Of,
  mostFields = MOST_FIELDS,
): MessageKind<Values<Of>> {
  const entries = Object.entries(members).sort(([, one], [, other]) => one.number - other.number);
  const known = new Map(entries.map(([, member]) => [member.number, member]));

  function parse(from: Uint8Array): { value: Values<Of>; unknown: number[] } | undefined {
    const fields = readFields(from, mostFields);
    if (fields === undefined) return undefined;
    const occurrences = new Map<number, Uint8Array[]>();
    const unknown: number[] = [];
    for (const { number, wireType, value } of fields) {
      const member = known.get(number);
      if (member === undefined) {
        unknown.push(number);
        continue;
      }
      const found = occurrences.get(number) ?? [];
      if (wireType !== member.wireType || found.length === member.most) return undefined;
      occurrences.set(number, [...found, value]);
    }
    const values: Record<string, unknown> = {};
    for (const [name, member] of entries) {
      const read = member.read(occurrences.get(member.number) ?? []);
      if (read === undefined) return undefined;
      if (read.value !== undefined) values[name] = read.value;
    }
    return { value: values as Values<Of>, unknown };
  }

  return {
    wireType: BYTES,
    write: (value) =>
      concat(
        ...entries.flatMap(([name, member]) =>
          member
            .write((value as Readonly<Record<string, unknown>>)[name])
            .flatMap((written) => partsOf(member, written)),
        ),
      ),
    read: (from) => parse(from)?.value,
    parse,
  };
}

/** One field as it was found: its value is a view without the length. */
interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly value: Uint8Array;
}

/** The fields of a message in their order, or `undefined` where the bytes are malformed. */
export function readFields(from: Uint8Array, most = MOST_FIELDS): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  while (at < from.length) {
    const tag = readVarint(from, at);
    if (tag === undefined || tag.value > 0xffffffff || fields.length === most) return undefined;
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    const span = number === 0 ? undefined : spanOf(from, tag.end, wireType);
    if (span === undefined || span.end > from.length) return undefined;
    fields.push({ number, wireType, value: from.subarray(span.start, span.end) });
    at = span.end;
  }
  return fields;
}

/** Where the value of a field starts and ends; `undefined` for groups and malformed lengths. */
function spanOf(
  from: Uint8Array,
  start: number,
  wireType: number,
): { start: number; end: number } | undefined {
  if (wireType === FIXED64) return { start, end: start + 8 };
  if (wireType === FIXED32) return { start, end: start + 4 };
  const first = wireType === VARINT || wireType === BYTES ? readVarint(from, start) : undefined;
  if (first === undefined) return undefined;
  return wireType === VARINT
    ? { start, end: first.end }
    : { start: first.end, end: first.end + first.value };
}

/** The tag, the length and the value of a field. */
function partsOf({ number, wireType }: Member<unknown>, value: Uint8Array): Uint8Array[] {
  const tag = writeVarint(number * 8 + wireType);
  return wireType === VARINT ? [tag, value] : [tag, writeVarint(value.length), value];
}

/** A varint in its shortest form, of ten bytes at most; the value is exact up to 2^53 - 1. */
function readVarint(from: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < MOST_VARINT_BYTES; i++) {
    const byte = from[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return byte === 0 && i > 0 ? undefined : { value, end: start + i + 1 };
  }
  return undefined;
}

/** The shortest form of a whole number up to 2^53 - 1. */
function writeVarint(value: number): Uint8Array {
  const written: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) written.push((rest % 0x80) | 0x80);
  return Uint8Array.of(...written, rest);
}

function bounded<Value>(value: Value, fits: boolean): Value {
  if (!fits) throw new RangeError("a field breaks a bound of the wire");
  return value;
}
