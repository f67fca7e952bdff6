/**
 * Messages of one conversation as the batch at hand will leave them. Every row that a batch reads
 * or changes goes through here, so that two changes of one message build on each other.
 */
import { limits, type MessageId } from "../../base/index.ts";
import type { MemberId } from "../../group/index.ts";
import type { MessageChange } from "../../model/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import type { Conversation } from "../model/conversation.ts";
import { isSettled } from "../model/delivery-state.ts";
import { type MessagePlace, type MessageRow, messageKey, placeKey } from "../model/message.ts";
import { PENDING } from "../model/order.ts";
import { type ConversationOwner, conversationOf, type OwnerChange } from "../model/owner.ts";
import { lineOf, rankOf } from "../model/position.ts";
import { bytesOf, decodeRow, encodeRow, put } from "../model/rows.ts";
import { type Arrivals, putArrival } from "./arrivals.ts";
import { changedRow } from "./change-contact.ts";
import type { Context } from "./context.ts";
import { conversationDiffers, type LastMessage, lastDiffers } from "./conversations.ts";
import type { Started } from "./expiry-timers.ts";
import { linesAt, type Move, moveLines } from "./order-index.ts";
import type { Forgotten } from "./search-index.ts";
import {
  conversationEvent,
  messageChangedEvent,
  messageEvent,
  messageRemovedEvent,
  type StoreEvent,
} from "./store-events.ts";

/**
 * What became of a message: it is new, came further, was reacted to, its text was replaced, it goes
 * under another number; or the delivery of an action of ours on it has ended, which changes no row.
 */
export type Change = "new" | "state" | "reaction" | "text" | "number" | "reached";

export class MessageBatch {
  readonly #store: Store;
  readonly #ref: string;
  /** The greatest Lamport value when the batch was begun. */
  readonly #greatest: number;
  readonly #rows = new Map<number, { readonly row: MessageRow; readonly kinds: Set<Change> }>();
  /** Rows as they are in the store, of messages that were read through here. */
  readonly #before = new Map<number, MessageRow>();
  /** Bytes of the rows that its commit wrote. */
  written = 0;
  readonly #places = new Map<MessageId, number>();

  constructor(store: Store, { ref, lamport }: Pick<Conversation, "ref" | "lamport">) {
    this.#store = store;
    this.#ref = ref;
    this.#greatest = lamport;
  }

  /** The message at a position, if the batch changed it already. */
  changed(at: number): MessageRow | undefined {
    return this.#rows.get(at)?.row;
  }

  /** The message at a position. */
  async row(at: number): Promise<MessageRow | undefined> {
    const changed = this.changed(at);
    if (changed !== undefined) return changed;
    const bytes = await this.#store.get(messageKey(this.#ref, at));
    const row = bytes && decodeRow<MessageRow>(bytes);
    if (row !== undefined) this.#before.set(at, row);
    return row;
  }

  /** Where the message of this id stands, if it is in this conversation. */
  async place(id: MessageId): Promise<number | undefined> {
    const fresh = this.#places.get(id);
    if (fresh !== undefined) return fresh;
    const bytes = await this.#store.get(placeKey(this.#ref, id));
    return bytes && decodeRow<MessagePlace>(bytes).at;
  }

