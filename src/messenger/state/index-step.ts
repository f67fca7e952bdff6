/**
 * One step of the search index: the postings that its rows lose and gain in one commit, and the
 * state after it. A row has the terms of one bucket in one batch of messages.
 */
import { limits } from "../../base/index.ts";
import type { RowKey, Store, StoreOp } from "../../ports/index.ts";
import {
  bucketOf,
  changePostings,
  decodeArrivals,
  encodeArrivals,
  noteArrival,
  type Posting,
  TERMS_VERSION,
  termsOf,
} from "../../search/index.ts";
import { drop, put, rowKey } from "../model/rows.ts";

/** How far the whole index is. */
export interface IndexState {
  /** Batches so far; only the last one grows. */
  readonly batches: number;
  /** Messages in the last one. */
  readonly filled: number;
  /** Postings in the last one. */
  readonly postings: number;
  /** Conversations that have a number. */
  readonly conversations: number;
  /**
   * The greatest number of arrival of each batch, the first batch first: no message in it arrived
   * later. Messages that it had may be gone.
   */
  readonly newest: readonly number[];
  /** Version of the terms in it. */
  readonly terms: string;
}

export const emptyIndex: IndexState = {
  batches: 0,
  // The first message opens the first batch.
  filled: limits.searchBatch,
  postings: 0,
  conversations: 0,
  newest: [],
  terms: TERMS_VERSION,
};

/** The row of a bucket in a batch. */
export function bucketKey(bucket: number, batch: number): RowKey {
  return rowKey("search", String(bucket), batch);
}

/** The row that says when the messages of a batch arrived. */
export function arrivalsKey(batch: number): RowKey {
  return rowKey("search", "arrivals", batch);
}

/** The terms of a message that are indexed: the first `limits.messageTerms` different ones. */
function indexedTerms(text: string): string[] {
  return [...termsOf(text)].slice(0, limits.messageTerms);
}

/** Messages that a batch loses and gains. */
interface BatchChange {
  readonly removed: Posting[];
  readonly added: { readonly posting: Posting; readonly arrival: number }[];
}

interface RowChange {
  readonly key: RowKey;
  readonly removed: Map<string, Posting[]>;
  readonly added: Map<string, Posting[]>;
}

export class IndexStep {
  readonly #breathe: () => Promise<void>;
  readonly #rows = new Map<string, RowChange>();
  readonly #batches = new Map<number, BatchChange>();
  readonly #postingsBefore: number;
  #state: IndexState;
  #length = 0;
  #breathedAt = 0;

  /** @param breathe lets other work run; called after each `limits.breatheLength` characters. */
  constructor(before: IndexState, breathe: () => Promise<void>) {
    this.#breathe = breathe;
    const { batches, filled, postings } = before;
    const full = filled >= limits.searchBatch || postings >= limits.searchPostings;
    this.#state = full
      ? {
          ...before,
          ...{ batches: batches + 1, filled: 0, postings: 0, newest: [...before.newest, 0] },
        }
      : before;
    this.#postingsBefore = this.#state.postings;
  }

  get state(): IndexState {
    return this.#state;
  }

  /** The batch that messages are added to. */
  get batch(): number {
    return this.#state.batches;
  }

  /** Characters of the texts that were added or removed. */
  get length(): number {
    return this.#length;
  }

  /** Whether no more messages should be added, by the bounds of a step or of its batch. */
  get isFull(): boolean {
    const { filled, postings } = this.#state;
    return (
      filled >= limits.searchBatch ||
      postings >= limits.searchPostings ||
      postings - this.#postingsBefore >= limits.searchStepPostings ||
      this.#length >= limits.searchStepLength
    );
  }

  /** The number of a conversation that had none. */
  newConversation(): number {
    const conversations = this.#state.conversations + 1;
    this.#state = { ...this.#state, conversations };
    return conversations;
  }

  /**
   * Adds a message to the batch.
   * @param arrival its number of arrival.
   */
  async add(posting: Posting, text: string, arrival: number): Promise<void> {
    const terms = indexedTerms(text);
    for (const term of terms) append(this.#row(this.batch, term).added, term, posting);
    this.#batchOf(this.batch).added.push({ posting, arrival });
    const { filled, postings, newest } = this.#state;
    const last = Math.max(arrival, newest[this.batch - 1] ?? 0);
    this.#state = {
      ...this.#state,
      filled: filled + 1,
      postings: postings + terms.length,
      newest: last === newest[this.batch - 1] ? newest : newest.with(this.batch - 1, last),
    };
    await this.#count(text);
  }

  /** Removes a message from the batch that it is in. */
  async remove(batch: number, posting: Posting, text: string): Promise<void> {
    const terms = indexedTerms(text);
    for (const term of terms) append(this.#row(batch, term).removed, term, posting);
    this.#batchOf(batch).removed.push(posting);
    if (batch === this.batch) {
      const postings = Math.max(0, this.#state.postings - terms.length);
      this.#state = { ...this.#state, postings };
    }
    await this.#count(text);
  }

  async #count(text: string): Promise<void> {
    this.#length += text.length;
    if (this.#length - this.#breathedAt < limits.breatheLength) return;
    this.#breathedAt = this.#length;
    await this.#breathe();
  }

  #batchOf(batch: number): BatchChange {
    const change = this.#batches.get(batch) ?? { removed: [], added: [] };
    this.#batches.set(batch, change);
    return change;
  }

  #row(batch: number, term: string): RowChange {
    const key = bucketKey(bucketOf(term), batch);
    const name = `${key.of}/${batch}`;
    const row = this.#rows.get(name) ?? { key, removed: new Map(), added: new Map() };
    this.#rows.set(name, row);
    return row;
  }

  /** Reads the rows and makes the operations that change them; rows that lose terms shred. */
  async ops(store: Store): Promise<StoreOp[]> {
    const ops: StoreOp[] = [];
    let done = 0;
    for (const { key, removed, added } of this.#rows.values()) {
      const row = (await store.get(key)) ?? new Uint8Array(0);
      const next = changePostings(row, removed, added);
      if (next === undefined && row.length > 0) ops.push(drop(key));
      else if (next !== undefined && next !== row)
        ops.push({ ...put(key, next), ...(removed.size > 0 && { shreds: true as const }) });
      done += 1;
      if (done % limits.searchRows === 0) await this.#breathe();
    }
    for (const [batch, change] of this.#batches)
      ops.push(await changeArrivals(store, batch, change));
    return ops;
  }
}

function append(postings: Map<string, Posting[]>, term: string, posting: Posting): void {
  const before = postings.get(term);
  if (before === undefined) postings.set(term, [posting]);
  else before.push(posting);
}

/** The operation that changes which messages of a batch arrived when. */
async function changeArrivals(
  store: Store,
  batch: number,
  { removed, added }: BatchChange,
): Promise<StoreOp> {
  const key = arrivalsKey(batch);
  const arrivals = decodeArrivals((await store.get(key)) ?? new Uint8Array(0));
  for (const { conversation, at } of removed) arrivals.get(conversation)?.delete(at);
  for (const { posting, arrival } of added) noteArrival(arrivals, posting, arrival);
  const row = encodeArrivals(arrivals);
  if (row.length === 0) return drop(key);
  return { ...put(key, row), ...(removed.length > 0 && { shreds: true as const }) };
}
