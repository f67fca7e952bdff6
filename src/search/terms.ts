/** The terms of a text, for the index and for queries. */
import { limits } from "../base/index.ts";

/** Scripts without spaces between words: each character counts as a term. */
const UNSPACED =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}" +
  "\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]";
const ANY_TERM = new RegExp(`${UNSPACED}|(?:(?!${UNSPACED})[\\p{L}\\p{N}])+`, "gu");
/** The same for ASCII texts, which most are: six times as fast. */
const ASCII_TERM = /[a-z0-9]+/g;
const ASCII = /^[\0-\x7f]*$/;

/**
 * The terms of a text, each once: letters and digits in lower case, without accents, compatibility
 * forms resolved (Unicode NFKD). A term longer than `limits.searchWord` characters is cut to that
 * length.
 */
export function termsOf(text: string): Set<string> {
  const lower = text.toLowerCase();
  const pieces = ASCII.test(lower)
    ? lower.match(ASCII_TERM)
    : lower
        .normalize("NFKD")
        .replace(/\p{M}+/gu, "")
        .match(ANY_TERM);
  return new Set(pieces?.map(truncate));
}

function truncate(term: string): string {
  return term.length <= limits.searchWord ? term : [...term].slice(0, limits.searchWord).join("");
}

/** Number of buckets of the index: a query reads one for each of its terms. */
export const BUCKETS = 256;

/**
 * The bucket of a term, 0 to `BUCKETS` - 1: by its first two characters, so that its prefixes are
 * in the same bucket.
 */
export function bucketOf(term: string): number {
  let hash = 0x811c9dc5;
  for (const character of [...term].slice(0, 2))
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  // The low bits of the product are mixed least.
  return (hash >>> 16) % BUCKETS;
}

/** The terms of a query: a text must contain each, whole or as a prefix. */
export type Query = readonly string[];

/** Parses a query; empty if it contains no term. */
export function parseQuery(text: string): Query {
  return [...termsOf(text)];
}

/**
 * Whether a term matches a term of the query. A single character is not used as a prefix: too many
 * terms would match.
 */
export function matchesTerm(term: string, queryTerm: string): boolean {
  return term === queryTerm || (term.startsWith(queryTerm) && [...queryTerm].length > 1);
}
