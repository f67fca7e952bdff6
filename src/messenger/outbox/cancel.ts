/**
 * Fails messages that will not be sent any more: cancelled by the user, or not delivered in time.
 */
import { type MessageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { isMessageAction } from "../model/actions.ts";
import { withConversation } from "../model/contact.ts";
import { advance } from "../model/delivery-state.ts";
import type { MessageRow } from "../model/message.ts";
import type { OutboxEntry, Peer } from "../model/peer.ts";
import { dropEntry, putContact, putEntry } from "../state/contact-store.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { commitMessages, MessageBatch } from "../state/message-batch.ts";
import { requireById, view } from "../state/message-store.ts";
import { closeGaps, renumber } from "./outbox.ts";
import { settledUpTo } from "./receipts.ts";

/**
 * Fails messages, and drops queued actions on them. Other actions stay queued without a limit,
 * since what they change has been read.
 */
export async function abandon(
  context: Context,
  peer: Peer,
  which: (row: MessageRow, entry: OutboxEntry) => boolean,
): Promise<void> {
  await withContactLock(context, peer, async () => {
    const { contact, outbox } = peer;
    const { conversation } = contact;
    const changes = new MessageBatch(context.store, conversation.ref);
    const failed = new Set<MessageId>();
    const gone = new Set<number>();
    for (const entry of outbox.values()) {
      const { at, act } = entry;
      const row = act === undefined ? await changes.row(at) : undefined;
      if (row === undefined || !which(row, entry)) continue;
      changes.set(at, advance(row, "abandon"), "state");
      failed.add(row.id);
      gone.add(at);
    }
    if (failed.size === 0) return;
    for (const { at, act } of outbox.values())
      if (act !== undefined && isMessageAction(act.body) && failed.has(act.body.target))
        gone.add(at);
    const ops: StoreOp[] = [...gone].map((at) => dropEntry(conversation.ref, at));
    const { moved, free } = await closeGaps(peer, changes, gone);
    for (const entry of moved) ops.push(putEntry(conversation.ref, entry.at, entry));
    const settled = settledUpTo(conversation, outbox.values(), gone);
    const sequence = conversation.sequence - free;
    const next = withConversation(contact, { ...conversation, settled, sequence });
    const tell = await commitMessages(context, peer, changes, [...ops, putContact(next)]);
    peer.contact = next;
    renumber(peer, moved);
    for (const at of gone) outbox.delete(at);
    tell();
  });
}

/** See `Messenger.cancel`. */
export async function cancel(context: Context, id: MessageId): Promise<MessageView> {
  const { peer, at } = await requireById(context, id, { direction: "out" });
  // What was sealed once may be there already, and is not called failed.
  const open = (row: MessageRow, { sealed }: OutboxEntry): boolean =>
    row.id === id && sealed === undefined;
  await abandon(context, peer, open);
  const shown = await view(context, peer, at);
  if (shown === undefined) throw new SottoError("message-unknown", "There is no such message.");
  if (shown.state !== "failed")
    throw new SottoError("message-sent", "The message was already sent.");
  return shown;
}
