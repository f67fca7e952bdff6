/**
 * The stored search index. Messages are indexed some at a time, so that writing one costs nothing;
 * those that are not indexed yet are read whole by a search. A batch has one row in each part of
 * the index and grows until it is full, so a search reads one row for each term and batch.
 */
import { type KeyedMutex, limits } from "../../base/index.ts";
import type { Log, RowKey, Store, StoreOp } from "../../ports/index.ts";
import {
  addTerms,
  BUCKETS,
  bucketOf,
  type Posting,
  TERMS_VERSION,
  type TermRows,
  termsOf,
  withoutPostings,
  withPostings,
} from "../../search/index.ts";
import type { MessageRow } from "../model/message.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import type { ContactStore } from "./contact-store.ts";

/** How far the index has come with one conversation. */
interface Mark {
  readonly ref: string;
  /** What names the conversation in the index. */
  readonly conversation: number;
  /** Every message up to this place was taken in. */
  readonly upTo: number;
}

/** How the whole index stands. */
interface Kept {
  /** Batches so far, of which the last one may still grow. */
  readonly batches: number;
  /** Messages in the last one. */
  readonly filled: number;
  /** Conversations that were given a number. */
  readonly conversations: number;
  /** Version of the terms in it. */
  readonly terms: string;
}

const EMPTY: Kept = {
  batches: 0,
  filled: limits.searchBatch,
  conversations: 0,
  terms: TERMS_VERSION,
};

/** A message that was deleted, or has another text now. */
export interface Forgotten {
  readonly ref: string;
  readonly at: number;
  /** The text that it had. */
  readonly text: string;
  /** The text that it has from now on; absent where it has none. */
  readonly now?: string;
}

/** The turn of everything that changes the index. */
const TURN = "search";
/** Where the index keeps how it stands. */
export const searchState: RowKey = rowKey("meta", "search");

export function partOf(bucket: number): string {
  return String(bucket);
}

/** What the index works on, of the node's context. */
interface Parts {
  readonly store: Store;
  readonly contactStore: ContactStore;
  readonly locks: KeyedMutex<string>;
  readonly stopping: { readonly now: boolean };
  readonly log: Log;
}

