/**
 * The terms of a text, for the index and for queries. Where words are separated by spaces, a term
 * is a word. In other scripts, and among emoji, each character begins a term of two characters, so
 * that any part of a sentence can be found without a dictionary, whose words would differ between
 * versions of the runtime.
 */
import { limits } from "../base/index.ts";
import { fold } from "./fold.ts";

/**
 * Version of the terms that this module finds. An index of another version is built again: terms
 * of a deleted text could not be removed from it. Unicode assigns new characters in each version.
 */
export const TERMS_VERSION = `2 ${process.versions.unicode}`;

/**
 * Characters of scripts without spaces between words, Hangul (whose particles are joined to the
 * word), and emoji. Signs that several of these scripts use (such as U+30FC) belong to each.
 */
const UNSPACED =
  "[[\\p{L}\\p{N}\\p{Extended_Pictographic}\\p{Regional_Indicator}]&&" +
  "[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Bopomofo}\\p{scx=Hangul}\\p{sc=Yi}" +
  "\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\p{sc=Tai_Le}\\p{sc=New_Tai_Lue}" +
  "\\p{sc=Tai_Tham}\\p{sc=Tai_Viet}\\p{Extended_Pictographic}\\p{Regional_Indicator}]]";
/** One character as its readers see it: with the vowel signs and tone marks on it. */
const UNIT = new RegExp(`${UNSPACED}\\p{M}*`, "gv");
const STARTS_UNSPACED = new RegExp(`^${UNSPACED}`, "v");
/** A word, or a run of characters that are not separated. */
const PIECE = new RegExp(
  `(?:${UNSPACED}\\p{M}*)+|[[\\p{L}\\p{N}]--${UNSPACED}][[\\p{L}\\p{N}\\p{M}]--${UNSPACED}]*`,
  "gv",
);
/** The same for ASCII texts, which most are: several times as fast. */
const ASCII_WORD = /[a-z0-9]+/g;
const ASCII = /^[\0-\x7f]*$/;

/** A text as it is compared: folded, and cut into words and runs of unseparated characters. */
interface Parsed {
  readonly folded: string;
  readonly words: readonly string[];
  readonly runs: readonly string[];
}

function parse(text: string): Parsed {
  const lower = text.toLowerCase();
  if (ASCII.test(lower))
    return { folded: lower, words: (lower.match(ASCII_WORD) ?? []).map(truncate), runs: [] };
  const folded = fold(text);
  const words: string[] = [];
  const runs: string[] = [];
  for (const { piece, isRun } of piecesOf(folded))
    if (isRun) runs.push(piece);
    else words.push(truncate(piece));
  return { folded, words, runs };
}

/** The words of a folded text and its runs of unseparated characters, with their positions. */
export function* piecesOf(
  folded: string,
): Generator<{ readonly piece: string; readonly at: number; readonly isRun: boolean }> {
  for (const { 0: piece, index } of folded.matchAll(PIECE))
    yield { piece, at: index, isRun: isUnspaced(piece) };
}

/**
 * The terms of a text, each once: its words, and two characters from each character of a run.
 * They are folded, and cut to `limits.searchWord` characters.
 */
export function termsOf(text: string): Set<string> {
  const { words, runs } = parse(text);
  const terms = new Set(words);
  for (const run of runs) {
    const units = unitsOf(run);
    units.forEach((unit, i) => {
      terms.add(truncate(unit + (units[i + 1] ?? "")));
    });
  }
  return terms;
}

function unitsOf(run: string): string[] {
  return run.match(UNIT) ?? [];
}

/** A word as it is indexed: its first `limits.searchWord` characters. */
export function truncate(term: string): string {
  return term.length <= limits.searchWord ? term : [...term].slice(0, limits.searchWord).join("");
}

/** Whether a term begins with a character of `UNSPACED`. */
function isUnspaced(term: string): boolean {
  return term.charCodeAt(0) > 0x7f && STARTS_UNSPACED.test(term);
}

/** Number of buckets of the index: a query reads one for each of its terms. */
export const BUCKETS = 256;

/**
 * The bucket of a term, 0 to `BUCKETS` - 1: by its first two characters, or only the first of
 * unseparated ones, so that every prefix that may be searched is in the same bucket.
 */
export function bucketOf(term: string): number {
  let hash = 0x811c9dc5;
  for (const character of [...term].slice(0, isUnspaced(term) ? 1 : 2))
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  // The low bits of the product are mixed least.
  return (hash >>> 16) % BUCKETS;
}

/** A query: a text must contain each word, whole or as a prefix, and each run. */
export interface Query {
  readonly words: readonly string[];
  readonly runs: readonly string[];
  /** Terms to look up in the index, at most `limits.searchTerms`; a text that matches has all. */
  readonly terms: readonly string[];
}

/** Parses a query; it has no term if the text has neither words nor runs. */
export function parseQuery(text: string): Query {
  const { words, runs } = parse(text);
  const terms = new Set(words);
  for (const run of runs) {
    const units = unitsOf(run);
    if (units.length === 1) terms.add(truncate(run));
    for (let i = 0; i + 1 < units.length; i++) terms.add(truncate(`${units[i]}${units[i + 1]}`));
  }
  return {
    words: [...new Set(words)],
    runs: [...new Set(runs)],
    terms: [...terms].slice(0, limits.searchTerms),
  };
}

/** Whether a text has everything that the query asks for. */
export function matchesText(text: string, query: Query): boolean {
  const { folded, words } = parse(text);
  return (
    query.runs.every((run) => folded.includes(run)) &&
    query.words.every((asked) => words.some((word) => matchesTerm(word, asked)))
  );
}

/**
 * Whether a term matches a term of the query. A single letter is not used as a prefix: too many
 * terms would match. A single unseparated character is one, as every term of two begins with it.
 */
export function matchesTerm(term: string, queryTerm: string): boolean {
  return (
    term === queryTerm ||
    (term.startsWith(queryTerm) && (isUnspaced(queryTerm) || [...queryTerm].length > 1))
  );
}