  /**
   * Whether a conversation shows no more lines with this Lamport value; in a group, no more of an
   * author, since members that write at one time may all use it.
   */
  async isCrowded(lamport: number, author?: MemberId): Promise<boolean> {
    const lines = await linesAt(this.#store, this.#ref, lamport);
    const places = new Set([
      ...lines.map(({ at }) => at),
      ...this.list().flatMap(({ at, row, kinds }) =>
        kinds.has("new") && row.lamport === lamport ? [at] : [],
      ),
    ]);
    if (places.size < limits.lamportLines || author === undefined)
      return places.size >= limits.lamportLines;
    let theirs = 0;
    for (const at of places) if ((await this.row(at))?.author === author) theirs++;
    return theirs >= limits.lamportLines;
  }

  set(at: number, row: MessageRow, kind: Change): void {
    const kinds = this.#rows.get(at)?.kinds ?? new Set();
    this.#rows.set(at, { row: this.#ordered(row), kinds: kinds.add(kind) });
    if (kind === "new") this.#places.set(row.id, at);
  }

  /** A message that was not sealed and never will be stays after what it was written after. */
  #ordered(row: MessageRow): MessageRow {
    const { state, lamport, after } = row;
    const settled = state === "failed" || state === "cancelled";
    if (!settled || lamport !== PENDING || after !== undefined) return row;
    return { ...row, after: this.#greatest };
  }

  /** The rows changed so far, oldest first. */
  list(): { readonly at: number; readonly row: MessageRow; readonly kinds: ReadonlySet<Change> }[] {
    return [...this.#rows]
      .map(([at, { row, kinds }]) => ({ at, row, kinds }))
      .sort((a, b) => a.at - b.at);
  }

  /**
   * Texts that the batch takes away, which must not stay on the disk: the index is to forget them,
   * the store to shred.
   */
  replaced(): Forgotten[] {
    return this.list().flatMap(({ at, row, kinds }) =>
      replaces(kinds)
        ? [
            {
              ...{ ref: this.#ref, at, text: this.#before.get(at)?.text ?? "", now: row.text },
              ...(row.arrival !== undefined && { arrival: row.arrival }),
            },
          ]
        : [],
    );
  }

  /** The operations that write the rows. */
  ops(): StoreOp[] {
    const ref = this.#ref;
    return this.list().flatMap(({ at, row, kinds }) => {
      if (kinds.size === 1 && kinds.has("reached")) return [];
      const written = put(messageKey(ref, at), encodeRow(row));
      const place = encodeRow({ at } satisfies MessagePlace);
      return [
        replaces(kinds) ? { ...written, shreds: true } : written,
        ...(kinds.has("new") ? [put(placeKey(ref, row.id), place)] : []),
      ];
    });
  }

  /** Numbers what is new by arrival, in the tick of its commit. @returns the operations for it. */
  arrive(arrivals: Arrivals): StoreOp[] {
    const hidden: MessageRow[] = [];
    const ops: StoreOp[] = [];
    for (const { at, row, kinds } of this.list()) {
      if (kinds.has("new")) {
        const arrival = arrivals.take();
        this.#rows.set(at, { row: { ...row, arrival }, kinds: new Set(kinds) });
        ops.push(putArrival(arrival, { ref: this.#ref, at }));
      } else if (row.hidden && kinds.has("text")) hidden.push(row);
    }
    return [...ops, ...arrivals.drop(hidden)];
  }

  /** The last message of the conversation with its number by arrival, after `arrive`. */
  numbered(last: LastMessage): LastMessage {
    const arrival = this.#rows.get(last.at)?.row.arrival;
    return arrival === undefined ? last : { ...last, row: { ...last.row, arrival } };
  }

  /** Messages whose text the batch deletes, not those that get another one. */
  deleted(): MessageRow[] {
    const gone = this.list().filter(({ row, kinds }) => replaces(kinds) && isGone(row));
    return gone.map(({ row }) => row);
  }

  /** The operations that put new lines into the order, and move those that have another rank. */
  async orderOps(): Promise<StoreOp[]> {
    const moves: Move[] = [];
    for (const { at, row, kinds } of this.list()) {
      const stored = this.#before.get(at);
      // What was not read through here has the rank that it had.
      if (stored === undefined && !kinds.has("new")) continue;
      const before = stored && rankOf(stored, at);
      const after = rankOf(row, at);
      if (before !== after || stored?.lamport !== row.lamport)
        moves.push({ before, after, line: lineOf(row, at) });
    }
    return moveLines(this.#store, this.#ref, moves);
  }
}

const isGone = ({ deleted, hidden }: MessageRow): boolean => deleted === true || hidden === true;

function replaces(kinds: ReadonlySet<Change>): boolean {
  return kinds.has("text") && !kinds.has("new");
}

// Writes what a batch changes, with its entry in the log of events and the index of words, and has
// replaced texts shredded.

/**
 * Commits the changes of messages with whatever else belongs to the batch. Requires the lock of the
 * conversation's owner.
 * @param change of the owner, by the batch.
 * @returns tells the listeners; to be called once the owner and its outbox are what the batch made
 * of them.
 */
export async function commitMessages(
  context: Context,
  change: OwnerChange,
  changes: MessageBatch,
  ops: readonly StoreOp[],
  more: readonly StoreEvent[] = [],
): Promise<() => void> {
  const { conversations } = context;
  const { owner } = change;
  const last = await conversations.lastAfter(owner, changes.list());
  const isShown = lastDiffers(conversations.last(owner), last) || conversationDiffers(change);
  const row = changedRow(change);
  const started = context.expiryTimers.start(conversationOf(owner).ref, settled(changes));
  const order = await changes.orderOps();
  const ref = conversationOf(owner).ref;
  const keys = await context.groupPort.spendKeys(ref, changes.deleted());
  const commit = async (words: readonly StoreOp[]): Promise<() => void> => {
    const arrived = changes.arrive(context.arrivals);
    const happened = [
      ...happenings(owner, changes),
      ...more,
      ...(isShown ? [conversationEvent(context, owner)] : []),
    ];
    const all = [
      ...changes.ops(),
      ...arrived,
      ...order,
      ...keys,
      ...row,
      ...ops,
      ...started.ops,
      ...words,
    ];
    changes.written = bytesOf(all);
    const tell = await context.eventLog.commit(all, happened);
    return () => {
      started.begin();
      conversations.setLast(owner, last && changes.numbered(last));
      tell();
    };
  };
  const replaced = changes.replaced();
  if (replaced.length === 0) return commit([]);
  const tell = await context.index.forget(replaced, commit);
  context.shredder.soon();
  return tell;
}

/**
 * Messages of ours whose delivery has ended, successfully or not, or that of an action on them:
 * their timers start now, unless they run already.
 */
function settled(changes: MessageBatch): Started[] {
  return changes.list().flatMap(({ at, row, kinds }) => {
    const { state, keep } = row;
    const ends = kinds.has("state") || kinds.has("reached");
    const ended = ends && state !== "received" && isSettled(state);
    return ended && keep !== undefined ? [{ at, keep }] : [];
  });
}

function happenings(owner: ConversationOwner, changes: MessageBatch): StoreEvent[] {
  return changes.list().flatMap(({ at, row, kinds }) => {
    if (row.hidden) return kinds.has("text") ? [messageRemovedEvent(owner, row)] : [];
    if (kinds.has("new")) return [messageEvent("message.new", owner, at, row)];
    return [
      ...(kinds.has("state") ? [messageEvent("message.state", owner, at, row)] : []),
      ...changesOf(row, kinds).map((what) => messageChangedEvent(what, owner, at, row)),
    ];
  });
}

/** What clients are told of a message that was here before. */
function changesOf({ deleted }: MessageRow, kinds: ReadonlySet<Change>): MessageChange[] {
  return [
    ...(kinds.has("text") ? [deleted ? ("deleted" as const) : ("edited" as const)] : []),
    ...(kinds.has("reaction") ? ["reacted" as const] : []),
    ...(kinds.has("reached") ? ["acknowledged" as const] : []),
  ];
}
