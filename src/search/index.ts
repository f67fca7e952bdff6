/**
 * Finding texts by their words: what the words of a text are, and how an index of them is written
 * down. Pure.
 */
export {
  addTerms,
  decodePostings,
  encodePostings,
  matchesIn,
  type Posting,
  type TermRows,
  withoutPostings,
  withPostings,
} from "./postings.ts";
export { BUCKETS, bucketOf, matchesTerm, parseQuery, type Query, termsOf } from "./terms.ts";
