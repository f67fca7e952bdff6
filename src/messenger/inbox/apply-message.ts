/**
 * Applies an incoming message: a new line of the conversation, or the effect of an action on an
 * older one.
 */

import { limits, type MessageId, messageId, never } from "../../base/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import { add, has, type ReceivedMessage, raise, windowEnd } from "../../wire/index.ts";
import {
  type ActionBody,
  actionRules,
  fromWire,
  isMessageAction,
  type MessageAction,
  type Stamp,
} from "../model/actions.ts";
import { applyAction, timerNotice, withTimer } from "../model/apply-action.ts";
import type { Contact } from "../model/contact.ts";
import type { Conversation, PairConversation } from "../model/conversation.ts";
import { type MessageRow, withoutUnread } from "../model/message.ts";
import type { BootstrapPort, MessengerPorts } from "../model/ports.ts";
import { withHosts } from "../outbox/share-bootstraps.ts";
import type { MessageBatch } from "../state/message-batch.ts";
import { applyEarlyActions, type EarlyAction, keepEarlyAction } from "./early-actions.ts";

/** Shown in place of a kind of message that this version does not know. */
const NEWER = "(a message from a newer version of Sotto: update Sotto to receive such messages)";

/** A peer may claim any time; ours must still be able to grow beyond it. */
const LAMPORT_MAX = 2 ** 48;

/** What messages change, built up before anything is committed. */
export interface IncomingBatch {
  contact: Contact;
  /** Replaces the contact's once the batch is done. */
  conversation: PairConversation;
  readonly changes: MessageBatch;
  /** Acts on messages that are not here yet, by their places. */
  readonly early: Map<number, EarlyAction>;
  readonly ops: StoreOp[];
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Takes one message. What is here already, or may not change what it would, counts as received and
 * changes nothing.
 */
export async function applyMessage(
  { store, hosts }: Pick<MessengerPorts, "store" | "hosts">,
  taking: IncomingBatch,
  message: ReceivedMessage,
): Promise<void> {
  const { conversation } = taking;
  const floor = raise(conversation.received, Math.min(message.settled, message.sequence - 1));
  if (message.sequence > windowEnd(floor)) return;
  const received = add(floor, message.sequence);
  const id = messageId.from(message.id);
  const { body } = message;
  switch (body.kind) {
    case "text":
    case "newer": {
      // Only the id says whether a message is here already: a count may start again on either
      // side.
      if ((await taking.changes.place(id)) !== undefined)
        taking.conversation = { ...conversation, received };
      else {
        taking.conversation = { ...ordered(conversation, message, id), received };
        await takeText(store, taking, message, body);
      }
      return;
    }
    case "newer-act":
      taking.conversation = { ...ordered(conversation, message, id), received };
      return;
    default:
      // Acts leave no id behind: of one that comes again its sequence tells, and a new count makes
      // it do the same again.
      if (has(conversation.received, message.sequence)) return;
      taking.conversation = { ...ordered(conversation, message, id), received };
      await applyIncomingAction(
        taking,
        message,
        { lamport: message.lamport, id },
        fromWire(body),
        hosts,
      );
  }
}

/** The conversation with one more message in its order. */
function ordered<Kind extends Conversation>(
  conversation: Kind,
  { lamport, parents }: Pick<ReceivedMessage, "lamport" | "parents">,
  id: MessageId,
): Kind {
  const named = parents.map((parent) => messageId.from(parent));
  const heads = conversation.heads.filter((head) => head !== id && !named.includes(head));
  return {
    ...conversation,
    lamport: Math.max(conversation.lamport, Math.min(lamport, LAMPORT_MAX)) + 1,
    heads: [...heads, id].slice(-limits.parents),
  };
}

async function takeText(
  store: Store,
  taking: IncomingBatch,
  { id, sequence, lamport, parents, sentAt }: ReceivedMessage,
  {
    kind,
    text,
    replyTo,
    keep,
  }: Extract<ReceivedMessage["body"], { text: string; kind: "text" | "newer" }>,
): Promise<void> {
  const at = taking.conversation.nextAt;
  const said: MessageRow = {
    id: messageId.from(id),
    direction: "in",
    text: kind === "newer" && text === "" ? NEWER : text,
    state: "received",
    sequence,
    lamport,
    parents: parents.map((parent) => messageId.from(parent)),
    sentAt,
    storedAt: taking.now,
    ...(keep !== undefined && { keep }),
    ...(replyTo && { replyTo: messageId.from(replyTo) }),
  };
  const early = await applyEarlyActions(store, taking.conversation, taking.early, said);
  const { conversation, ops, row } = early;
  taking.ops.push(...ops);
  taking.changes.set(at, row, "new");
  // What was deleted before it came needs no reading.
  const unread = conversation.unread + (row.deleted ? 0 : 1);
  taking.conversation = { ...conversation, nextAt: at + 1, unread };
}

async function applyIncomingAction(
  taking: IncomingBatch,
  received: ReceivedMessage,
  stamp: Stamp,
  body: ActionBody,
  hosts: BootstrapPort | undefined,
): Promise<void> {
  if (isMessageAction(body)) return applyToMessage(taking, stamp, body);
  switch (body.kind) {
    case "timer": {
      const { conversation } = taking;
      const set = withTimer(conversation, stamp, body.ms);
      if (set === conversation) return;
      const at = conversation.nextAt;
      taking.conversation = { ...set, nextAt: at + 1 };
      const { sequence, sentAt } = received;
      const line = { ...stamp, sequence, sentAt, parents: [], storedAt: taking.now };
      taking.changes.set(at, timerNotice("in", line, body.ms), "new");
      return;
    }
    case "hosts":
      taking.contact = withHosts(taking.contact, stamp, body.hosts, taking.now, hosts);
      return;
    default:
      never(body);
  }
}

async function applyToMessage(
  taking: IncomingBatch,
  stamp: Stamp,
  body: MessageAction,
): Promise<void> {
  const { changes } = taking;
  const at = await changes.place(body.target);
  const row = at === undefined ? undefined : await changes.row(at);
  if (at === undefined) {
    const kept = keepEarlyAction(taking.conversation, taking.early, stamp, body);
    taking.conversation = kept.conversation;
    taking.ops.push(...kept.ops);
    return;
  }
  // A message that was deleted here stays deleted.
  if (row === undefined) return;
  const next = applyAction(row, "in", stamp, body);
  if (next === row) return;
  changes.set(at, next, actionRules[body.kind].changes);
  if (next.deleted) taking.conversation = withoutUnread(taking.conversation, at, row);
}
