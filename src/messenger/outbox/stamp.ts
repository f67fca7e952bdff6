/**
 * Stamps an outbox entry when it is sealed for the first time (docs/SPEC.md §8, Order): from then
 * on its Lamport value and its parents never change. What is withdrawn before leaves no gap in the
 * values, so that a peer that was absent for long still accepts the next message.
 */
import { never } from "../../base/index.ts";
import { type Action, isMessageAction } from "../model/actions.ts";
import type { Conversation } from "../model/conversation.ts";
import type { MessageRow } from "../model/message.ts";
import { nextPlace, PENDING, withLamport, withText } from "../model/order.ts";
import type { OutboxEntry } from "../model/peer.ts";
import type { MessageBatch } from "../state/message-batch.ts";
import { type Outgoing, outgoingAct, outgoingText } from "./seal.ts";

interface Stamped<Kind extends Conversation> {
  readonly conversation: Kind;
  readonly outgoing: Outgoing;
  /** The action as it is stored from now on; absent for a text. */
  readonly act?: Action;
}

/**
 * What an entry sends, stamped. @param changes gets the rows that show the stamp.
 * @returns `undefined` where the message of the entry is lost.
 */
export async function stamp<Kind extends Conversation>(
  changes: MessageBatch,
  conversation: Kind,
  { id, at, act }: Pick<OutboxEntry, "id" | "at" | "act">,
): Promise<Stamped<Kind> | undefined> {
  const place = nextPlace(conversation);
  const later = withLamport(conversation, place.lamport);
  if (act === undefined) {
    const row = await changes.row(at);
    if (row === undefined) return undefined;
    if (row.lamport !== PENDING) return { conversation, outgoing: outgoingText(row) };
    const stamped: MessageRow = { ...row, ...place };
    changes.set(at, stamped, "number");
    const { lamport, parents } = place;
    const next = withText(later, { lamport, id }, parents);
    return { conversation: next, outgoing: outgoingText(stamped) };
  }
  if (act.lamport !== PENDING) return { conversation, outgoing: outgoingAct(act), act };
  const stamped: Action = { ...act, ...place };
  return {
    conversation: await withRegister(changes, later, { id, at, act: stamped }),
    outgoing: outgoingAct(stamped),
    act: stamped,
  };
}

/** Stamps what an action of ours has changed here, where nothing newer has changed it since. */
async function withRegister<Kind extends Conversation>(
  changes: MessageBatch,
  conversation: Kind,
  { id, at, act }: Pick<OutboxEntry, "id" | "at"> & { readonly act: Action },
): Promise<Kind> {
  const { body, lamport, parents } = act;
  if (isMessageAction(body)) {
    const target = await changes.place(body.target);
    const row = target === undefined ? undefined : await changes.row(target);
    if (target === undefined || row === undefined) return conversation;
    const { edited, reactions } = row;
    if (edited?.id === id) changes.set(target, { ...row, edited: { lamport, id } }, "number");
    const own = reactions?.out;
    if (own?.id === id)
      changes.set(
        target,
        { ...row, reactions: { ...reactions, out: { ...own, lamport } } },
        "number",
      );
    return conversation;
  }
  switch (body.kind) {
    case "timer": {
      const notice = await changes.row(at);
      if (notice !== undefined) changes.set(at, { ...notice, lamport, parents }, "number");
      const { timer } = conversation;
      return timer?.id === id ? { ...conversation, timer: { ...timer, lamport } } : conversation;
    }
    case "hosts":
    case "groupInvite":
    case "groupJoin":
    case "groupWelcome":
      return conversation;
    default:
      return never(body);
  }
}
