/** Where a text has what a query asks for, for a client that emphasises it. */
import { fold } from "./fold.ts";
import { matchesTerm, piecesOf, type Query, truncate } from "./terms.ts";

/** UTF-16 code units of a text: the first one, and the one after the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Ranges of one text: more would mark nearly all of it. */
export const MOST_RANGES = 64;

/**
 * A part of a text that is folded on its own: folding the parts gives the folded text. It is a
 * character with the marks on it, or Hangul letters that form syllables together.
 */
const HANGUL = "\\uac00-\\ud7a3";
const JAMO = "\\u1100-\\u11ff\\ua960-\\ua97f\\ud7b0-\\ud7ff\\u3131-\\u318e\\uffa0-\\uffdc";
const JOINED = "\\p{M}\\p{Default_Ignorable_Code_Point}\\p{Emoji_Modifier}\\uff9e\\uff9f\\u0640";
const PART = new RegExp(`[${HANGUL}${JAMO}][${JOINED}${JAMO}]*|[\\s\\S][${JOINED}]*`, "gu");
const ASCII = /^[\0-\x7f]*$/;

/**
 * The parts of a text by which it matches a query, ascending and apart, at most `MOST_RANGES`: the
 * beginnings of words, and runs of characters that are not separated. Marks and signs on a letter
 * belong to it.
 */
export function rangesOf(text: string, query: Query): Range[] {
  const { folded, places } = mapped(text);
  const found: [from: number, to: number][] = [];
  for (const { piece, at, isRun } of piecesOf(folded))
    if (!isRun)
      for (const asked of query.words)
        if (matchesTerm(truncate(piece), asked)) found.push([at, at + asked.length]);
  for (const run of query.runs)
    for (let at = folded.indexOf(run); at >= 0; at = folded.indexOf(run, at + run.length))
      found.push([at, at + run.length]);
  const ranges: [number, number][] = [];
  for (const [from, to] of found.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const [first, end] = places === undefined ? [from, to] : [places.from(from), places.to(to)];
    const last = ranges.at(-1);
    if (last !== undefined && first <= last[1]) last[1] = Math.max(last[1], end);
    else if (ranges.length === MOST_RANGES) break;
    else ranges.push([first, end]);
  }
  return ranges.map(([from, to]) => ({ from, to }));
}

/** Positions of a folded text in the text itself. */
interface Places {
  /** Where the part begins that this folded code unit comes from. */
  from(at: number): number;
  /** Where the part ends that the code unit before comes from. */
  to(end: number): number;
}

/** A folded text; `places` are absent where each position is its own. */
function mapped(text: string): { readonly folded: string; readonly places?: Places } {
  if (ASCII.test(text)) return { folded: text.toLowerCase() };
  const starts: number[] = [];
  const ends: number[] = [];
  let folded = "";
  for (const { 0: part, index } of text.matchAll(PART)) {
    const one = fold(part);
    for (let i = 0; i < one.length; i++) {
      starts.push(index);
      ends.push(index + part.length);
    }
    folded += one;
  }
  return {
    folded,
    places: { from: (at) => starts[at] ?? 0, to: (end) => ends[end - 1] ?? 0 },
  };
}
