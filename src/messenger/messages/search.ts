/**
 * Finds messages by their words, in the order of their arrival, newest first: first those that are
 * not in the index yet, then the index, a few of its batches at a time, newest batch first.
 *
 * A batch has no order in itself, and an older one may have a message that arrived later. So each
 * step ends at a floor, above which no message can be found any more, and returns what is above it.
 */
import { limits, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import {
  type BatchArrivals,
  bucketOf,
  decodeArrivals,
  matchesIn,
  matchesText,
  type Posting,
  parseQuery,
  type Query,
  rangesOf,
} from "../../search/index.ts";
import type { SearchOptions, SearchResult } from "../model/options.ts";
import { type ConversationOwner, conversationOf } from "../model/owner.ts";
import type { Context } from "../state/context.ts";
import { arrivalsKey, bucketKey } from "../state/index-step.ts";
import { type Place, readableView } from "../state/message-store.ts";
import { readablePages } from "../state/readable-rows.ts";

/** A message that may match. */
interface Candidate extends Place {
  readonly arrival: number;
}

/** Messages of a step that have every term. */
interface Step {
  readonly candidates: readonly Candidate[];
  /** No message that is left for later steps arrived after this number. */
  readonly floor: number;
}

/** See `Messenger.search`. Throws `search-empty` where the question has no word, or too many. */
export async function search(
  context: Context,
  question: string,
  { from, before, limit }: SearchOptions,
): Promise<SearchResult> {
  const asked = parseQuery(question);
  const count = asked.words.length + asked.runs.length;
  if (count === 0 || count > limits.searchTerms)
    throw new SottoError(
      "search-empty",
      count === 0 ? "The search contains no word." : "The search contains too many words.",
    );
  const only = from === undefined ? undefined : context.owners.find(from);
  await context.index.takeIn();
  const found: MessageView[] = [];
  /** What may match, and arrived before what was read. */
  let waiting: Candidate[] = [];
  /** What is not indexed may have been, by the time that the index is read. */
  const known = new Set<number>();
  for await (const { candidates, floor } of steps(context, asked, only)) {
    for (const one of candidates) {
      if ((before !== undefined && one.arrival >= before) || known.has(one.arrival)) continue;
      known.add(one.arrival);
      waiting.push(one);
    }
    waiting.sort((a, b) => b.arrival - a.arrival);
    const end = waiting.findIndex(({ arrival }) => arrival <= floor);
    const next = end < 0 ? waiting : waiting.slice(0, end);
    waiting = end < 0 ? [] : waiting.slice(end);
    while (next.length > 0 && found.length <= limit)
      found.push(...(await matching(context, asked, next.splice(0, limit + 1 - found.length))));
    if (found.length > limit) break;
  }
  const hits = found.slice(0, limit).map((message) => ({
    ...{ message, ranges: rangesOf(message.text, asked) },
  }));
  return { hits, more: found.length > limit };
}

/** Reads places together: each may be the first of its page, which the store reads as a whole. */
async function matching(
  context: Context,
  asked: Query,
  places: readonly Place[],
): Promise<MessageView[]> {
  const views = await Promise.all(places.map((place) => readableView(context, place)));
  // The index may know words that an edit has taken away.
  return views.flatMap((view) => (view && matchesText(view.text, asked) ? [view] : []));
}

/** What may match: first of what is not indexed, then of the index, newest batches first. */
async function* steps(
  context: Context,
  asked: Query,
  only: ConversationOwner | undefined,
): AsyncGenerator<Step> {
  const { index, owners } = context;
  const { batches } = index;
  const newest = index.newestUpTo(batches);
  yield { candidates: await unindexed(context, asked, only), floor: newest };
  const numbers = new Map<number, ConversationOwner>();
  for (const owner of only === undefined ? owners.all() : [only]) {
    const mark = index.mark(conversationOf(owner).ref);
    if (mark !== undefined) numbers.set(mark.conversation, owner);
  }
  for (let to = batches; to >= 1; to -= limits.searchRows) {
    const range = { from: Math.max(1, to - limits.searchRows + 1), to };
    const postings = await answering(context, asked, range);
    const ours = postings.filter(({ conversation }) => numbers.has(conversation));
    const candidates: Candidate[] = [];
    for (const { conversation, at, arrival } of await withArrivals(context, ours, range)) {
      const owner = numbers.get(conversation);
      if (owner !== undefined) candidates.push({ owner, at, arrival });
    }
    yield { candidates, floor: index.newestUpTo(range.from - 1) };
  }
}

/** Both ends included. */
interface Batches {
  readonly from: number;
  readonly to: number;
}

/** The messages of these batches, each with its number of arrival. */
async function withArrivals(
  { store, breathe }: Context,
  postings: readonly Posting[],
  range: Batches,
): Promise<(Posting & { readonly arrival: number })[]> {
  if (postings.length === 0) return [];
  const wanted = new Set(postings.map(({ conversation }) => conversation));
  const batches: BatchArrivals[] = [];
  const { table, of } = arrivalsKey(0);
  for (const { value } of await store.list(table, of, range)) {
    batches.push(decodeArrivals(value, wanted));
    await breathe();
  }
  return postings.flatMap(({ conversation, at }) => {
    const batch = batches.find((one) => one.get(conversation)?.has(at));
    const arrival = batch?.get(conversation)?.get(at);
    return arrival === undefined ? [] : [{ conversation, at, arrival }];
  });
}

/** Messages of a few batches that have every term of the query. */
async function answering(context: Context, asked: Query, range: Batches): Promise<Posting[]> {
  let left: Map<string, Posting> | undefined;
  for (const one of asked.terms) {
    const before = left;
    const having = new Map<string, Posting>();
    const { table, of } = bucketKey(bucketOf(one), 0);
    for (const { value } of await context.store.list(table, of, range)) {
      matchesIn(value, one, (posting) => {
        const name = `${posting.conversation}/${posting.at}`;
        if (before === undefined || before.has(name)) having.set(name, posting);
      });
      await context.breathe();
    }
    left = having;
    if (left.size === 0) return [];
  }
  return [...(left ?? [])].map(([, posting]) => posting);
}

/** Messages that the index does not have yet. */
async function unindexed(
  context: Context,
  asked: Query,
  only: ConversationOwner | undefined,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const owner of only === undefined ? context.owners.all() : [only]) {
    const { ref, nextAt } = conversationOf(owner);
    const range = { from: (context.index.mark(ref)?.upTo ?? 0) + 1, to: nextAt - 1 };
    for await (const rows of readablePages(context.store, ref, range))
      for (const { at, row } of rows) {
        const { text } = row;
        if (matchesText(text, asked)) found.push({ owner, at, arrival: row.arrival ?? 0 });
        if (text.length >= limits.breatheLength) await context.breathe();
      }
  }
  return found;
}
