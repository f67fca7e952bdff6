/** The words of a text, as the index and a question have them. */
import { limits } from "../base/index.ts";

/** Scripts that put no space between words: each character counts as a word. */
const UNSPACED =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}" +
  "\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]";
const ANY_WORD = new RegExp(`${UNSPACED}|(?:(?!${UNSPACED})[\\p{L}\\p{N}])+`, "gu");
/** The same for a text of ASCII alone, which most are: six times as quick. */
const ASCII_WORD = /[a-z0-9]+/g;
const ASCII = /^[\0-\x7f]*$/;

/**
 * Each word once: letters and digits in lower case, without accents, compatibility forms resolved
 * (Unicode NFKD). Of a word longer than `limits.searchWord` characters its start stands for it.
 */
export function termsOf(text: string): Set<string> {
  const lower = text.toLowerCase();
  const pieces = ASCII.test(lower)
    ? lower.match(ASCII_WORD)
    : lower
        .normalize("NFKD")
        .replace(/\p{M}+/gu, "")
        .match(ANY_WORD);
  return new Set(pieces?.map(start));
}

function start(word: string): string {
  return word.length <= limits.searchWord ? word : [...word].slice(0, limits.searchWord).join("");
}

/** How many parts the index has: a question reads one for each of its words. */
export const BUCKETS = 256;

/**
 * The part of the index in which a word lies, 0 to `BUCKETS` - 1: by its first two characters, so
 * that its starts lie there too.
 */
export function bucketOf(word: string): number {
  let hash = 0x811c9dc5;
  for (const character of [...word].slice(0, 2))
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  // The low bits of the product mix least.
  return (hash >>> 16) % BUCKETS;
}

/** Words that a text must have, each whole or as the start of one. */
export type Query = readonly string[];

/** What a person asks for; empty where there is no word in it. */
export function parseQuery(question: string): Query {
  return [...termsOf(question)];
}

/**
 * Whether a word answers one of a question. A single character is no start of a word: too many
 * would answer it.
 */
export function matchesTerm(word: string, asked: string): boolean {
  return word === asked || (word.startsWith(asked) && [...asked].length > 1);
}
