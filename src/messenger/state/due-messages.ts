/** Which messages a node deletes now: their timer has run out, or they are not to be kept. */
import { heldBy } from "../model/actions.ts";
import { isSettled } from "../model/delivery-state.ts";
import { isSeen, type MessageRow, storedAt } from "../model/message.ts";
import { type ConversationOwner, conversationOf } from "../model/owner.ts";
import type { SendQueue } from "../model/peer.ts";
import type { Context } from "./context.ts";

/**
 * Whether a message is done with: one of ours is no longer queued, one of theirs was seen.
 * @param failed also one of ours that was not delivered, which the user may not have noticed.
 */
export function isDone(
  owner: ConversationOwner,
  at: number,
  row: MessageRow,
  failed: boolean,
): boolean {
  if (row.direction === "in") return isSeen(conversationOf(owner), at, row);
  const settled = row.state === "received" || isSettled(row.state);
  const unsent = row.state === "failed" || row.state === "cancelled";
  return !owner.outbox.has(at) && settled && (failed || !unsent);
}

/** Ids of messages with a queued edit or reaction, which are kept until it is delivered. */
export function heldMessages({ outbox }: SendQueue): ReadonlySet<string | undefined> {
  return new Set([...outbox.values()].map(({ act }) => act && heldBy(act.body)));
}

/** Whether a node that runs deletes this message now. */
export function isDue(
  context: Context,
  owner: ConversationOwner,
  at: number,
  row: MessageRow,
): boolean {
  const { expiryTimers, history, retention, clock } = context;
  const isOld = retention !== undefined && storedAt(row) < clock.now() - retention;
  const isOver =
    expiryTimers.isOver(conversationOf(owner).ref, at) ||
    (!history && isDone(owner, at, row, false)) ||
    (isOld && isDone(owner, at, row, true));
  return isOver && !owner.outbox.has(at) && !heldMessages(owner).has(row.id);
}
