/** Full-text search: the terms of a text, and the encoding of an index of them. Pure. */
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
