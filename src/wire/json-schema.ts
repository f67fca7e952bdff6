/**
 * JSON of our own files: one description reads, checks and writes. Members that a description does
 * not name are skipped, so that newer versions may add some.
 */
import { type AccountId, accountId, fromHex, toHex } from "../base/index.ts";

/** A kind of value in JSON. */
export interface Shape<Value> {
  write(value: Value): unknown;
  /** The value, or `undefined` if the JSON does not have this shape. */
  read(json: unknown): Value | undefined;
}

/** Bytes as lower-case hex. */
export function bytes(length: number): Shape<Uint8Array> {
  return {
    write: toHex,
    read: (json) => {
      const value = typeof json === "string" ? fromHex(json) : undefined;
      return value?.length === length ? value : undefined;
    },
  };
}

/** A text of 1 to `longest` UTF-16 units. */
export function text(longest: number): Shape<string> {
  return {
    write: (value) => value,
    read: (json) =>
      typeof json === "string" && json.length >= 1 && json.length <= longest ? json : undefined,
  };
}

/** A whole number from 0 to `most`. */
export function whole(most: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return {
    write: (value) => value,
    read: (json) =>
      typeof json === "number" && Number.isSafeInteger(json) && json >= 0 && json <= most
        ? json + 0
        : undefined,
  };
}

export const flag: Shape<boolean> = {
  write: (value) => value,
  read: (json) => (typeof json === "boolean" ? json : undefined),
};

export const account: Shape<AccountId> = {
  write: (value) => value,
  read: (json) => (typeof json === "string" ? accountId.parse(json) : undefined),
};

export function oneOf<Word extends string>(...words: readonly Word[]): Shape<Word> {
  return { write: (value) => value, read: (json) => words.find((word) => word === json) };
}

export function listOf<Value>(one: Shape<Value>): Shape<readonly Value[]> {
  return {
    write: (values) => values.map((value) => one.write(value)),
    read: (json) => {
      if (!Array.isArray(json)) return undefined;
      const values: Value[] = [];
      for (const item of json) {
        const value = one.read(item);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
  };
}

/** A member that may be absent; its value is `undefined` then. */
export interface Optional<Value> {
  readonly optional: Shape<Value>;
}

export function optional<Value>(shape: Shape<Value>): Optional<Value> {
  return { optional: shape };
}

type Members = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>;
type ValueOf<Of extends Members> = {
  readonly [Name in keyof Of as Of[Name] extends Shape<unknown>
    ? Name
    : never]: Of[Name] extends Shape<infer Value> ? Value : never;
} & {
  readonly [Name in keyof Of as Of[Name] extends Optional<unknown>
    ? Name
    : never]?: Of[Name] extends Optional<infer Value> ? Value | undefined : never;
};

/** An object with these members, written in this order. */
export function record<Of extends Members>(members: Of): Shape<ValueOf<Of>> {
  const entries = Object.entries(members) as [string, Shape<unknown> | Optional<unknown>][];
  return {
    write: (value) =>
      Object.fromEntries(
        entries.flatMap(([name, member]) => {
          const held = (value as Readonly<Record<string, unknown>>)[name];
          if ("optional" in member)
            return held === undefined ? [] : [[name, member.optional.write(held)]];
          return [[name, member.write(held)]];
        }),
      ),
    read: (json) => {
      if (typeof json !== "object" || json === null) return undefined;
      const value: Record<string, unknown> = {};
      for (const [name, member] of entries) {
        const held = Object.hasOwn(json, name)
          ? (json as Readonly<Record<string, unknown>>)[name]
          : undefined;
        if ("optional" in member && held === undefined) {
          value[name] = undefined;
          continue;
        }
        const read = ("optional" in member ? member.optional : member).read(held);
        if (read === undefined) return undefined;
        value[name] = read;
      }
      return value as ValueOf<Of>;
    },
  };
}
