/**
 * The log of events for durable subscriptions. An event gets its cursor in the same tick in which
 * its batch is passed to the store, so that both have the same order. Nothing is logged without a
 * subscription.
 */
import { limits, SottoError } from "../../base/index.ts";
import type { Log, RowKey, Store, StoreOp } from "../../ports/index.ts";
import { cleanName } from "../../wire/index.ts";
import type { LoggedType, MessengerEvent } from "../model/messenger-api.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import type { Entry, StoreEvent } from "./store-events.ts";

/** A follower as it is kept. */
export interface DurableSubscription {
  readonly name: string;
  /** Everything up to here was acknowledged. */
  readonly cursor: number;
  /** All where absent. */
  readonly types?: readonly LoggedType[];
  /** The contact whose events alone it wants. */
  readonly ref?: string;
}

const entryKey = (cursor: number): RowKey => rowKey("event", "log", cursor);
const followerKey = (slot: number): RowKey => rowKey("event", "followers", slot);

export class EventLog {
  readonly #store: Store;
  readonly #events: EventBus;
  /** By the place of their rows. */
  readonly #followers: Map<number, DurableSubscription>;
  /** Cursor of the oldest entry that is kept, and of the next one. */
  #first: number;
  #next: number;

  private constructor(
    store: Store,
    events: EventBus,
    followers: Map<number, DurableSubscription>,
    { first, next }: { first: number; next: number },
  ) {
    this.#store = store;
    this.#events = events;
    this.#followers = followers;
    this.#first = first;
    this.#next = next;
  }

  static async load(store: Store, events: EventBus): Promise<EventLog> {
    const followers = new Map<number, DurableSubscription>();
    for (const { at, value } of await store.list("event", "followers"))
      followers.set(at, decodeRow<DurableSubscription>(value));
    const [oldest] = await store.list("event", "log", { limit: 1 });
    const [newest] = await store.list("event", "log", { limit: 1, reverse: true });
    const passed = Math.max(0, ...[...followers.values()].map(({ cursor }) => cursor));
    const next = Math.max(newest?.at ?? 0, passed) + 1;
    return new EventLog(store, events, followers, { first: oldest?.at ?? next, next });
  }

  /**
   * Commits a change together with the entries that tell of it.
   * @returns tells the listeners; to be called once the change is taken up in memory.
   */
  async commit(
    ops: readonly StoreOp[],
    happenings: readonly StoreEvent[] = [],
  ): Promise<() => void> {
    const cursors: (number | undefined)[] = [];
    const rows: StoreOp[] = [];
    for (const { entry } of happenings) {
      if (!this.#isWanted(entry)) {
        cursors.push(undefined);
        continue;
      }
      const cursor = this.#next++;
      cursors.push(cursor);
      rows.push(put(entryKey(cursor), encodeRow(entry)));
    }
    for (; this.#next - this.#first > limits.eventLog; this.#first++)
      rows.push(drop(entryKey(this.#first)));
    await this.#store.commit([...ops, ...rows]);
    return () => {
      happenings.forEach(({ event }, i) => {
        const cursor = cursors[i];
        this.#events.emit(cursor === undefined ? event() : { ...event(), cursor });
      });
    };
  }

  followers(): DurableSubscription[] {
    return [...this.#followers.values()];
  }

  /** How many entries lie beyond a follower's cursor. */
  behind({ cursor }: DurableSubscription): number {
    return this.#next - 1 - cursor;
  }

  /** Throws `follower-unknown`. */
  find(name: string): DurableSubscription {
    return this.#seat(name).follower;
  }

  /**
   * A follower of this name follows from now on; one that does already keeps its cursor. Throws
   * `too-many-followers`.
   */
  async follow(follower: Omit<DurableSubscription, "cursor">): Promise<DurableSubscription> {
    const seats = [...this.#followers];
    const known = seats.find(([, { name }]) => name === follower.name);
    if (known === undefined && seats.length >= limits.followers)
      throw new SottoError(
        "too-many-followers",
        `At most ${limits.followers} durable subscriptions are possible.`,
      );
    const slot = known?.[0] ?? Math.max(0, ...this.#followers.keys()) + 1;
    const seated = { ...follower, cursor: known?.[1].cursor ?? this.#next - 1 };
    this.#followers.set(slot, seated);
    await this.#store.commit([put(followerKey(slot), encodeRow(seated))]);
    return seated;
  }

  /** Throws `follower-unknown`. */
  async unfollow(name: string): Promise<void> {
    const { slot } = this.#seat(name);
    this.#followers.delete(slot);
    await this.#store.commit([drop(followerKey(slot))]);
    await this.#prune();
  }

  /** Entries behind `cursor`, oldest first. */
  async entries(
    cursor: number,
    limit: number,
  ): Promise<{ readonly cursor: number; readonly entry: Entry }[]> {
    const rows = await this.#store.list("event", "log", { from: cursor + 1, limit });
    return rows.map(({ at, value }) => ({ cursor: at, entry: decodeRow<Entry>(value) }));
  }

  /**
   * Moves the cursor of a subscription. Throws `follower-unknown`, and `cursor-unknown` for a
   * cursor that was never given out.
   */
  async acknowledge(name: string, cursor: number): Promise<void> {
    const { slot, follower } = this.#seat(name);
    if (cursor >= this.#next)
      throw new SottoError("cursor-unknown", "The event log does not contain this cursor.");
    if (cursor <= follower.cursor) return;
    const moved = { ...follower, cursor };
    this.#followers.set(slot, moved);
    await this.#store.commit([put(followerKey(slot), encodeRow(moved))]);
    await this.#prune();
  }

  wants({ types, ref }: DurableSubscription, entry: Entry): boolean {
    if (types !== undefined && !types.includes(entry.type)) return false;
    return ref === undefined || ("ref" in entry && entry.ref === ref);
  }

  #isWanted(entry: Entry): boolean {
    for (const follower of this.#followers.values()) if (this.wants(follower, entry)) return true;
    return false;
  }

  #seat(typed: string): { readonly slot: number; readonly follower: DurableSubscription } {
    const name = cleanName(typed);
    for (const [slot, follower] of this.#followers)
      if (follower.name === name) return { slot, follower };
    throw new SottoError("follower-unknown", "There is no durable subscription with this name.");
  }

  /** Deletes what every follower has passed, some at a time: others commit in between. */
  async #prune(): Promise<void> {
    for (;;) {
      const passed = Math.min(this.#next - 1, ...this.followers().map(({ cursor }) => cursor));
      const ops: StoreOp[] = [];
      for (; this.#first <= passed && ops.length < limits.pageMessages; this.#first++)
        ops.push(drop(entryKey(this.#first)));
      if (ops.length === 0) return;
      await this.#store.commit(ops);
    }
  }
}

/**
 * Emits events to listeners, after they were committed. A listener that throws does not affect
 * others.
 */
export class EventBus {
  readonly #listeners = new Set<(event: MessengerEvent) => void>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  subscribe(listener: (event: MessengerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: MessengerEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch {
        this.#log("listener-failed", { type: event.type });
      }
    }
  }
}
