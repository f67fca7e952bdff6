/**
 * Messages that will not be sent any more: taken back by the user before they left, or not
 * delivered in time.
 */
import { type MessageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import { actionRules, isMessageAction, type MessageAction, supersedes } from "../model/actions.ts";
import { advance, neverLeft } from "../model/delivery-state.ts";
import { type MessageRow, messageView } from "../model/message.ts";
import type { OutboxEntry, Peer } from "../model/peer.ts";
import { withKnownContact } from "../state/change-contact.ts";
import { type Context, withContactLock } from "../state/context.ts";
import type { Change } from "../state/message-batch.ts";
import type { Place } from "../state/message-store.ts";
import { type Batch, commit, enqueueAct, openBatch, withdraw } from "./outgoing-batch.ts";

/** See `Messenger.cancel`. */
export function cancel(context: Context, { peer, at }: Place): Promise<MessageView> {
  return withKnownContact(context, peer, async () => {
    const batch = openBatch(context, peer, 0);
    const row = await batch.changes.row(at);
    if (row === undefined || row.hidden)
      throw new SottoError("message-unknown", "There is no such message.");
    if (row.notice !== undefined)
      throw new SottoError("message-unknown", "A notice is not a message and cannot be changed.");
    if (row.direction === "in")
      throw new SottoError("message-not-yours", "You did not write this message.");
    if (row.state === "cancelled" || row.state === "failed") return messageView(peer, at, row);
    const entry = unsealedText(peer, at);
    if (entry === undefined)
      throw new SottoError("message-sent", "The message may have been sent already.");
    return takeBack(context, batch, entry, advance(row, "cancel"), ["state"]);
  });
}

/** The outbox entry of a text that was not sealed, at a position. */
export function unsealedText({ outbox }: Peer, at: number): OutboxEntry | undefined {
  const entry = outbox.get(at);
  return entry?.act === undefined && entry?.sealed === undefined ? entry : undefined;
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
  if (!neverLeft(entry, peer.contact.conversation)) enqueueAct(context, batch, deletion);
  for (const kind of kinds) batch.changes.set(entry.at, next, kind);
  await commit(context, peer, batch);
  return messageView(peer, entry.at, next);
}

/** Whether an entry is useless once an action on the message at `target` is queued, too. */
export function isSuperseded(
  { act, at }: OutboxEntry,
  target: number,
  body: MessageAction,
): boolean {
  if (act !== undefined) return supersedes(body, act.body);
  return at === target && actionRules[body.kind].supersedes === "everything";
}

/**
 * Fails messages, and drops queued actions on them. Other actions stay queued without a limit,
 * since what they change has been read.
 */
export async function abandon(
  context: Context,
  peer: Peer,
  which: (row: MessageRow) => boolean,
): Promise<void> {
  await withContactLock(context, peer, async () => {
    const batch = openBatch(context, peer, 0);
    const failed = new Map<number, MessageId>();
    for (const { at, act } of peer.outbox.values()) {
      const row = act === undefined ? await batch.changes.row(at) : undefined;
      if (row === undefined || !which(row)) continue;
      batch.changes.set(at, advance(row, "abandon"), "state");
      failed.set(at, row.id);
    }
    if (failed.size === 0) return;
    const ids = new Set(failed.values());
    await withdraw(peer, batch, ({ at, act }) =>
      act === undefined ? failed.has(at) : isMessageAction(act.body) && ids.has(act.body.target),
    );
    await commit(context, peer, batch);
  });
}
