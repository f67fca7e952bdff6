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
  bucketOf,
  matchesIn,
  matchesText,
  type Posting,
  parseQuery,
  type Query,
  rangesOf,
} from "../../search/index.ts";
import type { SearchOptions, SearchResult } from "../model/options.ts";
import type { Peer } from "../model/peer.ts";
import { readArrivals } from "../state/arrivals.ts";
import type { Context } from "../state/context.ts";
import { bucketKey } from "../state/index-step.ts";
import { type Place, readableView } from "../state/message-store.ts";
import { readablePages } from "../state/readable-rows.ts";
import { positionOf } from "./arrival-page.ts";

/** Messages of a step that have every term, and which may be among the hits. */
interface Step {
  readonly places: readonly Place[];
  /** The newest batch that is left: messages in it and in older ones come later. */
  readonly left: number;
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
  const peer = from === undefined ? undefined : context.contactStore.find(from);
  await context.index.takeIn();
  const wanted = { asked, before: before ?? Number.MAX_SAFE_INTEGER, most: limit + 1 };
  const order =
    peer === undefined
      ? new ByArrival(context, wanted)
      : await ByPosition.of(context, wanted, peer);
  for await (const { places, left } of steps(context, asked, peer)) {
    await order.take(places, left);
    if (order.found.length >= wanted.most) break;
  }
  const hits = order.found.slice(0, limit).map((message) => ({
    ...{ message, ranges: rangesOf(message.text, asked) },
  }));
  return { hits, more: order.found.length > limit };
}

interface Wanted {
  readonly asked: Query;
  /** Only messages that arrived before this number. */
  readonly before: number;
  /** Messages that are looked for: one more than are shown. */
  readonly most: number;
}

/** Reads places together: each may be the first of its page, which the store reads as a whole. */
async function matching(
  context: Context,
  { asked }: Wanted,
  places: readonly Place[],
): Promise<(MessageView | undefined)[]> {
  const views = await Promise.all(places.map((place) => readableView(context, place)));
  // The index may know words that an edit has taken away.
  return views.map((view) => (view && matchesText(view.text, asked) ? view : undefined));
}

/** Hits of one conversation, in which positions grow with the numbers of arrival. */
class ByPosition {
  readonly found: MessageView[] = [];
  readonly #context: Context;
  readonly #wanted: Wanted;
  readonly #ref: string;
  #waiting: Place[] = [];
  /** Everything from here on was returned. */
  #end: number;

  private constructor(context: Context, wanted: Wanted, ref: string, end: number) {
    this.#context = context;
    this.#wanted = wanted;
    this.#ref = ref;
    this.#end = end;
  }

  static async of(context: Context, wanted: Wanted, peer: Peer): Promise<ByPosition> {
    const end = await positionOf(context, peer, wanted.before);
    return new ByPosition(context, wanted, peer.contact.conversation.ref, end);
  }

