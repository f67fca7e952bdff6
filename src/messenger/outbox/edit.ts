/**
 * The user's changes of messages: edits, deletions, reactions (docs/SPEC.md §8). Each takes effect
 * here at once, in one batch with the action that is queued for the peer, and supersedes queued
 * ones.
 */
import { limits, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import { isReaction } from "../../wire/index.ts";
import { actionRules, type MessageAction, supersedes } from "../model/actions.ts";
import { applyAction } from "../model/apply-action.ts";
import { withConversation } from "../model/contact.ts";
import { emptied, type MessageRow, messageView, withoutUnread } from "../model/message.ts";
import type { OutboxEntry } from "../model/peer.ts";
import { withKnownContact } from "../state/change-contact.ts";
import { putContact } from "../state/contact-store.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { commitMessages, MessageBatch } from "../state/message-batch.ts";
import type { Place } from "../state/message-store.ts";
import { commit, enqueueAct, openBatch, withdraw } from "./outgoing-batch.ts";
import { checkPeer, checkText } from "./send.ts";

/** See `Messenger.edit`. */
export function edit(context: Context, place: Place, text: string): Promise<MessageView> {
  checkText(text);
  return amend(context, place, (row) => {
    mine(row);
    alive(row);
    return row.text === text ? undefined : { kind: "edit", target: row.id, text };
  });
}

/** See `Messenger.delete`. */
export function erase(context: Context, place: Place): Promise<MessageView> {
  return amend(context, place, (row) => {
    mine(row);
    return row.deleted ? undefined : { kind: "delete", target: row.id };
  });
}

/** See `Messenger.react`. */
export function react(context: Context, place: Place, emoji: string): Promise<MessageView> {
  if (!isReaction(emoji) || (emoji !== "" && emoji.trim() === ""))
    throw new SottoError("reaction-invalid", "This is not a valid reaction.");
  return amend(context, place, (row) => {
    alive(row);
    const before = row.reactions?.out?.emoji ?? "";
    return before === emoji ? undefined : { kind: "reaction", target: row.id, emoji };
  });
}

function known(row: MessageRow | undefined): MessageRow {
  if (row === undefined || row.hidden)
    throw new SottoError("message-unknown", "There is no such message.");
  return row;
}

function mine({ direction }: MessageRow): void {
  if (direction === "in")
    throw new SottoError("message-not-yours", "You did not write this message.");
}

function alive({ deleted, state }: MessageRow): void {
  if (deleted) throw new SottoError("message-deleted", "This message was deleted.");
  if (state === "failed") throw new SottoError("message-failed", "This message was cancelled.");
}

/**
 * @param wanted the act on this message, `undefined` where there is nothing to do; throws where it
 * may not be.
 */
async function amend(
  context: Context,
  { peer, at }: Place,
  wanted: (row: MessageRow) => MessageAction | undefined,
): Promise<MessageView> {
  checkPeer(peer);
  return withKnownContact(context, peer, async () => {
    const batch = openBatch(context, peer, limits.textBytes);
    const row = known(await batch.changes.row(at));
    if (row.notice !== undefined)
      throw new SottoError("message-unknown", "A notice is not a message and cannot be changed.");
    const body = wanted(row);
    if (body === undefined) return messageView(peer, at, row);
    await withdraw(peer, batch, (entry) => superseded(entry, at, body));
    const next = applyAction(row, "out", enqueueAct(context, batch, body), body);
    batch.changes.set(at, next, actionRules[body.kind].changes);
    // A message that is deleted while it waits has come to its end.
    if (next.state !== row.state) batch.changes.set(at, next, "state");
    await commit(context, peer, batch);
    return messageView(peer, at, next);
  });
}

/** Whether an entry is useless once an action on the message at `target` is queued, too. */
function superseded({ act, at }: OutboxEntry, target: number, body: MessageAction): boolean {
  if (act !== undefined) return supersedes(body, act.body);
  return at === target && actionRules[body.kind].supersedes === "everything";
}

/** See `Messenger.hide`. */
export async function hide(context: Context, { peer, at }: Place): Promise<void> {
  await withContactLock(context, peer, async () => {
    const changes = new MessageBatch(context.store, peer.contact.conversation.ref);
    const row = known(await changes.row(at));
    if (peer.outbox.has(at))
      throw new SottoError("message-waiting", "This message is not delivered yet.");
    changes.set(at, emptied(row, "hidden"), "text");
    const { contact } = peer;
    const next = withConversation(contact, withoutUnread(contact.conversation, at, row));
    const ops = next === contact ? [] : [putContact(next)];
    const tell = await commitMessages(context, peer, changes, ops);
    peer.contact = next;
    tell();
  });
}
