/**
 * The stored search index. Messages are indexed in small steps, so that neither writing one nor
 * indexing many delays anything else; those that are not indexed yet are read by a search. A batch
 * has one row for each bucket of terms and grows until it is full, so a search reads one row for
 * each term and batch.
 */
import { type KeyedMutex, limits } from "../../base/index.ts";
import type { Log, RowKey, Store, StoreOp } from "../../ports/index.ts";
import {
  BUCKETS,
  decodeArrivals,
  encodeArrivals,
  TERMS_VERSION,
  withoutPostings,
} from "../../search/index.ts";
import { conversationOf } from "../model/owner.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import { arrivalsKey, bucketKey, emptyIndex, type IndexState, IndexStep } from "./index-step.ts";
import type { Owners } from "./owners.ts";
import { readableRows } from "./readable-rows.ts";

/** How far a conversation is indexed. */
interface Mark {
  readonly ref: string;
  /** Names the conversation in the index. */
  readonly conversation: number;
  /** Every message up to this position is indexed. */
  readonly upTo: number;
  /** The batch of the messages after the last part that was stored. */
  readonly batch: number;
}

/** Part of a conversation: messages from its row's position on, up to the next part. */
interface Part {
  readonly batch: number;
}

/** Messages of a conversation that are indexed next. */
interface PageRange extends Pick<Mark, "ref" | "conversation"> {
  readonly from: number;
  readonly to: number;
}

/** A message that was deleted, or has another text now. */
export interface Forgotten {
  readonly ref: string;
  readonly at: number;
  /** The text that it had. */
  readonly text: string;
  /** The text that it has from now on; absent where it has none. */
  readonly now?: string;
  /** Its number of arrival. */
  readonly arrival?: number;
}

/** The lock of everything that changes the index. */
const LOCK = "search";
export const searchState: RowKey = rowKey("meta", "search");

/** What the index works on, of the node's context. */
interface Parts {
  readonly store: Store;
  readonly owners: Pick<Owners, "all">;
  readonly breathe: () => Promise<void>;
  readonly locks: KeyedMutex<string>;
  readonly stopping: { readonly now: boolean };
  readonly log: Log;
}

export class SearchIndex {
  readonly #context: Parts;
  readonly #marks = new Map<string, Mark>();
  #state = emptyIndex;
  #loading: Promise<void> | undefined;
  #indexing: Promise<void> | undefined;
  /** Messages that were stored since the last check, and characters of those not indexed. */
  #stored = 0;
  #waitingLength = 0;

  constructor(context: Parts) {
    this.#context = context;
  }

