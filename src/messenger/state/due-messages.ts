/** Which messages a node deletes now: their timer has run out, or they are not to be kept. */
import { heldBy } from "../model/actions.ts";
import { isSettled } from "../model/delivery-state.ts";
import { isSeen, type MessageRow, storedAt } from "../model/message.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "./context.ts";

/**
 * Whether a message is done with: one of ours is no longer queued, one of theirs was seen.
 * @param failed also one of ours that was not delivered, which the user may not have noticed.
 */
export function isDone(
  { contact, outbox }: Peer,
  at: number,
  row: MessageRow,
  failed: boolean,
): boolean {
  if (row.direction === "in") return isSeen(contact.conversation, at, row);
  const settled = row.state === "received" || isSettled(row.state);
  const unsent = row.state === "failed" || row.state === "cancelled";
  return !outbox.has(at) && settled && (failed || !unsent);
}

/** Ids of messages with a queued edit or reaction, which are kept until it is delivered. */
export function heldMessages({ outbox }: Peer): ReadonlySet<string | undefined> {
  return new Set([...outbox.values()].map(({ act }) => act && heldBy(act.body)));
}

/** Whether a node that runs deletes this message now. */
export function isDue(context: Context, peer: Peer, at: number, row: MessageRow): boolean {
  const { expiryTimers, history, retention, clock } = context;
  const isOld = retention !== undefined && storedAt(row) < clock.now() - retention;
  const isOver =
    expiryTimers.isOver(peer.contact.conversation.ref, at) ||
    (!history && isDone(peer, at, row, false)) ||
    (isOld && isDone(peer, at, row, true));
  return isOver && !peer.outbox.has(at) && !heldMessages(peer).has(row.id);
}
