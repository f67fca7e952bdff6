/** What an acknowledgement of the peer settles, and what ours says. */
import { limits } from "../base/index.ts";
import type { Store, StoreOp } from "../ports/index.ts";
import { type Ack, acknowledged, toAck } from "../wire/index.ts";
import { dropEntry } from "./book.ts";
import type { Contact } from "./contact.ts";
import { type MessageRow, messageKey, putMessage } from "./message.ts";
import type { OutboxEntry } from "./peer.ts";
import { decodeRow } from "./rows.ts";

/** Our acknowledgement, as things stand. */
export function ackOf(contact: Contact): Ack {
  return toAck(contact.received, contact.readUpTo);
}

/** The highest sequence below every open entry, once the entries at the places `gone` are settled. */
export function settledUpTo(
  contact: Contact,
  open: Iterable<OutboxEntry>,
  gone: ReadonlySet<number>,
): number {
  let lowest = contact.sequence + 1;
  for (const { at, sequence } of open) if (!gone.has(at)) lowest = Math.min(lowest, sequence);
  return Math.max(contact.settled, lowest - 1);
}

/** A message of ours whose proven state moved on. */
export interface Moved {
  readonly at: number;
  readonly row: MessageRow;
}

/** Delivered: the entries that the peer says it has, with the batch that records it. */
export async function settleDelivered(
  store: Store,
  contact: Contact,
  outbox: ReadonlyMap<number, OutboxEntry>,
  ack: Ack,
): Promise<{ readonly ops: StoreOp[]; readonly moved: Moved[]; readonly contact: Contact }> {
  const ops: StoreOp[] = [];
  const moved: Moved[] = [];
  // Only what went out can be acknowledged: a peer that claims more is not believed in anything.
  if (ack.upTo > contact.sequence) return { ops, moved, contact };
  for (const entry of outbox.values()) {
    if (entry.sealed === undefined || !acknowledged(ack, entry.sequence)) continue;
    const bytes = await store.get(messageKey(contact.ref, entry.at));
    if (bytes === undefined) continue;
    const row: MessageRow = { ...decodeRow<MessageRow>(bytes), state: "delivered" };
    ops.push(dropEntry(contact.ref, entry.at), putMessage(contact.ref, entry.at, row));
    moved.push({ at: entry.at, row });
  }
  if (moved.length === 0) return { ops, moved, contact };
  const gone = new Set(moved.map(({ at }) => at));
  return {
    ops,
    moved,
    contact: { ...contact, settled: settledUpTo(contact, outbox.values(), gone) },
  };
}

/**
 * Read: our delivered messages up to the sequence that the peer's person has read.
 * @param fresh rows that moved on in the batch at hand, which the store does not have yet.
 */
export async function settleRead(
  store: Store,
  contact: Contact,
  fresh: ReadonlyMap<number, MessageRow>,
  readUpTo: number,
): Promise<{ readonly ops: StoreOp[]; readonly moved: Moved[]; readonly contact: Contact }> {
  const upTo = readUpTo;
  if (upTo > contact.sequence || upTo <= contact.peerReadUpTo)
    return { ops: [], moved: [], contact };
  const ops: StoreOp[] = [];
  const moved: Moved[] = [];
  let to = contact.nextAt;
  for (let done = false; !done; ) {
    const rows = await store.list("message", contact.ref, {
      to,
      reverse: true,
      limit: limits.sendBatch,
    });
    done = rows.length < limits.sendBatch;
    for (const { at, value } of rows) {
      to = at - 1;
      const row = fresh.get(at) ?? decodeRow<MessageRow>(value);
      if (row.direction !== "out") continue;
      if (row.state === "read") {
        done = true;
        break;
      }
      if (row.state !== "delivered" || row.sequence > upTo) continue;
      const read: MessageRow = { ...row, state: "read" };
      ops.push(putMessage(contact.ref, at, read));
      moved.push({ at, row: read });
    }
    if (to < 1) done = true;
  }
  return { ops, moved, contact: { ...contact, peerReadUpTo: upTo } };
}
