/**
 * Finds messages by their words: first those that are not in the index yet, then the index, newest
 * first.
 */
import { limits, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import {
  bucketOf,
  matchesIn,
  matchesText,
  type Posting,
  parseQuery,
  type Query,
} from "../../search/index.ts";
import { storedAt } from "../model/message.ts";
import type { SearchOptions, SearchResult } from "../model/options.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import { bucketKey } from "../state/index-step.ts";
import { type Place, readableView } from "../state/message-store.ts";
import { readablePages } from "../state/readable-rows.ts";

/** See `Messenger.search`. Throws `search-empty` where the question has no word, or too many. */
export async function search(
  context: Context,
  question: string,
  { from, limit }: SearchOptions,
): Promise<SearchResult> {
  const asked = parseQuery(question);
  const count = asked.words.length + asked.runs.length;
  if (count === 0 || count > limits.searchTerms)
    throw new SottoError(
      "search-empty",
      count === 0 ? "The search contains no word." : "The search contains too many words.",
    );
  const peer = from === undefined ? undefined : context.contactStore.find(from);
  await context.index.takeIn();
  const found: MessageView[] = [];
  const full = (): boolean => found.length > limit;
  // Together: each may be the first of its page, which the store reads as a whole.
  let next: Place[] = [];
  const read = async (): Promise<void> => {
    // The index may know words that an edit has taken away.
    for (const shown of await Promise.all(next.map((place) => readableView(context, place))))
      if (shown !== undefined && matchesText(shown.text, asked)) found.push(shown);
    next = [];
  };
  for await (const place of places(context, asked, peer)) {
    next.push(place);
    if (found.length + next.length > limit) await read();
    if (full()) break;
  }
  await read();
  found.sort((a, b) => b.storedAt - a.storedAt);
  return { messages: found.slice(0, limit), more: full() };
}

async function* places(
  context: Context,
  asked: Query,
  only: Peer | undefined,
): AsyncGenerator<Place> {
  yield* await unindexed(context, asked, only);
  const numbers = new Map<number, Peer>();
  for (const peer of only === undefined ? context.contactStore.peers() : [only]) {
    const mark = context.index.mark(peer.contact.conversation.ref);
    if (mark !== undefined) numbers.set(mark.conversation, peer);
  }
  for (let to = context.index.batches; to >= 1; to -= limits.searchRows) {
    const from = Math.max(1, to - limits.searchRows + 1);
    for (const { conversation, at } of await answering(context, asked, from, to)) {
      const peer = numbers.get(conversation);
      if (peer !== undefined) yield { peer, at };
    }
  }
}

/** Messages of a few batches that have every term of the query, newest batch first. */
async function answering(
  context: Context,
  asked: Query,
  from: number,
  to: number,
): Promise<Posting[]> {
  let left: Map<string, Posting> | undefined;
  for (const one of asked.terms) {
    const before = left;
    const having = new Map<string, Posting>();
    const { table, of } = bucketKey(bucketOf(one), 0);
    for (const { value } of await context.store.list(table, of, { from, to, reverse: true })) {
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

/** Messages that the index does not have yet, newest first. */
async function unindexed(context: Context, asked: Query, only: Peer | undefined): Promise<Place[]> {
  const found: (Place & { readonly since: number })[] = [];
  for (const peer of only === undefined ? context.contactStore.peers() : [only]) {
    const { ref, nextAt } = peer.contact.conversation;
    const range = { from: (context.index.mark(ref)?.upTo ?? 0) + 1, to: nextAt - 1 };
    for await (const rows of readablePages(context.store, ref, range))
      for (const { at, row } of rows) {
        const { text } = row;
        if (matchesText(text, asked)) found.push({ peer, at, since: storedAt(row) });
        if (text.length >= limits.breatheLength) await context.breathe();
      }
  }
  return found.sort((a, b) => b.since - a.since);
}
