/**
 * What a message of the peer's changes here: a new line of the conversation, or what an act makes
 * of an older one.
 */

import { limits, type MessageId, messageId, never } from "../../base/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import { add, has, type ReceivedMessage, raise, windowEnd } from "../../wire/index.ts";
import type { ActionBody, Stamp } from "../model/actions.ts";
import { applyAction, fromWire, timerNotice, withTimer } from "../model/apply-action.ts";
import type { Contact } from "../model/contact.ts";
import type { MessageRow } from "../model/message.ts";
import type { BootstrapPort, MessengerPorts } from "../model/ports.ts";
import { withHosts } from "../outbox/share-bootstraps.ts";
import type { MessageBatch } from "../state/message-batch.ts";
import { applyEarlyActions, type EarlyAction, keepEarlyAction } from "./early-actions.ts";

/** Shown in place of a kind of message that this version does not know. */
const NEWER = "(a message made by a newer Sotto: update yours to see what comes next)";

/** A peer may claim any time; ours must still be able to grow beyond it. */
const LAMPORT_MAX = 2 ** 48;

/** What messages change, built up before anything is committed. */
export interface IncomingBatch {
  contact: Contact;
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
  const { contact } = taking;
  const floor = raise(contact.received, Math.min(message.settled, message.sequence - 1));
  if (message.sequence > windowEnd(floor)) return;
  const received = add(floor, message.sequence);
  const id = messageId.from(message.id);
  const { body } = message;
  switch (body.kind) {
    case "text":
    case "newer": {
      // The id alone tells whether a message is here already: a count may start anew on either
      // side.
      if ((await taking.changes.place(id)) !== undefined) taking.contact = { ...contact, received };
      else {
        taking.contact = { ...heard(contact, message, id), received };
        await takeText(store, taking, message, body);
      }
      return;
    }
    case "newer-act":
      taking.contact = { ...heard(contact, message, id), received };
      return;
    default:
      // Acts leave no id behind: of one that comes again its sequence tells, and a new count makes
      // it do the same again.
      if (has(contact.received, message.sequence)) return;
      taking.contact = { ...heard(contact, message, id), received };
      await applyIncomingAction(
        taking,
        message,
        { lamport: message.lamport, id },
        fromWire(body),
        hosts,
      );
  }
}

/** The contact's view of the order of things, with one more message in it. */
function heard(contact: Contact, { lamport, parents }: ReceivedMessage, id: MessageId): Contact {
  const named = parents.map((parent) => messageId.from(parent));
  const heads = contact.heads.filter((head) => head !== id && !named.includes(head));
  return {
    ...contact,
    lamport: Math.max(contact.lamport, Math.min(lamport, LAMPORT_MAX)) + 1,
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
  const at = taking.contact.nextAt;
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
  const { contact, ops, row } = await applyEarlyActions(store, taking.contact, taking.early, said);
  taking.ops.push(...ops);
  taking.changes.set(at, row, "new");
  // What was deleted before it came needs no reading.
  const unread = contact.unread + (row.deleted ? 0 : 1);
  taking.contact = { ...contact, nextAt: at + 1, unread };
  if (keep !== undefined && contact.timedFrom === undefined)
    taking.contact = { ...taking.contact, timedFrom: at };
}

async function applyIncomingAction(
  taking: IncomingBatch,
  { sequence, sentAt }: ReceivedMessage,
  stamp: Stamp,
  body: ActionBody,
  hosts: BootstrapPort | undefined,
): Promise<void> {
  const { changes } = taking;
  switch (body.kind) {
    case "timer": {
      const { contact } = taking;
      const set = withTimer(contact, stamp, body.ms);
      if (set === contact) return;
      const at = contact.nextAt;
      taking.contact = { ...set, nextAt: at + 1 };
      const line = { ...stamp, sequence, sentAt, parents: [], storedAt: taking.now };
      changes.set(at, timerNotice("in", line, body.ms), "new");
      return;
    }
    case "hosts":
      taking.contact = withHosts(taking.contact, stamp, body.hosts, taking.now, hosts);
      return;
    case "edit":
    case "delete":
    case "reaction": {
      const at = await changes.place(body.target);
      const row = at === undefined ? undefined : await changes.row(at);
      // What is said of a message that is gone goes with it.
      if (at !== undefined && row === undefined) return;
      if (at === undefined || row === undefined) {
        const { contact, ops } = keepEarlyAction(taking.contact, taking.early, stamp, body);
        taking.contact = contact;
        taking.ops.push(...ops);
        return;
      }
      const next = applyAction(row, "in", stamp, body);
      if (next !== row) changes.set(at, next, body.kind === "reaction" ? "reaction" : "text");
      return;
    }
    default:
      never(body);
  }
}
