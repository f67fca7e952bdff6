/** Acknowledgements: what ours contains, and what one of the peer settles. */
import type { Store, StoreOp } from "../../ports/index.ts";
import { type Ack, acknowledged, toAck } from "../../wire/index.ts";
import { type ActionBody, actionRules, isMessageAction } from "../model/actions.ts";
import type { PairConversation } from "../model/conversation.ts";
import { advance } from "../model/delivery-state.ts";
import type { OutboxEntry } from "../model/peer.ts";
import { dropEntry } from "../state/contact-store.ts";
import type { MessageBatch } from "../state/message-batch.ts";
import { readablePages } from "../state/readable-rows.ts";

/** Our acknowledgement. @param sharing whether it says what was read. */
export function ackOf({ received, readUpTo }: PairConversation, sharing: boolean): Ack {
  return toAck(received, sharing ? readUpTo : 0);
}

/**
 * The highest sequence below every open entry, once the entries at the places `gone` are settled.
 */
export function settledUpTo(
  { sequence: newest, settled }: PairConversation,
  open: Iterable<OutboxEntry>,
  gone: ReadonlySet<number>,
): number {
  let lowest = newest + 1;
  for (const { at, sequence } of open) if (!gone.has(at)) lowest = Math.min(lowest, sequence);
  return Math.max(settled, lowest - 1);
}

/**
 * Delivered: the entries that the peer says it has. Texts move on; of acts nothing stays but what
 * they made of their message.
 * @param gone places of entries that the batch has settled already; those that it settles now are
 * added.
 */
export async function settleDelivered(
  changes: MessageBatch,
  conversation: PairConversation,
  outbox: ReadonlyMap<number, OutboxEntry>,
  gone: Set<number>,
  ack: Ack,
): Promise<{ readonly ops: StoreOp[]; readonly conversation: PairConversation }> {
  const ops: StoreOp[] = [];
  // Only what went out can be acknowledged: a peer that claims more is not believed in anything.
  if (ack.upTo > conversation.sequence) return { ops, conversation };
  for (const entry of outbox.values()) {
    if (gone.has(entry.at) || entry.sealed === undefined) continue;
    if (!acknowledged(ack, entry.sequence)) continue;
    const { act, at } = entry;
    if (act === undefined) {
      const row = await changes.row(at);
      if (row === undefined) continue;
      changes.set(at, advance(row, "acknowledge"), "state");
    } else await settleAction(changes, at, act.body);
    ops.push(dropEntry(conversation.ref, at));
    gone.add(at);
  }
  if (ops.length === 0) return { ops, conversation };
  const settled = settledUpTo(conversation, outbox.values(), gone);
  return { ops, conversation: { ...conversation, settled } };
}

/** Delivered: an action of ours. @param at its position, where its notice is, if it has one. */
async function settleAction(changes: MessageBatch, at: number, body: ActionBody): Promise<void> {
  if (isMessageAction(body)) {
    const target = await changes.place(body.target);
    const row = target === undefined ? undefined : await changes.row(target);
    if (target !== undefined && row !== undefined) changes.set(target, row, "reached");
  } else if (actionRules[body.kind].notice) {
    // The notice may have been deleted by now.
    const notice = await changes.row(at);
    if (notice !== undefined) changes.set(at, advance(notice, "acknowledge"), "state");
  }
}

/**
 * Read: our delivered messages up to the sequence that the peer's user has read. Continues where
 * the receipt before it ended, so that all receipts together read each message once.
 */
export async function settleRead(
  store: Store,
  changes: MessageBatch,
  conversation: PairConversation,
  upTo: number,
): Promise<PairConversation> {
  if (upTo > conversation.sequence || upTo <= conversation.peerReadUpTo) return conversation;
  let last = conversation.peerReadAt ?? 0;
  const range = { from: last + 1, to: conversation.nextAt - 1 };
  for await (const rows of readablePages(store, conversation.ref, range))
    for (const { at, row: stored } of rows) {
      const row = changes.changed(at) ?? stored;
      const isOpen =
        row.direction === "out" && (row.state === "queued" || row.state === "delivered");
      // Later messages have higher sequences.
      if (isOpen && row.sequence > upTo)
        return { ...conversation, peerReadUpTo: upTo, peerReadAt: last };
      if (isOpen && row.state === "delivered") changes.set(at, advance(row, "read"), "state");
      last = at;
    }
  return { ...conversation, peerReadUpTo: upTo, peerReadAt: last };
}
