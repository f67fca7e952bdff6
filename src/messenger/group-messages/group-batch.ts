/**
 * What a change of a group's conversation writes, built up and committed in one batch under the
 * lock of the group.
 */
import { messageId, SottoError } from "../../base/index.ts";
import { groupMessageId } from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { MoreChanges } from "../group-state/conversation-ports.ts";
import type { Group } from "../group-state/group.ts";
import type { StreamDraft } from "../group-state/streams.ts";
import { type ActionBody, actionRules } from "../model/actions.ts";
import type { Conversation } from "../model/conversation.ts";
import { idempotencyKey, type MessagePlace, type MessageRow } from "../model/message.ts";
import { isExhausted, pendingPlace } from "../model/order.ts";
import { takeUp } from "../model/owner.ts";
import type { GroupEntry } from "../model/peer.ts";
import { drop, encodeRow, put } from "../model/rows.ts";
import { capacityRefusal } from "../outbox/preconditions.ts";
import { dropEntry, putGroupEntry } from "../state/contact-store.ts";
import type { Context } from "../state/context.ts";
import { draftKey } from "../state/conversations.ts";
import { commitMessages, MessageBatch } from "../state/message-batch.ts";

export interface GroupBatch {
  readonly group: Group;
  /** Replaces the group's once the batch is on disk. */
  conversation: Conversation;
  readonly changes: MessageBatch;
  readonly streams: StreamDraft;
  readonly ops: StoreOp[];
  /** Outbox entries that are new or changed, and the positions of those that are taken out. */
  readonly entries: GroupEntry[];
  readonly gone: Set<number>;
  /** A text of it was written, so the draft is deleted. */
  dropsDraft: boolean;
}

/** Begins a batch. Requires the lock of the group. */
export function openGroupBatch({ store }: Pick<Context, "store">, group: Group): GroupBatch {
  const { conversation, ref } = group.row;
  return {
    ...{ group, conversation, changes: new MessageBatch(store, conversation) },
    ...{ streams: group.streams.draft(ref), ops: [], entries: [], gone: new Set() },
    dropsDraft: false,
  };
}

/** Why nothing more can be queued: outbox-full. */
export function groupCapacity({ group, entries, gone }: GroupBatch): SottoError | undefined {
  return capacityRefusal(group.outbox.size - gone.size + entries.length);
}

/** An id of a message of ours: its random part travels, and others derive the id as we do. */
function newId({ crypto }: Context, { row }: Group): Pick<GroupEntry, "id" | "rawId"> {
  const rawId = crypto.random(16);
  return { rawId, id: messageId.from(groupMessageId(crypto, row.us, rawId)) };
}

/** Queues a text as a new line. @returns it as it is stored, and its position. */
export function queueText(
  context: Context,
  batch: GroupBatch,
  text: Pick<MessageRow, "text" | "replyTo" | "key" | "keep">,
): { readonly at: number; readonly row: MessageRow } {
  const { nextAt: at, ref } = batch.conversation;
  const { id, rawId } = newId(context, batch.group);
  const row: MessageRow = {
    ...{ id, ...pendingPlace, direction: "out", state: "queued", sequence: 0 },
    ...{ sentAt: context.clock.now(), ...text },
  };
  batch.changes.set(at, row, "new");
  batch.conversation = { ...batch.conversation, nextAt: at + 1 };
  putEntry(batch, { id, rawId, at });
  if (row.key !== undefined) {
    const made = encodeRow({ at } satisfies MessagePlace);
    batch.ops.push(put(idempotencyKey(ref, row.key), made));
  }
  return { at, row };
}

/**
 * Queues an action. Throws order-exhausted where it would not hold.
 * @returns its id, by which what it changes here is stamped once it is sealed.
 */
export function queueAct(
  context: Context,
  batch: GroupBatch,
  body: ActionBody,
): Pick<GroupEntry, "id"> {
  if (actionRules[body.kind].ordered && isExhausted(batch.conversation))
    throw new SottoError(
      "order-exhausted",
      "No change would hold: a member has used up the order of the conversation.",
    );
  const { nextAt: at } = batch.conversation;
  const { id, rawId } = newId(context, batch.group);
  batch.conversation = { ...batch.conversation, nextAt: at + 1 };
  putEntry(batch, { id, rawId, at, act: { body, ...pendingPlace, sentAt: context.clock.now() } });
  return { id };
}

/** Writes an entry of the outbox that is new or changed. */
export function putEntry(batch: GroupBatch, entry: GroupEntry): void {
  batch.entries.push(entry);
  batch.ops.push(putGroupEntry(batch.conversation.ref, entry));
}

/** Takes entries out of the outbox. */
export function withdrawEntries(batch: GroupBatch, which: (entry: GroupEntry) => boolean): void {
  for (const entry of batch.group.outbox.values()) {
    if (!which(entry) || batch.gone.has(entry.at)) continue;
    batch.gone.add(entry.at);
    batch.ops.push(dropEntry(batch.conversation.ref, entry.at));
  }
}

/** Commits the batch with the changes of other parts, takes it up and reports it. */
export async function commitGroup(
  context: Context,
  batch: GroupBatch,
  ...more: readonly MoreChanges[]
): Promise<void> {
  const { group, conversation, changes, streams } = batch;
  const { ref } = conversation;
  const next = conversation === group.row.conversation ? group.row : { ...group.row, conversation };
  const change = { kind: "group", owner: group, next } as const;
  const ops = [...batch.ops, ...streams.ops(), ...more.flatMap((each) => each.ops)];
  if (batch.dropsDraft) ops.push(drop(draftKey(ref)));
  const tell = await commitMessages(context, change, changes, ops);
  takeUp(change);
  streams.take();
  for (const { apply } of more) apply();
  for (const at of batch.gone) group.outbox.delete(at);
  for (const entry of batch.entries)
    if (!batch.gone.has(entry.at)) group.outbox.set(entry.at, entry);
  if (batch.dropsDraft) {
    context.conversations.setDraft(ref, "");
    context.shredder.soon();
  }
  tell();
}
