/** How vectors write bytes, and what an operation on them is (docs/VECTORS.md). */
import { concat, fromHex, toHex } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Fields = { readonly [name: string]: Json };

/** A provider whose chance is these bytes, piece by piece. */
export type Providing = (chance?: readonly Uint8Array[]) => CryptoProvider;

/** What a vector's `operation` names: from its `in` to its `out`. */
export type Operation = (providing: Providing, given: Fields) => Json | Promise<Json>;

const RUN = 16;

/** Hex in pieces with one space between; `*n` behind a piece says that it stands n times. */
export function written(bytes: Uint8Array): string {
  const pieces: string[] = [];
  let from = 0;
  let at = 0;
  while (at < bytes.length) {
    let end = at + 1;
    while (end < bytes.length && bytes[end] === bytes[at]) end++;
    if (end - at >= RUN) {
      if (at > from) pieces.push(toHex(bytes.subarray(from, at)));
      pieces.push(`${toHex(bytes.subarray(at, at + 1))}*${end - at}`);
      from = end;
    }
    at = end;
  }
  if (bytes.length > from) pieces.push(toHex(bytes.subarray(from)));
  return pieces.join(" ");
}

/** The bytes that a text spells in this notation. Throws where it is none: the vector's mistake. */
export function spelled(text: string): Uint8Array {
  if (text === "") return new Uint8Array(0);
  const pieces = text.split(" ").map((piece) => {
    const [, hex, times] = /^((?:[0-9a-f]{2})+)(?:\*([1-9]\d*))?$/.exec(piece) ?? [];
    const bytes = fromHex(hex ?? "-");
    if (bytes === undefined) throw new Error(`no bytes: ${piece}`);
    return concat(...Array.from({ length: Number(times ?? 1) }, () => bytes));
  });
  return concat(...pieces);
}

/** A field that must be bytes. */
export function bytes(given: Fields, name: string): Uint8Array {
  return spelled(text(given, name));
}

/** A field that must be a text. */
export function text(given: Fields, name: string): string {
  const value = given[name];
  if (typeof value !== "string") throw new Error(`${name} is no text`);
  return value;
}

/** A field that must be a number. */
export function number(given: Fields, name: string): number {
  const value = given[name];
  if (typeof value !== "number") throw new Error(`${name} is no number`);
  return value;
}

/** A field that must be a list. */
export function list(given: Fields, name: string): readonly Json[] {
  const value = given[name];
  if (!Array.isArray(value)) throw new Error(`${name} is no list`);
  return value;
}

/** A value that must be an object. */
export function fields(value: Json | undefined): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("an object is missing");
  return value as Fields;
}

/** Values of the code as JSON: bytes in the notation, fields in the order of their names. */
export function plain(value: unknown): Json {
  if (value instanceof Uint8Array) return written(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return (value ?? null) as Json;
  const entries = Object.entries(value).filter(([, held]) => held !== undefined);
  return Object.fromEntries(entries.sort().map(([name, held]) => [name, plain(held)]));
}

export const refusedAlone: Json = { refused: true };

/**
 * A chain of roots and the like, as the code has it: what `plain` made of its bytes made bytes
 * again.
 */
export function only<Word extends string>(given: Fields, name: string, words: readonly Word[]): Word {
  const word = text(given, name) as Word;
  if (!words.includes(word)) throw new Error(`${name} is none of ${words.join(", ")}`);
  return word;
}
