/**
 * Deletes messages whose expiry timer has run out or that are no longer to be kept: from the
 * conversation, the outbox, the search index and the disk.
 */
import { limits } from "../../base/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import {
  idempotencyKey,
  type KeyPlace,
  type MessageRow,
  messageKey,
  storedAt,
} from "../model/message.ts";
import { type ConversationOwner, conversationOf } from "../model/owner.ts";
import { lineOf, rankOf } from "../model/position.ts";
import { drop, encodeRow, put } from "../model/rows.ts";
import { background, type Context, withOwnerLock } from "../state/context.ts";
import { lastDiffers } from "../state/conversations.ts";
import { heldMessages, isDone } from "../state/due-messages.ts";
import { type Move, moveLines } from "../state/order-index.ts";
import { readableRows } from "../state/readable-rows.ts";
import type { Forgotten } from "../state/search-index.ts";
import { conversationEvent, messageRemovedEvent, type StoreEvent } from "../state/store-events.ts";

/**
 * Deletes messages; requires the owner's lock. Ids and idempotency keys are kept, so that
 * duplicates are still detected. A message that is still queued, or whose edit is, is not deleted;
 * the timer of the latter starts again when the edit is delivered. Other queued actions on deleted
 * messages are sent: the contact may keep the message for longer.
 */
async function deleteMessages(
  context: Context,
  owner: ConversationOwner,
  places: readonly number[],
): Promise<void> {
  const { outbox } = owner;
  const { ref } = conversationOf(owner);
  const ops: StoreOp[] = [];
  const happened: StoreEvent[] = [];
  const forgotten: Forgotten[] = [];
  const held = heldMessages(owner);
  const moves: Move[] = [];
  const dropped: MessageRow[] = [];
  for (const at of places) {
    if (outbox.has(at)) continue;
    const [found] = await readableRows(context.store, ref, { from: at, to: at });
    if (found !== undefined && held.has(found.row.id)) continue;
    ops.push(drop(messageKey(ref, at)));
    // A row that cannot be read is deleted all the same.
    if (found === undefined) continue;
    const { row } = found;
    const { id, key, text, hidden, sentAt, state } = row;
    dropped.push(row);
    moves.push({ before: rankOf(row, at), after: undefined, line: lineOf(row, at) });
    if (text !== "") forgotten.push({ ref, at, text });
    if (hidden === undefined) happened.push(messageRemovedEvent(owner, row));
    if (key !== undefined) {
      const made: KeyPlace = { at, gone: { id, sentAt, state } };
      ops.push(put(idempotencyKey(ref, key), encodeRow(made)));
    }
  }
  ops.push(...context.expiryTimers.drop(ref, places));
  ops.push(...(await moveLines(context.store, ref, moves)));
  ops.push(...(await context.groupPort.spendKeys(ref, dropped)));
  const { conversations } = context;
  const deleted = moves.map(({ line: { at } }) => ({ at, row: undefined }));
  const last = await conversations.lastAfter(owner, deleted);
  if (lastDiffers(conversations.last(owner), last))
    happened.push(conversationEvent(context, owner));
  const tell = await context.index.forget(forgotten, (words) =>
    context.eventLog.commit([...ops, ...context.arrivals.drop(dropped), ...words], happened),
  );
  context.expiryTimers.forget(ref, places);
  conversations.setLast(owner, last);
  tell();
  context.shredder.soon();
}

/** Which messages retention deletes: all that were stored before a time, by our own clock. */
interface Sweep {
  /** ms since 1970. */
  readonly before: number;
  /** Also messages of ours that were not delivered, which the user may not have noticed. */
  readonly failed: boolean;
}

/**
 * Deletes messages of a conversation that are done with: ours that are no longer queued, theirs
 * that the user has seen.
 */
