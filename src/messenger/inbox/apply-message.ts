/**
 * Applies an incoming message of a contact: a new line of the conversation, or the effect of an
 * action on an older one or on a setting.
 */

import { messageId, never } from "../../base/index.ts";
import {
  add,
  has,
  type ReceivedMessage,
  raise,
  type Settings,
  windowEnd,
} from "../../wire/index.ts";
import { type ActionBody, fromWire, isMessageAction, type Stamp } from "../model/actions.ts";
import { timerNotice, withTimer } from "../model/apply-action.ts";
import type { Contact } from "../model/contact.ts";
import type { PairConversation } from "../model/conversation.ts";
import { advance } from "../model/delivery-state.ts";
import { judgeLamport, withLamport, withStated } from "../model/order.ts";
import type { BootstrapPort, MessengerPorts } from "../model/ports.ts";
import { withHosts } from "../outbox/share-bootstraps.ts";
import { keepInvitation } from "./group-invitations.ts";
import { holdMessage, releaseMessage } from "./held-messages.ts";
import { applyToMessage, isShown, type Taking, takeText } from "./incoming.ts";

/** What messages change, built up before anything is committed. */
export interface IncomingBatch extends Taking<PairConversation, ReceivedMessage> {
  contact: Contact;
  /** An action about a group was kept for the groups of this node. */
  invited: boolean;
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
    const known = has(conversation.received, message.sequence);
    taking.conversation = { ...conversation, received };
    if (!known) holdMessage(taking, message);
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
  const { sequence } = message;
  if (isShown(message)) return takeText(store, taking, message, { direction: "in", sequence });
  const { body, lamport } = message;
  if (body.kind === "newer-act" || body.kind === "text" || body.kind === "newer") return;
  const stamp = { lamport, id: messageId.from(message.id) };
  await applyIncomingAction(taking, message, stamp, fromWire(body), hosts);
}

async function applyIncomingAction(
  taking: IncomingBatch,
  { sequence, sentAt }: ReceivedMessage,
  stamp: Stamp,
  body: ActionBody,
  hosts: BootstrapPort | undefined,
): Promise<void> {
  if (isMessageAction(body)) return applyToMessage(taking, "in", stamp, body);
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
    case "groupInvite":
    case "groupJoin":
    case "groupWelcome":
      keepInvitation(taking, body);
      return;
    default:
      never(body);
  }
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
