/**
 * Messages that will not be sent any more: taken back by the user before they left, or not
 * delivered in time.
 */
import { type MessageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import {
  type ActionBody,
  actionRules,
  heldBy,
  type MessageAction,
  supersedes,
  targetOf,
} from "../model/actions.ts";
import { advance, neverLeft } from "../model/delivery-state.ts";
import { type MessageRow, messageView } from "../model/message.ts";
import { PENDING } from "../model/order.ts";
import type { OutboxEntry, Peer, QueuedEntry } from "../model/peer.ts";
import { withKnownOwner } from "../state/change-contact.ts";
import { type Context, withContactLock } from "../state/context.ts";
import type { Change, MessageBatch } from "../state/message-batch.ts";
import { type Batch, commit, enqueueAct, openBatch, withdraw } from "./outgoing-batch.ts";
import { requireMessage, requireOwn } from "./preconditions.ts";

/** Where a message of a conversation with a contact is. */
export interface PeerPlace {
  readonly peer: Peer;
  readonly at: number;
}

/** See `Messenger.cancel`. */
export function cancel(context: Context, { peer, at }: PeerPlace): Promise<MessageView> {
  return withKnownOwner(context, peer, async () => {
    const batch = openBatch(context, peer, 0);
    const row = requireMessage(await batch.changes.row(at));
    requireOwn(row);
    if (row.state === "cancelled" || row.state === "failed") return messageView(peer, at, row);
    const entry = unsealedText(peer, at, row);
    if (entry === undefined)
      throw new SottoError("message-sent", "The message may have been sent already.");
    return takeBack(context, batch, entry, advance(row, "cancel"), ["state"]);
  });
}

/** The outbox entry of a text that was never sealed, also not before it was sent again. */
export function unsealedText(
  { outbox }: Peer,
  at: number,
  { lamport }: MessageRow,
): OutboxEntry | undefined {
  const entry = outbox.get(at);
  const isUnsealed = entry?.act === undefined && entry?.sealed === undefined;
  return isUnsealed && lamport === PENDING ? entry : undefined;
}

/**
 * Takes back a text that was not sealed, whatever else forbids to send to the contact: it and all
 * actions on it leave the outbox. Where it may have left in a state of this node that is lost, a
 * deletion takes its place. Requires the contact lock.
 * @param next the message from now on, and what changes of it.
 */
export async function takeBack(
  context: Context,
  batch: Batch,
  entry: OutboxEntry,
  next: MessageRow,
  kinds: readonly Change[],
): Promise<MessageView> {
  const { peer } = batch;
  const deletion = { kind: "delete", target: next.id } as const;
  await withdraw(peer, batch, (each) => isSuperseded(each, entry.at, deletion));
  if (!neverLeft(entry, peer.contact.conversation)) await enqueueAct(context, batch, deletion);
  for (const kind of kinds) batch.changes.set(entry.at, next, kind);
  await commit(context, peer, batch);
  return messageView(peer, entry.at, batch.changes.changed(entry.at) ?? next);
}

/** Whether an entry is useless once an action on the message at `target` is queued, too. */
export function isSuperseded(
  { act, at }: QueuedEntry,
  target: number,
  body: MessageAction,
): boolean {
  if (act !== undefined) return supersedes(body, act.body);
  return at === target && actionRules[body.kind].supersedes === "everything";
}

/**
 * Fails messages that were sent before a time and are not delivered, and drops queued actions on
 * them. Of other actions only the edits of disappearing messages end so, which keep their texts
 * here: all others wait without a limit, since what they change has been read.
 * @param before ms since 1970.
 */
export async function abandon(context: Context, peer: Peer, before: number): Promise<void> {
  await withContactLock(context, peer, async () => {
    const batch = openBatch(context, peer, 0);
    const { changes } = batch;
    /** Positions of entries, and ids of messages that are not sent any more. */
    const gone = new Set<number>();
    const failed = new Set<MessageId>();
    for (const { at, act } of peer.outbox.values()) {
      if (act !== undefined) {
        if (act.sentAt < before && (await abandonEdit(changes, act.body))) gone.add(at);
        continue;
      }
      const row = await changes.row(at);
      if (row === undefined || row.sentAt >= before) continue;
      changes.set(at, advance(row, "abandon"), "state");
      gone.add(at);
      failed.add(row.id);
    }
    if (gone.size === 0) return;
    await withdraw(peer, batch, ({ at, act }) => {
      const target = act && targetOf(act.body);
      return gone.has(at) || (target !== undefined && failed.has(target));
    });
    await commit(context, peer, batch);
  });
}

/** Ends the delivery of an action that holds a disappearing message. @returns whether it does. */
async function abandonEdit(changes: MessageBatch, body: ActionBody): Promise<boolean> {
  const held = heldBy(body);
  const at = held && (await changes.place(held));
  const row = at === undefined ? undefined : await changes.row(at);
  if (at === undefined || row?.keep === undefined) return false;
  changes.set(at, row, "reached");
  return true;
}
