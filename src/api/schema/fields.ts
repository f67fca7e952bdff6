/**
 * Building blocks of the contract's schemas. Each is a valibot schema whose TypeScript type is the
 * readonly one that clients see; `about` is the description of the field in docs/API.md.
 */
import * as v from "valibot";
import { limits } from "../../base/index.ts";

/** A schema of values of one type; nothing is converted when a value is checked. */
export type Schema<Value = unknown> = v.GenericSchema<Value, Value>;

/** The type of the values that a schema accepts. */
export type Infer<Each extends Schema> = v.InferOutput<Each>;

type Entries = v.ObjectEntries;
type ObjectOf<Each extends Entries> = Readonly<
  v.InferOutput<v.StrictObjectSchema<Each, undefined>>
>;

/** The schema with a description. */
function described<Value>(schema: unknown, about: string | undefined): Schema<Value> {
  const known = schema as Schema<Value>;
  return about === undefined ? known : v.pipe(known, v.description(about));
}

/** An object with these fields and no other. */
export const object = <const Each extends Entries>(
  entries: Each,
  about?: string,
): Schema<ObjectOf<Each>> => described(v.strictObject(entries), about);

/** One of several objects, told apart by the field `key`. */
export const variant = <const Options extends readonly Schema[]>(
  key: string,
  options: Options,
  about?: string,
): Schema<Infer<Options[number]>> => described(v.variant(key, options as never), about);

/** @param most items at most, for a list of a caller. */
export const list = <Value>(
  item: Schema<Value>,
  about?: string,
  most?: number,
): Schema<readonly Value[]> =>
  described(most === undefined ? v.array(item) : v.pipe(v.array(item), v.maxLength(most)), about);

export const text = (about?: string): Schema<string> => described(v.string(), about);

export const flag = (about?: string): Schema<boolean> => described(v.boolean(), about);

/** A constant. */
export const only = <const Value extends string | number | boolean>(
  value: Value,
  about?: string,
): Schema<Value> => described(v.literal(value), about);

/** One of several words. */
export const oneOf = <const Word extends string>(
  words: readonly Word[],
  about?: string,
): Schema<Word> => described(v.picklist(words), about);

/** Every word of a type that is declared elsewhere; does not compile if one is missing. */
export const allOf = <Word extends string>(words: Readonly<Record<Word, true>>): readonly Word[] =>
  Object.keys(words) as Word[];

/** A number that need not be whole, or may be negative. */
export const number = (about?: string): Schema<number> => described(v.number(), about);

/** A whole number within bounds; from 0 to 2^53 - 1 by default. */
export const whole = (
  about?: string,
  least = 0,
  most: number = Number.MAX_SAFE_INTEGER,
): Schema<number> =>
  described(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)), about);

/** An object of a format that is described elsewhere. */
export const json = (about: string): Schema<Readonly<Record<string, unknown>>> =>
  described(v.looseObject({}), about);

/** A time, or a duration where the description says so. */
export const ms = whole;

/** A text of the node of a certain form. */
export const matching = (form: RegExp, about?: string): Schema<string> =>
  described(v.pipe(v.string(), v.regex(form)), about);

/** An id of `length` characters of base32. */
export const id = <Id extends string>(length: number, about?: string): Schema<Id> =>
  described(v.pipe(v.string(), v.regex(new RegExp(`^[a-z2-7]{${length}}$`))), about);

/** A field of a result that may be absent, and never is `undefined`. */
export const maybe = <Each extends Schema>(schema: Each) => v.exactOptional(schema);

/** A parameter that may be absent or `undefined`. */
export const optional = <Each extends Schema>(schema: Each) => v.optional(schema);

/** A text of a caller with a bounded length. */
export const input = (most: number, about?: string): Schema<string> =>
  described(v.pipe(v.string(), v.maxLength(most)), about);

/** A name, an id or an address from a caller: 1 to 256 characters. */
export const short = (about?: string): Schema<string> =>
  described(v.pipe(v.string(), v.nonEmpty(), v.maxLength(256)), about);

/** A text of at most so many UTF-16 units, which may be empty. */
export const within = (most: number, about?: string): Schema<string> =>
  described(v.pipe(v.string(), v.maxLength(most)), about);

/** A passphrase, whose value is in no error. */
export const secret = (about?: string): Schema<string> =>
  described(v.pipe(v.string(), v.nonEmpty(), v.maxLength(4096)), about);

/** How long a call waits. */
export const wait = (about: string) => optional(ms(about, 0, limits.apiWait));

/** Messages or events of one page. */
export const pageSize = (about: string) => optional(whole(about, 1, limits.pageMessages));

/** Whether two types are identical, optional and readonly fields included. */
type Identical<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The fields in which two types differ, which the compiler then names. */
type Differing<A, B> = {
  [Key in keyof A | keyof B]: Identical<Pick<A, Key & keyof A>, Pick<B, Key & keyof B>> extends true
    ? never
    : Key;
}[keyof A | keyof B];

/**
 * A schema of a type that is declared elsewhere. Does not compile unless both are identical, so
 * that neither can change alone.
 */
export const of =
  <Declared>() =>
  <Each extends Schema>(
    schema: Identical<Infer<Each>, Declared> extends true
      ? Each
      : { readonly differing: Differing<Infer<Each>, Declared> },
  ): Schema<Declared> =>
    schema as unknown as Schema<Declared>;
