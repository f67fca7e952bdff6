/**
 * The user's changes of messages: edits, deletions, reactions (docs/SPEC.md §8). Each takes effect
 * here at once, in one batch with the action that is queued for the peer, and supersedes queued
 * ones. A message that never left is changed here only.
 */
import { limits, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import { isReaction } from "../../wire/index.ts";
import { actionRules, type MessageAction } from "../model/actions.ts";
import { applyAction } from "../model/apply-action.ts";
import { advance, neverLeft } from "../model/delivery-state.ts";
import { emptied, type MessageRow, messageView, withoutUnread } from "../model/message.ts";
import { changedBy, conversationOf, takeUp } from "../model/owner.ts";
import type { OutboxEntry } from "../model/peer.ts";
import { withKnownOwner } from "../state/change-contact.ts";
import { type Context, withOwnerLock } from "../state/context.ts";
import { commitMessages, MessageBatch } from "../state/message-batch.ts";
import type { Place } from "../state/message-store.ts";
import { isSuperseded, type PeerPlace, takeBack, unsealedText } from "./cancel.ts";
import {
  type Batch,
  commit,
  enqueueAct,
  openBatch,
  queueRefusal,
  withdraw,
} from "./outgoing-batch.ts";
import {
  checkText,
  contactRefusal,
  refuse,
  requireMessage,
  requireOwn,
  requireShown,
} from "./preconditions.ts";

/** A message that is to be changed. */
interface Target {
  readonly batch: Batch;
  readonly at: number;
  readonly row: MessageRow;
  /** Its outbox entry, where it was not sealed. */
  readonly unsealed: OutboxEntry | undefined;
}

/** See `Messenger.edit`. */
export function edit(context: Context, place: PeerPlace, text: string): Promise<MessageView> {
  checkText(text);
  return change(context, place, async (target) => {
    const { row, batch, unsealed } = target;
    requireOwn(row);
    requireAlive(row);
    if (row.text === text) return shown(target);
    if (unsealed !== undefined && neverLeft(unsealed, batch.conversation))
      return rewrite(context, target, text);
    return amend(context, target, { kind: "edit", target: row.id, text });
  });
}

/** See `Messenger.delete`. */
export function erase(context: Context, place: PeerPlace): Promise<MessageView> {
  return change(context, place, async (target) => {
    const { batch, at, row, unsealed } = target;
    requireOwn(row);
    if (row.deleted) return shown(target);
    if (unsealed === undefined && row.state !== "cancelled")
      return amend(context, target, { kind: "delete", target: row.id });
    const next = emptied(advance(row, "cancel"), "deleted");
    if (unsealed !== undefined) return takeBack(context, batch, unsealed, next, ["text", "state"]);
    batch.changes.set(at, next, "text");
    return commitTo(context, target, next);
  });
}

/** See `Messenger.react`. */
export function react(context: Context, place: PeerPlace, emoji: string): Promise<MessageView> {
  requireReaction(emoji);
  return change(context, place, async (target) => {
    const { row } = target;
    requireAlive(row);
    const before = row.reactions?.out?.emoji ?? "";
    if (before === emoji) return shown(target);
    return amend(context, target, { kind: "reaction", target: row.id, emoji });
  });
}

/** Throws reaction-invalid. */
export function requireReaction(emoji: string): void {
  if (!isReaction(emoji) || (emoji !== "" && emoji.trim() === ""))
    throw new SottoError("reaction-invalid", "This is not a valid reaction.");
}

/** Throws message-deleted, message-failed. */
export function requireAlive({ deleted, state }: MessageRow): void {
  if (deleted) throw new SottoError("message-deleted", "This message was deleted.");
  if (state === "cancelled") throw new SottoError("message-failed", "This message was cancelled.");
  if (state === "failed")
    throw new SottoError("message-failed", "This message could not be delivered in time.");
}

/** Changes a message under the contact lock. @param job returns the message afterwards. */
function change(
  context: Context,
  { peer, at }: PeerPlace,
  job: (target: Target) => Promise<MessageView>,
): Promise<MessageView> {
  return withKnownOwner(context, peer, async () => {
    const batch = openBatch(context, peer, limits.textBytes);
    const row = requireMessage(await batch.changes.row(at));
    return job({ batch, at, row, unsealed: unsealedText(peer, at, row) });
  });
}

function shown({ batch, at, row }: Target): MessageView {
  return messageView(batch.peer, at, row);
}

/** Replaces the text of a message that never left: the contact receives the new one only. */
function rewrite(context: Context, target: Target, text: string): Promise<MessageView> {
  const next: MessageRow = { ...target.row, text, rewritten: true };
  target.batch.changes.set(target.at, next, "text");
  return commitTo(context, target, next);
}

/** Applies an action here, and queues it for the contact. */
async function amend(context: Context, target: Target, body: MessageAction): Promise<MessageView> {
  const { batch, at, row, unsealed } = target;
  if (unsealed === undefined || body.kind === "reaction") refuse(contactRefusal(batch.contact));
  await withdraw(batch.peer, batch, (entry) => isSuperseded(entry, at, body));
  refuse(queueRefusal(batch));
  let next = row;
  await enqueueAct(context, batch, body, (line) => {
    next = applyAction(row, "out", line, body);
    batch.changes.set(at, next, actionRules[body.kind].changes);
    // The delivery of a message ends when it is deleted while it waits.
    if (next.state !== row.state) batch.changes.set(at, next, "state");
  });
  return commitTo(context, target, next);
}

/** Commits the batch. @returns the message as it is shown then. */
async function commitTo(
  context: Context,
  { batch, at }: Target,
  next: MessageRow,
): Promise<MessageView> {
  await commit(context, batch.peer, batch);
  return messageView(batch.peer, at, batch.changes.changed(at) ?? next);
}

/** See `Messenger.hide`. */
export async function hide(context: Context, { owner, at }: Place): Promise<void> {
  await withOwnerLock(context, owner, async () => {
    const changes = new MessageBatch(context.store, conversationOf(owner));
    const row = requireShown(await changes.row(at));
    if (owner.outbox.has(at))
      throw new SottoError("message-waiting", "This message is not delivered yet.");
    changes.set(at, emptied(row, "hidden"), "text");
    const change = changedBy(owner, (before) => withoutUnread(before, at, row));
    const tell = await commitMessages(context, change, changes, []);
    takeUp(change);
    tell();
  });
}
