/** Full-text search: the terms of a text, and the encoding of an index of them. Pure. */
export {
  type BatchArrivals,
  decodeArrivals,
  encodeArrivals,
  noteArrival,
} from "./batch-arrivals.ts";
export {
  changePostings,
  decodePostings,
  encodePostings,
  matchesIn,
  type Posting,
  type TermPostings,
  withoutPostings,
} from "./postings.ts";
export { MOST_RANGES, type Range, rangesOf } from "./ranges.ts";
export {
  BUCKETS,
  bucketOf,
  matchesTerm,
  matchesText,
  parseQuery,
  type Query,
  TERMS_VERSION,
  termsOf,
} from "./terms.ts";