async function applyRetention(
  context: Context,
  owner: ConversationOwner,
  { before, failed }: Sweep,
): Promise<void> {
  let from = 0;
  for (let more = true; more && !context.stopping.now; ) {
    const swept = await withOwnerLock(context, owner, async () => {
      const { ref } = conversationOf(owner);
      const rows = await readableRows(context.store, ref, { from, limit: limits.sendBatch });
      const old = rows.filter(({ row }) => storedAt(row) < before);
      const done = old.filter(({ at, row }) => isDone(owner, at, row, failed)).map(({ at }) => at);
      if (done.length > 0) await deleteMessages(context, owner, done);
      from = (rows.at(-1)?.at ?? 0) + 1;
      return rows.length === limits.sendBatch && old.length > 0;
    });
    more = swept === true;
  }
}

/** Looks after time that runs, and after messages that a node without history need not keep. */
export class Retention {
  readonly #context: Context;
  /** Owners of conversations with something to sweep. */
  readonly #waiting = new Set<ConversationOwner>();
  #sweeping = false;
  #running = false;
  #cancelLook = (): void => undefined;
  #cancelSweep = (): void => undefined;

  constructor(context: Context) {
    this.#context = context;
    context.expiryTimers.onStarted(() => this.#arm());
  }

  start(): void {
    this.#running = true;
    this.#arm();
    const context = this.#context;
    if (!context.history) for (const owner of context.owners.all()) this.done(owner);
    if (context.retention !== undefined) this.#sweepLater(limits.retentionPause);
  }

  stop(): void {
    this.#running = false;
    this.#cancelLook();
    this.#cancelSweep();
  }

  /** Something of this conversation was delivered or read: without history it need not stay. */
  done(owner: ConversationOwner): void {
    if (this.#context.history || !this.#running) return;
    this.#waiting.add(owner);
    if (this.#sweeping) return;
    this.#sweeping = true;
    background(this.#context, "sweep-failed", () =>
      this.#sweepWaiting().finally(() => {
        this.#sweeping = false;
      }),
    );
  }

  async #sweepWaiting(): Promise<void> {
    for (const owner of this.#waiting) {
      this.#waiting.delete(owner);
      await applyRetention(this.#context, owner, {
        before: Number.POSITIVE_INFINITY,
        failed: false,
      });
    }
  }

  /**
   * A machine that starts with a wrong clock gets a while to set it, before old messages go by it.
   */
  #sweepLater(wait: number): void {
    const context = this.#context;
    this.#cancelSweep = context.clock.after(wait, () => {
      background(context, "sweep-failed", async () => {
        for (const owner of context.owners.all()) {
          const { retention } = context;
          if (retention !== undefined)
            await applyRetention(context, owner, {
              before: context.clock.now() - retention,
              failed: true,
            });
        }
      });
      this.#sweepLater(limits.upkeep);
    });
  }

  /**
   * Sets the timer for the message that expires next. After the machine slept, timers are late, so
   * it also checks periodically.
   */
  #arm(least = 0): void {
    this.#cancelLook();
    const wait = this.#context.expiryTimers.wait();
    if (!this.#running || wait === undefined) return;
    const soon = Math.max(least, Math.min(wait, limits.spanLook));
    this.#cancelLook = this.#context.clock.after(soon, () => {
      const again = (): void => this.#arm(limits.spanPause);
      background(this.#context, "vanish-failed", () => this.#look().finally(again));
    });
  }

  async #look(): Promise<void> {
    const context = this.#context;
    const { owners, expiryTimers } = context;
    for (const [ref, places] of expiryTimers.over()) {
      const owner = owners.byConversation(ref);
      if (owner === undefined) expiryTimers.forget(ref, places);
      else await withOwnerLock(context, owner, () => deleteMessages(context, owner, places));
    }
    for (const ref of expiryTimers.astray()) {
      const owner = owners.byConversation(ref);
      if (owner !== undefined) await withOwnerLock(context, owner, () => expiryTimers.repair(ref));
    }
  }
}
