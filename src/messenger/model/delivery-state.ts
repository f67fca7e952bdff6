/**
 * The delivery state of an outgoing message: its states and their transitions. Pure.
 *
 * ```
 * queued ── accept ──> sent ── acknowledge ──> delivered ── read ──> read
 *   ^                   │
 *   └───── requeue ─────┘         queued, sent ── abandon ──> failed
 *                                 queued ──────── cancel ───> cancelled
 * in a group: queued ── hold ──> held ── acknowledge ──> delivered ── read ──> read
 * ```
 *
 * "sent" is true of one live link only: it is never stored, and it is derived from the link that
 * the peer has now, so that a link which closed or was replaced leaves no message sent.
 */
import { never } from "../../base/index.ts";
import type { MessageState } from "../../model/index.ts";
import type { PairConversation } from "./conversation.ts";
import type { Link, OutboxEntry } from "./peer.ts";

export type DeliveryState = Exclude<MessageState, "received">;

/** The states that are proven on the disk. */
export type StoredState = Exclude<DeliveryState, "sent">;

/**
 * accept: the stream of the live link accepted the bytes. requeue: that link closed or was replaced
 * before an acknowledgement. hold: the node of another member is proven to store the message.
 * acknowledge: the peer, or a member, has the message. read: its user has read it. abandon: it was
 * not acknowledged in time, or was deleted when it may have left already. cancel: the user took it
 * back before it left.
 */
export type Transition =
  | "accept"
  | "requeue"
  | "hold"
  | "acknowledge"
  | "read"
  | "abandon"
  | "cancel";

/** The state after each transition; a state that is not listed does not change. */
const transitions: Readonly<
  Record<Transition, Readonly<Partial<Record<DeliveryState, DeliveryState>>>>
> = {
  accept: { queued: "sent" },
  requeue: { sent: "queued" },
  hold: { queued: "held" },
  acknowledge: { queued: "delivered", sent: "delivered", held: "delivered" },
  read: { delivered: "read" },
  abandon: { queued: "failed", sent: "failed" },
  cancel: { queued: "cancelled" },
};

export function stateAfter(state: DeliveryState, transition: Transition): DeliveryState {
  return transitions[transition][state] ?? state;
}

/** Whether nothing more is to be done for the delivery of a message in this state. */
export function isSettled(state: DeliveryState): boolean {
  switch (state) {
    case "queued":
    case "sent":
      return false;
    case "held":
    case "delivered":
    case "read":
    case "failed":
    case "cancelled":
      return true;
    default:
      return never(state);
  }
}

/** The state of a message row; incoming messages have one state of their own. */
export type RowState = Exclude<MessageState, "sent">;

/** The row after a transition that is stored; the same object where its state does not change. */
export function advance<Row extends { readonly state: RowState }>(
  row: Row,
  transition: Exclude<Transition, "accept" | "requeue">,
): Row {
  if (row.state === "received") return row;
  const state = stateAfter(row.state, transition);
  return state === row.state || state === "sent" ? row : { ...row, state };
}

/** The part of an outbox entry that decides between queued and sent. */
type InTransit = Pick<OutboxEntry, "transit">;

/** What decides whether a message may have left. */
type Sealed = Pick<OutboxEntry, "at" | "sealed">;

/**
 * Whether the message of an entry certainly never left this node, so that nothing has to be sent to
 * take it back.
 */
export function neverLeft(entry: Readonly<Sealed>, { uncertainTo = 0 }: PairConversation): boolean {
  return entry.sealed === undefined && entry.at > uncertainTo;
}

/** Whether the bytes were given to this link: another one needs them again. */
export function isOn({ transit }: Readonly<InTransit>, link: Link): boolean {
  return transit?.link === link;
}

/** Gives the bytes to a link, which has yet to accept them. */
export function giveTo(entry: InTransit, link: Link): void {
  entry.transit = { link, accepted: false };
}

/** The state of a message with this entry in the outbox. @param link the peer's live link. */
export function stateInOutbox(
  { transit }: Readonly<InTransit>,
  link: Link | undefined,
): DeliveryState {
  const accepted = transit !== undefined && transit.link === link && transit.accepted;
  return accepted ? stateAfter("queued", "accept") : "queued";
}

/** The stream of a link accepted the bytes. @returns whether the message has become sent. */
export function accept(entry: InTransit, link: Link | undefined): boolean {
  const { transit } = entry;
  if (transit === undefined || transit.link !== link || transit.accepted) return false;
  transit.accepted = true;
  return true;
}

/** A link closed or was replaced. @returns whether the message was sent and is queued again. */
export function requeue(entry: InTransit, link: Link): boolean {
  const { transit } = entry;
  if (transit?.link !== link) return false;
  entry.transit = undefined;
  return transit.accepted;
}
