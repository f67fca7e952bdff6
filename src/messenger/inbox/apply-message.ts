/**
 * Applies an incoming message: a new line of the conversation, or the effect of an action on an
 * older one.
 */

import { type MessageId, messageId, never } from "../../base/index.ts";
import type { Store } from "../../ports/index.ts";
import {
  add,
  has,
  type ReceivedMessage,
  raise,
  type Settings,
  windowEnd,
} from "../../wire/index.ts";
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
import { advance } from "../model/delivery-state.ts";
import { type MessageRow, withoutUnread } from "../model/message.ts";
import { isLate, judgeLamport, withLamport, withStated, withText } from "../model/order.ts";
import type { BootstrapPort, MessengerPorts } from "../model/ports.ts";
import { withHosts } from "../outbox/share-bootstraps.ts";
import type { MessageBatch } from "../state/message-batch.ts";
import { applyEarlyActions, type EarlyAction, keepEarlyAction } from "./early-actions.ts";
import { type Holding, holdMessage, releaseMessage } from "./held-messages.ts";

/** Shown in place of a kind of message that this version does not know. */
const NEWER = "(a message from a newer version of Sotto: update Sotto to receive such messages)";

/** What messages change, built up before anything is committed. */
export interface IncomingBatch extends Holding {
  contact: Contact;
  readonly changes: MessageBatch;
  /** Acts on messages that are not here yet, by their places. */
  readonly early: Map<number, EarlyAction>;
  /** ms since 1970. */
  readonly now: number;
}

type Ports = Pick<MessengerPorts, "store" | "hosts">;

/**
 * Takes one message. What is here already, or may not change what it would, counts as received and
 * changes nothing. One whose Lamport value is refused counts as received and is held back.
 */
export async function applyMessage(
  ports: Ports,
  taking: IncomingBatch,
  message: ReceivedMessage,
): Promise<void> {
  const { conversation } = taking;
  const floor = raise(conversation.received, Math.min(message.settled, message.sequence - 1));
  if (message.sequence > windowEnd(floor)) return;
  const received = add(floor, message.sequence);
  if (judgeLamport(conversation, message.lamport) !== "accepted") {
    if (!has(conversation.received, message.sequence)) holdMessage(taking, message, received);
    return;
  }
  // Actions leave no id behind: a repetition is known by its sequence, and a new stream makes it do
  // the same again. Of a message only the id says whether it is here already, since either side may
  // begin to count again.
  const known = isShown(message)
    ? (await taking.changes.place(messageId.from(message.id))) !== undefined
    : has(conversation.received, message.sequence);
  taking.conversation = { ...conversation, received };
  if (!known) await applyAccepted(ports, taking, message);
}

/** Applies what is held back and accepted by now, since the greatest value has grown. */
export async function applyHeld(ports: Ports, taking: IncomingBatch): Promise<void> {
  for (;;) {
    const message = await releaseMessage(ports.store, taking);
    if (message === undefined) return;
    const here = isShown(message) && (await taking.changes.place(messageId.from(message.id)));
    if (here === false || here === undefined) await applyAccepted(ports, taking, message);
  }
}

type Shown = Extract<ReceivedMessage["body"], { text: string; kind: "text" | "newer" }>;

function isShown(message: ReceivedMessage): message is ReceivedMessage & { readonly body: Shown } {
  return message.body.kind === "text" || message.body.kind === "newer";
}

/**
 * Applies a message that is not here yet and whose value is accepted. One whose value too many
 * lines have already is counted and dropped.
 */
async function applyAccepted(
  { store, hosts }: Ports,
  taking: IncomingBatch,
  message: ReceivedMessage,
): Promise<void> {
  const addsLine = isShown(message) || message.body.kind === "timer";
  if (addsLine && (await taking.changes.isCrowded(message.lamport))) {
    const { dropped = 0 } = taking.conversation;
    taking.conversation = { ...taking.conversation, dropped: dropped + 1 };
    return;
  }
  taking.conversation = withLamport(taking.conversation, message.lamport);
  if (isShown(message)) return takeText(store, taking, message);
  const { body, lamport } = message;
  if (body.kind === "newer-act" || body.kind === "text" || body.kind === "newer") return;
  const stamp = { lamport, id: messageId.from(message.id) };
  await applyIncomingAction(taking, message, stamp, fromWire(body), hosts);
}

