/**
 * Lamport time (docs/SPEC.md §8, Order): the rule that every value of a conversation obeys, its
 * own side's and the peer's, of messages and of settings. Pure.
 */
import { limits, type MessageId, messageId, toHex } from "../../base/index.ts";
import type { Stamp } from "./actions.ts";
import type { Conversation } from "./conversation.ts";

/**
 * The value of what was not sealed yet: it is stamped when it is sealed for the first time, and is
 * later than everything that has a value by then. No value on the wire is 0.
 */
export const PENDING = 0;

/** The greatest value that a message may have. */
const GREATEST = limits.lamport - 1;

/** Where a message is in the order of its conversation. */
export interface OrderPlace {
  readonly lamport: number;
  readonly parents: readonly MessageId[];
}

/** The place of what is not sealed yet. */
export const pendingPlace: OrderPlace = { lamport: PENDING, parents: [] };

/**
 * Whether a conversation accepts a value. ahead: not yet, since it is more than
 * `limits.lamportStep` above the greatest. invalid: never.
 */
export function judgeLamport(
  { lamport: greatest }: Pick<Conversation, "lamport">,
  lamport: number,
): "accepted" | "ahead" | "invalid" {
  if (lamport > GREATEST) return "invalid";
  return lamport <= greatest + limits.lamportStep ? "accepted" : "ahead";
}

/** The conversation after it accepted a value: its greatest value never falls. */
export function withLamport<Kind extends Conversation>(conversation: Kind, lamport: number): Kind {
  return lamport <= conversation.lamport ? conversation : { ...conversation, lamport };
}

/** The place of what is sealed next: one above the greatest value, after the newest texts. */
export function nextPlace({ lamport, heads }: Conversation): OrderPlace {
  return { lamport: Math.min(lamport + 1, GREATEST), parents: heads.map(({ id }) => id) };
}

/** Whether there is a value left above those of the conversation. */
export function isExhausted({ lamport }: Conversation): boolean {
  return lamport >= GREATEST;
}

/**
 * The conversation after the peer stated its greatest value: a side without a base takes it,
 * whatever its size; any other one judges it as the value of a message.
 * @param stated below `limits.lamport`.
 */
export function withStated<Kind extends Conversation>(conversation: Kind, stated: number): Kind {
  if (conversation.unbased !== true)
    return judgeLamport(conversation, stated) === "accepted"
      ? withLamport(conversation, stated)
      : conversation;
  const { unbased: _, ...based } = conversation;
  return withLamport(based as Kind, stated);
}

/** The conversation once it has one more text, which names the texts that it follows. */
export function withText<Kind extends Conversation>(
  conversation: Kind,
  { lamport, id }: Stamp,
  parents: readonly MessageId[],
): Kind {
  const stamp = { lamport, id };
  const others = conversation.heads.filter((head) => head.id !== id && !parents.includes(head.id));
  const heads = [...others, stamp].slice(-limits.parents);
  return { ...conversation, heads, ...(isLate(conversation, stamp) ? {} : { last: stamp }) };
}

/** Whether a text belongs before one that is here already. */
export function isLate({ last }: Conversation, stamp: Stamp): boolean {
  return !isNewer(stamp, last);
}

/**
 * Whether `stamp` comes after `than`: by Lamport time, then by id, so that both sides agree
 * whatever came first. What is not sealed yet comes after everything.
 */
export function isNewer(stamp: Stamp, than: Stamp | undefined): boolean {
  if (than === undefined || stamp.lamport === PENDING) return true;
  if (than.lamport === PENDING) return false;
  if (stamp.lamport !== than.lamport) return stamp.lamport > than.lamport;
  // In the order of the bytes; base32 would put its digits first.
  return toHex(messageId.bytes(stamp.id)) > toHex(messageId.bytes(than.id));
}