  /** Reads the marks, once; where that fails, again when they are next needed. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    const { store } = this.#context;
    const bytes = await store.get(searchState);
    const state = bytes === undefined ? emptyIndex : decodeRow<IndexState>(bytes);
    if (state.terms !== TERMS_VERSION) return this.#discard();
    this.#state = state;
    for (const bytes of await store.all("search-mark")) {
      const mark = decodeRow<Mark>(bytes);
      this.#marks.set(mark.ref, mark);
    }
  }

  /**
   * Deletes the index, which is then built again: it has terms of another version. The state comes
   * last, so that a node that stops before that begins again.
   */
  async #discard(): Promise<void> {
    const { store, owners } = this.#context;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const { table, of } = bucketKey(bucket, 0);
      const found = await store.list(table, of);
      await store.commit(found.map(({ at }) => drop(bucketKey(bucket, at))));
    }
    const { table, of } = arrivalsKey(0);
    const arrivals = await store.list(table, of);
    await store.commit(arrivals.map(({ at }) => drop(arrivalsKey(at))));
    const ops: StoreOp[] = [put(searchState, encodeRow(emptyIndex))];
    for (const owner of owners.all()) {
      const { ref } = conversationOf(owner);
      const parts = await store.list("search-part", ref);
      ops.push(drop(markKey(ref)), ...parts.map(({ at }) => drop(partKey(ref, at))));
    }
    await store.commit(ops);
  }

  get batches(): number {
    return this.#state.batches;
  }

  /** The greatest number of arrival in the batches up to this one; 0 where there are none. */
  newestUpTo(batch: number): number {
    return Math.max(0, ...this.#state.newest.slice(0, batch));
  }

  mark(ref: string): Mark | undefined {
    return this.#marks.get(ref);
  }

  /** Messages that are not in the index yet. */
  waiting(): number {
    const places = this.#context.owners
      .all()
      .map(conversationOf)
      .map(({ ref, nextAt }) => nextAt - 1 - (this.mark(ref)?.upTo ?? 0));
    return places.reduce((sum, count) => sum + count, 0);
  }

  /** A message was stored: indexes messages once enough of them wait. */
  stored(text: string): void {
    this.#stored += 1;
    this.#waitingLength += text.length;
    if (this.#stored < limits.searchWaiting && this.#waitingLength < limits.searchWaitingLength)
      return;
    this.#stored = 0;
    this.takeIn().catch(() => this.#context.log("search-failed"));
  }

  #isDue(): boolean {
    const waiting = this.waiting();
    if (waiting === 0) this.#waitingLength = 0;
    return waiting >= limits.searchWaiting || this.#waitingLength >= limits.searchWaitingLength;
  }

  /** Indexes what waits, until so little is left that a search reads it quickly. */
  async takeIn(): Promise<void> {
    this.#indexing ??= this.#takeInAll().finally(() => {
      this.#indexing = undefined;
    });
    return this.#indexing;
  }

  async #takeInAll(): Promise<void> {
    await this.load();
    const { locks, stopping, breathe } = this.#context;
    while (!stopping.now && this.#isDue()) {
      await locks.run(LOCK, () => this.#takeInSome());
      await breathe();
    }
  }

  /** One step: as many messages as fit its bounds and the batch, and at least one. */
  async #takeInSome(): Promise<void> {
    const { store, owners, breathe } = this.#context;
    const step = new IndexStep(this.#state, breathe);
    const ops: StoreOp[] = [];
    const marks: Mark[] = [];
    for (const owner of owners.all()) {
      const { ref, nextAt } = conversationOf(owner);
      const before = this.mark(ref);
      if (owner.removed || (before?.upTo ?? 0) + 1 >= nextAt) continue;
      if (step.isFull) break;
      const conversation = before?.conversation ?? step.newConversation();
      const { batch } = step;
      let upTo = before?.upTo ?? 0;
      if (before?.batch !== batch) ops.push(put(partKey(ref, upTo + 1), encodeRow({ batch })));
      while (upTo < nextAt - 1 && !step.isFull)
        upTo = await this.#takeInPage(step, { ref, conversation, from: upTo + 1, to: nextAt - 1 });
      marks.push({ ref, conversation, upTo, batch });
    }
    for (const mark of marks) ops.push(put(markKey(mark.ref), encodeRow(mark)));
    ops.push(...(await step.ops(store)), put(searchState, encodeRow(step.state)));
    await store.commit(ops);
    this.#state = step.state;
    this.#waitingLength = Math.max(0, this.#waitingLength - step.length);
    for (const mark of marks) this.#marks.set(mark.ref, mark);
  }

  /** Indexes messages of a conversation. @returns the position up to which it is indexed then. */
  async #takeInPage(step: IndexStep, { ref, conversation, from, to }: PageRange): Promise<number> {
    const limit = limits.messagePage;
    const rows = await readableRows(this.#context.store, ref, { from, to, limit });
    for (const [i, { at, row }] of rows.entries()) {
      await step.add({ conversation, at }, row.text, row.arrival ?? 0);
      if (step.isFull && i < rows.length - 1) return at;
    }
    return rows.length < limit ? to : (rows.at(-1)?.at ?? to);
  }

  /**
   * Runs `commit` with the operations that remove the terms of these messages from the index and
   * add those of their new texts, for the batch that changes the messages themselves. The cost
   * depends on the terms of the messages, not on the size of the index. May be called under an
   * owner's lock.
   */
  async forget<Result>(
    messages: readonly Forgotten[],
    commit: (ops: readonly StoreOp[]) => Promise<Result>,
  ): Promise<Result> {
    await this.load();
    return this.#context.locks.run(LOCK, async () => {
      const { store, breathe } = this.#context;
      const step = new IndexStep(this.#state, breathe);
      /** Parts that change, by their names. */
      const parts = new Map<string, StoreOp>();
      for (const { ref, at, text, now, arrival = 0 } of messages) {
        const mark = this.mark(ref);
        if (mark === undefined || at > mark.upTo) continue;
        const posting = { conversation: mark.conversation, at };
        const batch = await this.#batchOf(ref, at);
        if (batch !== undefined) await step.remove(batch, posting, text);
        if (now === undefined) continue;
        // The batch of the message may be full, so the new text goes into the newest one.
        const next = partKey(ref, at + 1);
        if (!parts.has(nameOf(next)) && (await store.get(next)) === undefined)
          parts.set(nameOf(next), put(next, encodeRow({ batch: batch ?? step.batch })));
        const own = partKey(ref, at);
        parts.set(nameOf(own), put(own, encodeRow({ batch: step.batch })));
        await step.add(posting, now, arrival);
      }
      const ops = [...(await step.ops(store)), ...parts.values()];
      if (ops.length > 0) ops.push(put(searchState, encodeRow(step.state)));
      const result = await commit(ops);
      if (ops.length > 0) this.#state = step.state;
      return result;
    });
  }

  /** The batch that an indexed message is in. */
  async #batchOf(ref: string, at: number): Promise<number | undefined> {
    const options = { to: at, reverse: true, limit: 1 };
    const [part] = await this.#context.store.list("search-part", ref, options);
    return part && decodeRow<Part>(part.value).batch;
  }

  /** Runs `commit` with the operations that remove a whole conversation from the index. */
  async forgetAll<Result>(
    ref: string,
    commit: (ops: readonly StoreOp[]) => Promise<Result>,
  ): Promise<Result> {
    await this.load();
    const mark = this.mark(ref);
    if (mark === undefined) return commit([]);
    return this.#context.locks.run(LOCK, async () => {
      const { store, breathe } = this.#context;
      const parts = await store.list("search-part", ref);
      const batches = new Set(parts.map(({ value }) => decodeRow<Part>(value).batch));
      const ops = parts.map(({ at }) => drop(partKey(ref, at)));
      for (const batch of batches) {
        const arrivals = decodeArrivals((await store.get(arrivalsKey(batch))) ?? new Uint8Array());
        arrivals.delete(mark.conversation);
        const others = encodeArrivals(arrivals);
        const key = arrivalsKey(batch);
        ops.push(others.length === 0 ? drop(key) : { ...put(key, others), shreds: true });
        for (let bucket = 0; bucket < BUCKETS; bucket++) {
          const key = bucketKey(bucket, batch);
          const row = await store.get(key);
          if (row === undefined) continue;
          const { conversation } = mark;
          const left = withoutPostings(row, (posting) => posting.conversation === conversation);
          if (left === undefined) ops.push(drop(key));
          else if (left !== row) ops.push({ ...put(key, left), shreds: true });
          if (bucket % limits.searchRows === 0) await breathe();
        }
      }
      const result = await commit([...ops, drop(markKey(ref))]);
      this.#marks.delete(ref);
      return result;
    });
  }
}

function nameOf({ of, at }: RowKey): string {
  return `${of}/${at}`;
}

function markKey(ref: string): RowKey {
  return rowKey("search-mark", ref);
}

function partKey(ref: string, from: number): RowKey {
  return rowKey("search-part", ref, from);
}
