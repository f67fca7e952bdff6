/**
 * Turns texts and actions into queued messages: each is stored with its outbox entry, a batch in
 * one commit, and sealed and posted at once if the link is free.
 */
import { limits, messageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { Session } from "../../ratchet/index.ts";
import { type Action, type ActionBody, actionRules } from "../model/actions.ts";
import { type Contact, withConversation } from "../model/contact.ts";
import type { PairConversation } from "../model/conversation.ts";
import { giveTo } from "../model/delivery-state.ts";
import {
  idempotencyKey,
  type MessagePlace,
  type MessageRow,
  messageView,
} from "../model/message.ts";
import { isExhausted, type OrderPlace, pendingPlace } from "../model/order.ts";
import {
  type Link,
  type OutboxEntry,
  type Peer,
  type PendingText,
  pendingCount,
} from "../model/peer.ts";
import { drop, encodeRow, put } from "../model/rows.ts";
import { dropEntry, putEntry, sessionOps } from "../state/contact-store.ts";
import type { Context } from "../state/context.ts";
import { draftKey } from "../state/conversations.ts";
import { commitMessages, MessageBatch } from "../state/message-batch.ts";
import { replaceSession, stepDraft, withDraft } from "../state/session-draft.ts";
import type { StoreEvent } from "../state/store-events.ts";
import { answerRefusal, composeKeyed } from "./compose.ts";
import { clearAhead, closeGaps, markSent, pump, renumber } from "./outbox.ts";
import { capacityRefusal, contactRefusal } from "./preconditions.ts";
import { settledUpTo } from "./receipts.ts";
import { post, ratchetFrame, sealMessage } from "./seal.ts";
import { stamp } from "./stamp.ts";

/** Everything that the messages at hand change, built up before anything is committed. */
export interface Batch {
  readonly peer: Peer;
  contact: Contact;
  /** Replaces the contact's once the batch is done. */
  conversation: PairConversation;
  /** Moves on as messages are sealed; `undefined` where they wait for the link. */
  session: Session | undefined;
  readonly link: Link | undefined;
  readonly changes: MessageBatch;
  readonly ops: StoreOp[];
  readonly entries: OutboxEntry[];
  readonly frames: Uint8Array[];
  /**
   * Places of entries that this batch takes out of the outbox, and the entries that get other
   * numbers by it.
   */
  readonly gone: Set<number>;
  readonly moved: OutboxEntry[];
  /** A text of it was written, so the draft is deleted. */
  dropsDraft: boolean;
}

/** Begins a batch. Requires the contact lock. @param bytes size of the texts at most. */
export function openBatch(context: Context, peer: Peer, bytes: number): Batch {
  const atOnce = clearAhead(peer) && bytes <= limits.sendBytes;
  return {
    peer,
    contact: peer.contact,
    conversation: peer.contact.conversation,
    session: atOnce ? peer.session : undefined,
    link: atOnce ? peer.link : undefined,
    changes: new MessageBatch(context.store, peer.contact.conversation),
    ops: [],
    entries: [],
    frames: [],
    gone: new Set(),
    moved: [],
    dropsDraft: false,
  };
}

/** Why no message or action of the user can be added: outbox-full. */
export function queueRefusal({ peer, gone, entries }: Batch): SottoError | undefined {
  return capacityRefusal(pendingCount(peer) - gone.size + entries.length);
}

/**
 * Stores texts in one batch. Requires the contact lock. @returns what is shown of each draft, in
 * their order; an error where one is not sent.
 */
export async function accept(
  context: Context,
  peer: Peer,
  drafts: readonly PendingText[],
): Promise<(MessageView | SottoError)[]> {
  // A UTF-16 unit has three bytes of UTF-8 at most.
  const batch = openBatch(
    context,
    peer,
    drafts.reduce((sum, { text }) => sum + 3 * text.length, 0),
  );
  const shown = await withDraft(
    peer,
    () => batch.session,
    async () => {
      const made = await composeKeyed(context, peer, drafts, (draft) =>
        compose(context, peer, batch, draft),
      );
      if (batch.entries.length > 0) await commit(context, peer, batch);
      return made;
    },
  );
  return shown.map((made) => {
    const row = made instanceof SottoError ? undefined : batch.changes.changed(made.at);
    if (row === undefined || made instanceof SottoError) return made;
    // With its numbers, and in the state in which it was stored.
    return { ...messageView(peer, made.at, row), state: made.state };
  });
}

async function compose(
  context: Context,
  peer: Peer,
  batch: Batch,
  { text, key, replyTo }: PendingText,
): Promise<MessageView | SottoError> {
  const refused =
    contactRefusal(batch.contact) ??
    queueRefusal(batch) ??
    (await answerRefusal(batch.changes, replyTo));
  if (refused !== undefined) return refused;
  const timer = batch.conversation.timer?.ms ?? 0;
  const row: Omit<MessageRow, "sequence" | "sentAt"> = {
    id: messageId.from(context.crypto.random(16)),
    ...pendingPlace,
    direction: "out",
    text,
    state: "queued",
    ...(timer !== 0 && { keep: timer }),
    ...(key !== undefined && { key }),
    ...(replyTo !== undefined && { replyTo }),
  };
  batch.dropsDraft = context.conversations.hasDraft(batch.conversation.ref);
  const line = await enqueueText(context, batch, row);
  return messageView(peer, line.at, line.row);
}

/**
 * Puts a text of ours into the batch: a new line, with the next number and the time of now.
 * @returns it as it was put there, and its position.
 */
export async function enqueueText(
  context: Context,
  batch: Batch,
  text: Omit<MessageRow, "sequence" | "sentAt">,
): Promise<{ readonly at: number; readonly row: MessageRow }> {
  const { nextAt: at, sequence, ref } = batch.conversation;
  const row: MessageRow = { ...text, sequence: sequence + 1, sentAt: context.clock.now() };
  batch.changes.set(at, row, "new");
  await enqueue(context, batch, row);
  if (row.key !== undefined) {
    const made = encodeRow({ at } satisfies MessagePlace);
    batch.ops.push(put(idempotencyKey(ref, row.key), made));
  }
  return { at, row };
}

/** A line that an action of ours makes, at its position. */
export interface ActLine extends Pick<MessageRow, "id" | "sequence" | "sentAt">, OrderPlace {
  readonly at: number;
}

/**
 * Puts an action into the batch. Throws order-exhausted where it would not hold.
 * @param apply puts it into effect here; called before it is sealed.
 */
export async function enqueueAct(
  context: Context,
  batch: Batch,
  body: ActionBody,
  apply: (line: ActLine) => void = () => undefined,
): Promise<ActLine> {
  if (actionRules[body.kind].ordered && isExhausted(batch.conversation))
    throw new SottoError(
      "order-exhausted",
      "No change would hold: this contact has used up the order of the conversation.",
    );
  const { sequence: newest } = batch.conversation;
  const [id, sequence] = [messageId.from(context.crypto.random(16)), newest + 1];
  const sentAt = context.clock.now();
  const line = { id, sequence, sentAt, ...pendingPlace, at: batch.conversation.nextAt };
  apply(line);
  await enqueue(context, batch, { id, sequence }, { body, sentAt, ...pendingPlace });
  return line;
}

/**
 * Takes open entries out of the outbox that are useless by now. Call it before anything is added:
 * what the batch has added already would count as settled.
 */
export async function withdraw(
  peer: Peer,
  batch: Batch,
  which: (entry: OutboxEntry) => boolean,
): Promise<void> {
  for (const entry of peer.outbox.values()) {
    if (!which(entry)) continue;
    batch.gone.add(entry.at);
    batch.ops.push(dropEntry(batch.conversation.ref, entry.at));
  }
  const { conversation, gone } = batch;
  const { moved, free } = await closeGaps(peer, batch.changes, gone);
  for (const entry of moved) batch.ops.push(putEntry(conversation.ref, entry.at, entry));
  batch.moved.push(...moved);
  const settled = settledUpTo(conversation, peer.outbox.values(), gone);
  batch.conversation = { ...conversation, settled, sequence: conversation.sequence - free };
}

/**
 * Gives the message its place and its entry in the outbox, sealed if the batch goes out at once.
 */
async function enqueue(
  context: Context,
  batch: Batch,
  { id, sequence }: Pick<OutboxEntry, "id" | "sequence">,
  act?: Action,
): Promise<void> {
  const at = batch.conversation.nextAt;
  const { session, link } = batch;
  batch.conversation = { ...batch.conversation, sequence, nextAt: at + 1 };
  const entry: OutboxEntry = {
    id,
    at,
    sequence,
    ...(act && { act }),
    sealed: undefined,
    session: undefined,
    transit: undefined,
  };
  const stamped = session && link && (await stamp(batch.changes, batch.conversation, entry));
  if (stamped) {
    const { conversation, outgoing } = stamped;
    batch.conversation = conversation;
    const { sealed, next } = sealMessage(context, session, conversation.settled, entry, outgoing);
    batch.session = stepDraft(batch.peer, session, next);
    batch.frames.push(ratchetFrame(sealed));
    entry.sealed = sealed;
    entry.session = next.id;
    if (stamped.act !== undefined) entry.act = stamped.act;
    giveTo(entry, link);
  }
  batch.entries.push(entry);
  batch.ops.push(putEntry(batch.conversation.ref, at, entry));
}

/** The contact as the batch will leave it. */
export function contactOf({ contact, conversation }: Batch): Contact {
  return withConversation(contact, conversation);
}

/** Writes the batch, and hands it to the link or the pump. */
export async function commit(
  context: Context,
  peer: Peer,
  batch: Batch,
  more: readonly StoreEvent[] = [],
): Promise<void> {
  const { session, link, entries, changes } = batch;
  const contact = contactOf(batch);
  const ops = [...batch.ops];
  const { ref } = batch.conversation;
  if (batch.dropsDraft) ops.push(drop(draftKey(ref)));
  if (session !== undefined && session !== peer.session)
    ops.push(...sessionOps(contact.ref, peer.session, session));
  const tell = await withDraft(
    peer,
    () => session,
    async () => {
      const change = { kind: "contact", owner: peer, next: contact } as const;
      const committed = await commitMessages(context, change, changes, ops, more);
      if (session !== undefined) replaceSession(peer, session);
      return committed;
    },
  );
  peer.contact = contact;
  renumber(peer, batch.moved);
  for (const at of batch.gone) peer.outbox.delete(at);
  for (const entry of entries) peer.outbox.set(entry.at, entry);
  if (batch.dropsDraft) {
    context.conversations.setDraft(ref, "");
    context.shredder.soon();
  }
  const posted = link && batch.frames.length > 0 ? post(link, batch.frames) : undefined;
  tell();
  if (link === undefined || posted === undefined) {
    pump(context, peer);
    return;
  }
  void posted
    .then((taken) => (taken ? markSent(context, peer, entries) : undefined))
    .catch(() => undefined);
}
