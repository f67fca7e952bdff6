/**
 * Finding texts by their words: what the words of a text are, and how an index of them is written
 * down. Pure.
 */
export {
  addWords,
  answersIn,
  decodePostings,
  encodePostings,
  type Posting,
  type WordRows,
  withoutPostings,
  withPostings,
} from "./postings.ts";
export { asks, BUCKETS, bucketOf, fits, type Question, wordsOf } from "./words.ts";
