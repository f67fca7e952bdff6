/** The one encoding of a protobuf message, computed without the product's codec. */
import { concat } from "../../src/base/index.ts";

/** Field numbers that a version knows: `true` for a plain value, else the fields inside it. */
export interface KnownFields {
  readonly [number: number]: true | KnownFields;
}

const target = { 1: true } as const;
const targetAndText = { 1: true, 2: true } as const;

/** The fields of a content (docs/WIRE.md §4). */
export const contentFields: KnownFields = {
  1: {
    1: true,
    2: true,
    3: true,
    4: true,
    5: true,
    6: true,
    7: true,
    8: true,
    9: true,
    16: targetAndText,
    17: target,
    18: targetAndText,
    19: { 1: true },
    20: { 1: true },
  },
  2: { 1: true, 2: true, 3: true },
  3: true,
  4: { 1: true, 2: { 1: true, 2: true, 3: true, 4: true }, 3: true },
};

/** The fields of a handshake payload (docs/WIRE.md §4). */
export const payloadFields: KnownFields = { 1: true, 2: true, 3: true, 4: true, 5: true };

/** A varint by hand. */
export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

/** A field by hand: a varint for a number, else bytes with their length. */
export function field(number: number, value: number | Uint8Array | readonly number[]): Uint8Array {
  return typeof value === "number"
    ? Uint8Array.from([...varint(number * 8), ...varint(value)])
    : Uint8Array.from([...varint(number * 8 + 2), ...varint(value.length), ...value]);
}

/**
 * Well-formed bytes with the fields in the order of their numbers, at every depth, and without the
 * fields that are not known.
 */
export function canonical(bytes: Uint8Array, known: KnownFields): Uint8Array {
  const fields: { readonly number: number; readonly bytes: Uint8Array }[] = [];
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] as number;
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = next();
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    const first = type === 0 || type === 2 ? next() : 0;
    const value = bytes.subarray(
      at,
      at + (type === 2 ? first : type === 5 ? 4 : type === 1 ? 8 : 0),
    );
    at += value.length;
    const inside = known[number];
    if (inside === true) fields.push({ number, bytes: bytes.subarray(start, at) });
    else if (inside !== undefined)
      fields.push({ number, bytes: field(number, canonical(value, inside)) });
  }
  fields.sort((one, other) => one.number - other.number);
  return concat(...fields.map((one) => one.bytes));
}
