/**
 * The user's changes of messages in a group: edits, deletions, reactions, and taking back what was
 * not sealed. Each takes effect here at once, in one batch with the action that is queued.
 */
import { SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { Group } from "../group-state/group.ts";
import { actionRules, type MessageAction } from "../model/actions.ts";
import { applyAction } from "../model/apply-action.ts";
import { advance } from "../model/delivery-state.ts";
import { emptied, type MessageRow, messageView } from "../model/message.ts";
import { PENDING, pendingPlace } from "../model/order.ts";
import type { GroupEntry } from "../model/peer.ts";
import { isSuperseded } from "../outbox/cancel.ts";
import { requireAlive, requireReaction } from "../outbox/edit.ts";
import { checkText, refuse, requireMessage, requireOwn } from "../outbox/preconditions.ts";
import { withKnownOwner } from "../state/change-contact.ts";
import type { Context } from "../state/context.ts";
import type { Change } from "../state/message-batch.ts";
import {
  commitGroup,
  type GroupBatch,
  groupCapacity,
  openGroupBatch,
  queueAct,
  queueText,
  withdrawEntries,
} from "./group-batch.ts";
import { writeRefusal } from "./send.ts";

/** Where a message of a group is. */
export interface GroupPlace {
  readonly group: Group;
  readonly at: number;
}

/** A message that is to be changed. */
interface Target {
  readonly batch: GroupBatch;
  readonly at: number;
  readonly row: MessageRow;
  /** Its outbox entry, where it was not sealed: no other node has it. */
  readonly unsealed: GroupEntry | undefined;
}

/** See `Messenger.edit`. */
export function editInGroup(
  context: Context,
  place: GroupPlace,
  text: string,
): Promise<MessageView> {
  checkText(text);
  return change(context, place, async (target) => {
    const { row, unsealed } = target;
    requireOwn(row);
    requireAlive(row);
    if (row.text === text) return row;
    if (unsealed !== undefined)
      return set(context, target, { ...row, text, rewritten: true }, "text");
    return amend(context, target, { kind: "edit", target: row.id, text });
  });
}

/** See `Messenger.delete`. */
export function eraseInGroup(context: Context, place: GroupPlace): Promise<MessageView> {
  return change(context, place, async (target) => {
    const { row, unsealed } = target;
    requireOwn(row);
    if (row.deleted) return row;
    if (unsealed === undefined && !wasEnded(row))
      return amend(context, target, { kind: "delete", target: row.id });
    takeOut(target);
    return set(context, target, emptied(advance(row, "cancel"), "deleted"), "text", "state");
  });
}

/** See `Messenger.react`. */
export function reactInGroup(
  context: Context,
  place: GroupPlace,
  emoji: string,
): Promise<MessageView> {
  requireReaction(emoji);
  return change(context, place, async (target) => {
    const { row } = target;
    requireAlive(row);
    if ((row.reactions?.out?.emoji ?? "") === emoji) return row;
    return amend(context, target, { kind: "reaction", target: row.id, emoji });
  });
}

/** See `Messenger.cancel`. */
export function cancelInGroup(context: Context, place: GroupPlace): Promise<MessageView> {
  return change(context, place, async (target) => {
    const { row, unsealed } = target;
    requireOwn(row);
    if (row.state === "cancelled" || row.state === "failed") return row;
    if (unsealed === undefined)
      throw new SottoError("message-sent", "The message may have been sent already.");
    takeOut(target);
    return set(context, target, advance(row, "cancel"), "state");
  });
}

/**
 * See `Messenger.resend`. A message of a group fails only before it was sealed: no other node has
 * it, so it is queued as a new one.
 */
export function resendInGroup(context: Context, { group, at }: GroupPlace): Promise<MessageView> {
  return withKnownOwner(context, group, async () => {
    const batch = openGroupBatch(context, group);
    const failed = requireMessage(await batch.changes.row(at));
    requireOwn(failed);
    if (failed.deleted) throw new SottoError("message-deleted", "This message was deleted.");
    if (failed.state !== "failed")
      throw new SottoError("message-not-failed", "This message did not fail.");
    refuse(writeRefusal(group) ?? groupCapacity(batch));
    const { key, text, replyTo, keep } = failed;
    const { key: _, ...left } = emptied(failed, "hidden");
    batch.changes.set(at, left, "text");
    const line = queueText(context, batch, {
      text,
      ...(key !== undefined && { key }),
      ...(replyTo !== undefined && { replyTo }),
      ...(keep !== undefined && { keep }),
    });
    await commitGroup(context, batch);
    return messageView(group, line.at, batch.changes.changed(line.at) ?? line.row);
  });
}

/**
 * Ends what waits to be sealed, since this node may not write any more. Requires the lock of the
 * group. @returns whether something waited.
 */
export async function failWaiting(context: Context, group: Group): Promise<boolean> {
  const batch = openGroupBatch(context, group);
  for (const { at, act, sealed } of group.outbox.values()) {
    if (act !== undefined || sealed !== undefined) continue;
    const row = await batch.changes.row(at);
    if (row !== undefined) batch.changes.set(at, advance(row, "abandon"), "state");
  }
  withdrawEntries(batch, ({ sealed }) => sealed === undefined);
  if (batch.gone.size === 0) return false;
  await commitGroup(context, batch);
  return true;
}

/** Changes a message under the lock of its group. @param job returns the row afterwards. */
function change(
  context: Context,
  { group, at }: GroupPlace,
  job: (target: Target) => Promise<MessageRow>,
): Promise<MessageView> {
  return withKnownOwner(context, group, async () => {
    const batch = openGroupBatch(context, group);
    const row = requireMessage(await batch.changes.row(at));
    const entry = group.outbox.get(at);
    const isUnsealed = entry?.act === undefined && row.lamport === PENDING;
    const after = await job({ batch, at, row, unsealed: isUnsealed ? entry : undefined });
    return messageView(group, at, batch.changes.changed(at) ?? after);
  });
}

const wasEnded = ({ state }: MessageRow): boolean => state === "cancelled" || state === "failed";

/** Takes a message and all actions on it out of the outbox. */
function takeOut({ batch, at, row }: Target): void {
  const deletion = { kind: "delete", target: row.id } as const;
  withdrawEntries(batch, (entry) => isSuperseded(entry, at, deletion));
}

async function set(
  context: Context,
  { batch, at }: Target,
  next: MessageRow,
  ...kinds: readonly Change[]
): Promise<MessageRow> {
  for (const kind of kinds) batch.changes.set(at, next, kind);
  await commitGroup(context, batch);
  return next;
}

/** Applies an action here, and queues it for the group. */
async function amend(context: Context, target: Target, body: MessageAction): Promise<MessageRow> {
  const { batch, at, row } = target;
  refuse(writeRefusal(batch.group));
  withdrawEntries(batch, (entry) => entry.sealed === undefined && isSuperseded(entry, at, body));
  refuse(groupCapacity(batch));
  const { id } = queueAct(context, batch, body);
  const next = applyAction(row, "out", { ...pendingPlace, id }, body);
  return set(context, target, next, actionRules[body.kind].changes);
}