export class SearchIndex {
  readonly #context: Parts;
  readonly #marks = new Map<string, Mark>();
  #kept = EMPTY;
  #loading: Promise<void> | undefined;
  #told = 0;

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
    const kept = bytes === undefined ? EMPTY : decodeRow<Kept>(bytes);
    if (kept.terms !== TERMS_VERSION) return this.#discard();
    this.#kept = kept;
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
    const { store, contactStore } = this.#context;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const part = partOf(bucket);
      const found = await store.list("search", part);
      await store.commit(found.map(({ at }) => drop(rowKey("search", part, at))));
    }
    const marks = contactStore
      .peers()
      .map(({ contact }) => drop(markKey(contact.conversation.ref)));
    await store.commit([...marks, put(searchState, encodeRow(EMPTY))]);
  }

  get batches(): number {
    return this.#kept.batches;
  }

  mark(ref: string): Mark | undefined {
    return this.#marks.get(ref);
  }

  /** Messages that are not in the index yet. */
  waiting(): number {
    const places = this.#context.contactStore
      .peers()
      .map(({ contact }) => contact.conversation)
      .map(({ ref, nextAt }) => nextAt - 1 - (this.mark(ref)?.upTo ?? 0));
    return places.reduce((sum, count) => sum + count, 0);
  }

  /** A message was written: takes messages in once enough are waiting. */
  told(): void {
    if (++this.#told < limits.searchWaiting) return;
    this.#told = 0;
    this.takeIn().catch(() => this.#context.log("search-failed"));
  }

  /** Takes in what waits, until only a few are left that are quickly read through. */
  async takeIn(): Promise<void> {
    await this.load();
    const { locks, stopping } = this.#context;
    while (!stopping.now && this.waiting() >= limits.searchWaiting)
      await locks.run(TURN, () => this.#takeInSome());
  }

  async #takeInSome(): Promise<void> {
    const { store, contactStore } = this.#context;
    const fresh = this.#kept.filled >= limits.searchBatch;
    const batches = this.#kept.batches + Number(fresh);
    const before = fresh ? 0 : this.#kept.filled;
    let { conversations } = this.#kept;
    let room = limits.searchBatch - before;
    const rows: TermRows = new Map();
    const marks: Mark[] = [];
    for (const { contact, removed } of contactStore.peers()) {
      const { ref, nextAt } = contact.conversation;
      const mark = this.mark(ref);
      const from = (mark?.upTo ?? 0) + 1;
      const to = Math.min(nextAt - 1, from + room - 1);
      if (removed || to < from) continue;
      const conversation = mark?.conversation ?? ++conversations;
      for (const { at, value } of await store.list("message", ref, { from, to }))
        addTerms(rows, { conversation, at }, decodeRow<MessageRow>(value).text);
      marks.push({ ref, conversation, upTo: to });
      room -= to - from + 1;
      if (room <= 0) break;
    }
    const filled = limits.searchBatch - room;
    const kept: Kept = { batches, filled, conversations, terms: TERMS_VERSION };
    const ops: StoreOp[] = [put(searchState, encodeRow(kept))];
    for (const [bucket, words] of rows) {
      const key = rowKey("search", partOf(bucket), batches);
      ops.push(put(key, withPostings(fresh ? undefined : await store.get(key), words)));
    }
    for (const mark of marks) ops.push(put(markKey(mark.ref), encodeRow(mark)));
    await store.commit(ops);
    this.#kept = kept;
    for (const mark of marks) this.#marks.set(mark.ref, mark);
  }

  /**
   * Runs `commit` with what takes the words of these messages out of the index, and puts those of
   * their new texts in, to go into the batch that changes the messages themselves. May be called
   * inside a contact's turn.
   */
  async forget<Result>(
    messages: readonly Forgotten[],
    commit: (ops: readonly StoreOp[]) => Promise<Result>,
  ): Promise<Result> {
    await this.load();
    return this.#context.locks.run(TURN, async () => {
      const gone = new Set<string>();
      const buckets = new Set<number>();
      const fresh: TermRows = new Map();
      for (const { ref, at, text, now } of messages) {
        const mark = this.mark(ref);
        if (mark === undefined || at > mark.upTo) continue;
        const posting = { conversation: mark.conversation, at };
        gone.add(nameOf(posting));
        for (const word of termsOf(text)) buckets.add(bucketOf(word));
        if (now !== undefined) addTerms(fresh, posting, now);
      }
      const changed = await this.#without(buckets, (posting) => gone.has(nameOf(posting)));
      for (const [bucket, words] of fresh) await this.#with(changed, bucket, words);
      return commit(opsOf(changed));
    });
  }

  /** Runs `commit` with what takes a whole conversation out of the index. */
  async forgetAll<Result>(
    ref: string,
    commit: (ops: readonly StoreOp[]) => Promise<Result>,
  ): Promise<Result> {
    await this.load();
    const mark = this.mark(ref);
    if (mark === undefined) return commit([]);
    return this.#context.locks.run(TURN, async () => {
      const all = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
      const changed = await this.#without(
        all,
        ({ conversation }) => conversation === mark.conversation,
      );
      const result = await commit([...opsOf(changed), drop(markKey(ref))]);
      this.#marks.delete(ref);
      return result;
    });
  }

  async #without(buckets: Iterable<number>, gone: (posting: Posting) => boolean): Promise<Changed> {
    const changed: Changed = new Map();
    for (const bucket of buckets)
      for (const { at, value } of await this.#context.store.list("search", partOf(bucket))) {
        const left = withoutPostings(value, gone);
        const key = rowKey("search", partOf(bucket), at);
        if (left !== value) changed.set(`${bucket}/${at}`, { key, row: left });
      }
    return changed;
  }

  /** Adds words to the newest batch's row, as it is after the changes so far. */
  async #with(
    changed: Changed,
    bucket: number,
    words: ReadonlyMap<string, readonly Posting[]>,
  ): Promise<void> {
    const name = `${bucket}/${this.batches}`;
    const key = rowKey("search", partOf(bucket), this.batches);
    const before = changed.has(name) ? changed.get(name)?.row : await this.#context.store.get(key);
    changed.set(name, { key, row: withPostings(before, words) });
  }
}

/** Rows of the index as they are to be; `undefined` where nothing is left of one. */
type Changed = Map<string, { readonly key: RowKey; readonly row: Uint8Array | undefined }>;

function opsOf(changed: Changed): StoreOp[] {
  return [...changed.values()].map(({ key, row }) =>
    row === undefined ? drop(key) : { ...put(key, row), shreds: true },
  );
}

function nameOf({ conversation, at }: Posting): string {
  return `${conversation}/${at}`;
}

function markKey(ref: string) {
  return rowKey("search-mark", ref);
}