  async take(places: readonly Place[], left: number): Promise<void> {
    const floor = await this.#context.index.lastUpTo(this.#ref, left);
    this.#waiting.push(...places);
    const open = this.#waiting
      .filter(({ at }) => at < this.#end && at > floor)
      .sort((a, b) => b.at - a.at);
    this.#waiting = this.#waiting.filter(({ at }) => at <= floor);
    this.#end = Math.min(this.#end, floor + 1);
    while (open.length > 0 && this.found.length < this.#wanted.most) {
      const next = open.splice(0, this.#wanted.most - this.found.length);
      const views = await matching(this.#context, this.#wanted, next);
      this.found.push(...views.filter((view) => view !== undefined));
    }
  }
}

/** Hits of all conversations. */
class ByArrival {
  readonly found: MessageView[] = [];
  readonly #context: Context;
  readonly #wanted: Wanted;
  /** By conversation and position: what may match and was not returned. */
  readonly #waiting = new Map<string, Place>();
  /** Those of them that were read, which arrived below every floor so far. */
  readonly #read = new Map<string, MessageView>();
  /** Everything that arrived from here on was returned. */
  #end: number;

  constructor(context: Context, wanted: Wanted) {
    this.#context = context;
    this.#wanted = wanted;
    this.#end = wanted.before;
  }

  async take(places: readonly Place[], left: number): Promise<void> {
    for (const place of places) this.#waiting.set(nameOf(place), place);
    const floor = Math.min(this.#end - 1, this.#context.index.newestUpTo(left));
    // Where many may match, the first of them are soon found in the order of arrival.
    if (this.#waiting.size > limits.searchReads) await this.#walk(floor);
    else await this.#readAll(floor);
    this.#end = floor + 1;
  }

  /** Goes down the order of arrival, and reads what may match. */
  async #walk(floor: number): Promise<void> {
    const { store, contactStore, breathe } = this.#context;
    for (let to = this.#end - 1; to > floor && this.found.length < this.#wanted.most; ) {
      const range = { from: floor + 1, to, reverse: true, limit: limits.messagePage };
      const arrived = await readArrivals(store, { ...range, onDamage: () => undefined });
      const next = arrived.flatMap(({ ref, at }) => {
        const peer = contactStore.byConversation(ref);
        if (peer === undefined) return [];
        const name = nameOf({ peer, at });
        this.#read.delete(name);
        return this.#waiting.delete(name) ? { peer, at } : [];
      });
      while (next.length > 0 && this.found.length < this.#wanted.most) {
        const some = next.splice(0, this.#wanted.most - this.found.length);
        const views = await matching(this.#context, this.#wanted, some);
        this.found.push(...views.filter((view) => view !== undefined));
      }
      to = arrived.length < limits.messagePage ? floor : (arrived.at(-1)?.number ?? 0) - 1;
      await breathe();
    }
  }

  /** Reads everything that may match; what is below the floor waits for the next step. */
  async #readAll(floor: number): Promise<void> {
    const names = [...this.#waiting.keys()].filter((name) => !this.#read.has(name));
    const places = names.flatMap((name) => this.#waiting.get(name) ?? []);
    const views = await matching(this.#context, this.#wanted, places);
    for (const [i, name] of names.entries()) {
      const view = views[i];
      if (view === undefined) this.#waiting.delete(name);
      else this.#read.set(name, view);
    }
    const above: MessageView[] = [];
    for (const [name, view] of this.#read) {
      const arrival = view.arrival ?? 0;
      if (arrival <= floor) continue;
      this.#waiting.delete(name);
      this.#read.delete(name);
      if (arrival < this.#end) above.push(view);
    }
    this.found.push(...above.sort((a, b) => (b.arrival ?? 0) - (a.arrival ?? 0)));
  }
}

function nameOf({ peer, at }: Place): string {
  return `${peer.contact.conversation.ref}/${at}`;
}

/** What may match: first of what is not indexed, then of the index, newest batches first. */
async function* steps(
  context: Context,
  asked: Query,
  only: Peer | undefined,
): AsyncGenerator<Step> {
  const { index, contactStore } = context;
  const { batches } = index;
  yield { places: await unindexed(context, asked, only), left: batches };
  const numbers = new Map<number, Peer>();
  for (const peer of only === undefined ? contactStore.peers() : [only]) {
    const mark = index.mark(peer.contact.conversation.ref);
    if (mark !== undefined) numbers.set(mark.conversation, peer);
  }
  for (let to = batches; to >= 1; to -= limits.searchRows) {
    const from = Math.max(1, to - limits.searchRows + 1);
    const places: Place[] = [];
    for (const { conversation, at } of await answering(context, asked, from, to)) {
      const peer = numbers.get(conversation);
      if (peer !== undefined) places.push({ peer, at });
    }
    yield { places, left: from - 1 };
  }
}

/** Messages of a few batches that have every term of the query. */
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

/** Messages that the index does not have yet. */
async function unindexed(context: Context, asked: Query, only: Peer | undefined): Promise<Place[]> {
  const found: Place[] = [];
  for (const peer of only === undefined ? context.contactStore.peers() : [only]) {
    const { ref, nextAt } = peer.contact.conversation;
    const range = { from: (context.index.mark(ref)?.upTo ?? 0) + 1, to: nextAt - 1 };
    for await (const rows of readablePages(context.store, ref, range))
      for (const { at, row } of rows) {
        const { text } = row;
        if (matchesText(text, asked)) found.push({ peer, at });
        if (text.length >= limits.breatheLength) await context.breathe();
      }
  }
  return found;
}