/**
 * The parents of a text, and those of them that are not here. A parent whose value is not below
 * that of the text is passed over: it cannot come before it.
 */
async function parentsOf(
  { conversation, changes }: IncomingBatch,
  lamport: number,
  parents: readonly Uint8Array[],
): Promise<{ readonly followed: MessageId[]; readonly missing: MessageId[] }> {
  const followed: MessageId[] = [];
  const missing: MessageId[] = [];
  for (const parent of parents) {
    const id = messageId.from(parent);
    const head = conversation.heads.find((each) => each.id === id);
    const at = head === undefined ? await changes.place(id) : undefined;
    const row = at === undefined ? undefined : await changes.row(at);
    if (((head ?? row)?.lamport ?? 0) >= lamport) continue;
    followed.push(id);
    // One that was deleted before it arrived is not coming.
    const deleted = conversation.early?.some(({ target }) => target === id) === true;
    if (head === undefined && at === undefined && !deleted) missing.push(id);
  }
  return { followed, missing };
}

async function takeText(
  store: Store,
  taking: IncomingBatch,
  { id, sequence, lamport, parents, sentAt, body }: ReceivedMessage & { readonly body: Shown },
): Promise<void> {
  const at = taking.conversation.nextAt;
  const { kind, text, replyTo, keep } = body;
  const { followed, missing } = await parentsOf(taking, lamport, parents);
  const stamp = { lamport, id: messageId.from(id) };
  const said: MessageRow = {
    id: stamp.id,
    direction: "in",
    text: kind === "newer" && text === "" ? NEWER : text,
    state: "received",
    sequence,
    lamport,
    parents: followed,
    ...(isLate(taking.conversation, stamp) && { late: true }),
    ...(missing.length > 0 && { missing }),
    sentAt,
    storedAt: taking.now,
    ...(keep !== undefined && { keep }),
    ...(replyTo && { replyTo: messageId.from(replyTo) }),
  };
  taking.conversation = withText(taking.conversation, stamp, followed);
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
  { sequence, sentAt }: ReceivedMessage,
  stamp: Stamp,
  body: ActionBody,
  hosts: BootstrapPort | undefined,
): Promise<void> {
  if (isMessageAction(body)) return applyToMessage(taking, stamp, body);
  switch (body.kind) {
    case "timer": {
      const { conversation } = taking;
      const set = withTimer(conversation, stamp, "in", body.ms);
      if (set === conversation) return;
      taking.conversation = set;
      showTimer(taking, "in", { sequence, sentAt, ...stamp, parents: [] }, body.ms);
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

/** Applies what the peer states of the conversation, on a new session or while we had no base. */
export async function applySettings(
  taking: IncomingBatch,
  { lamport, timer }: Pick<Settings, "lamport" | "timer">,
): Promise<void> {
  taking.conversation = withStated(taking.conversation, lamport);
  if (timer === undefined || judgeLamport(taking.conversation, timer.lamport) !== "accepted")
    return;
  const stamp = { lamport: timer.lamport, id: messageId.from(timer.id) };
  taking.conversation = withLamport(taking.conversation, timer.lamport);
  const by = timer.own === 1 ? "in" : "out";
  const set = withTimer(taking.conversation, stamp, by, timer.ms);
  if (set === taking.conversation) return;
  taking.conversation = set;
  if ((await taking.changes.place(stamp.id)) === undefined)
    showTimer(taking, by, { ...stamp, sequence: 0, sentAt: taking.now, parents: [] }, timer.ms);
}

/** Adds the line that shows who set the timer. */
function showTimer(
  taking: IncomingBatch,
  by: "in" | "out",
  { id, lamport, parents, sequence, sentAt }: Omit<Parameters<typeof timerNotice>[1], "storedAt">,
  ms: number,
): void {
  const at = taking.conversation.nextAt;
  const line = { id, lamport, parents, sequence, sentAt, storedAt: taking.now };
  taking.conversation = { ...taking.conversation, nextAt: at + 1 };
  taking.changes.set(at, advance(timerNotice(by, line, ms), "acknowledge"), "new");
}
