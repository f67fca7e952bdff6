/** A conversation as it is stored: one immutable value, replaced whole when something changes. */
import type { MessageId } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { emptySet, type ReceivedSet } from "../../wire/index.ts";
import type { Stamp } from "./actions.ts";

/** What every conversation has: order, unread count, timer. */
export interface Conversation {
  /** Keys the rows of the conversation: messages, outbox, early actions, expiry timers. */
  readonly ref: string;
  /** Greatest Lamport value that was accepted or sealed (order.ts). It never falls. */
  readonly lamport: number;
  /**
   * This store is new, restored or repaired, so that `lamport` may be too low: nothing is sealed
   * until the peer has stated its own.
   */
  readonly unbased?: true;
  /** Incoming messages whose value is too far ahead, at most `limits.heldMessages`. */
  readonly held?: readonly HeldPlace[];
  /**
   * Incoming messages that were dropped: their values are never valid, too many are held, or too
   * many lines have their value.
   */
  readonly dropped?: number;
  /** Newest texts that no other one names as its parent. */
  readonly heads: readonly Stamp[];
  /** The text that is last in the order. */
  readonly last?: Stamp;
  /** Position of the next message in the conversation. */
  readonly nextAt: number;
  readonly unread: number;
  /** The user marked it as unread since the last time that it was read. */
  readonly markedUnread?: boolean;
  readonly muted?: boolean;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  /** Position up to which the user has seen everything; later rows say it of themselves. */
  readonly seenTo?: number;
  /** How long new messages are kept, by the newest timer action; absent: forever. */
  readonly timer?: Stamp & { readonly ms: number; readonly by: "in" | "out" };
  /** Incoming actions whose target is not here yet, oldest first, at most `limits.earlyActs`. */
  readonly early?: readonly EarlyPlace[];
}

/** The number of unread messages as it is shown. */
export function unreadCount({
  unread,
  markedUnread,
}: Pick<Conversation, "unread" | "markedUnread">): number {
  return markedUnread ? Math.max(1, unread) : unread;
}

/** A conversation with one contact, which consists of one numbered stream in each direction. */
export interface PairConversation extends Conversation {
  /** 16 random bytes that name our stream: the peer counts our sequence numbers within it. */
  readonly stream: Uint8Array;
  readonly theirStream: Uint8Array | undefined;
  /** Sequence of our newest message. */
  readonly sequence: number;
  /** Every sequence of ours up to here was delivered or cancelled. */
  readonly settled: number;
  /**
   * Position up to which queued messages may have left although they are not sealed: in a state of
   * this node that is lost, because the store is an older copy or was repaired.
   */
  readonly uncertainTo?: number;
  /** Sequences of theirs that we have. */
  readonly received: ReceivedSet;
  /** Highest sequence of theirs that our user has read. */
  readonly readUpTo: number;
  /** Highest sequence of ours that the contact's user has read. */
  readonly peerReadUpTo: number;
  /** Position of the last message that a read receipt has passed. */
  readonly peerReadAt?: number;
}

/** Where an early action is stored (inbox/early-actions.ts). */
export interface EarlyPlace {
  readonly at: number;
  readonly id: MessageId;
  readonly target: MessageId;
}

/** The conversation once it turns out that a newer state of it is lost. */
export function restoredConversation(conversation: PairConversation): PairConversation {
  return { ...conversation, uncertainTo: conversation.nextAt - 1 };
}

/** Where a held message is stored (inbox/held-messages.ts), and its stamp. */
export interface HeldPlace extends Stamp {
  readonly at: number;
}

/** An empty conversation. @param ref of its owner. */
export function newConversation(ref: string): Conversation {
  return { ref, lamport: 0, heads: [], nextAt: 1, unread: 0 };
}

/**
 * An empty conversation with a contact.
 * @param ref the contact's own ref: a contact has exactly one conversation, so both may share it,
 * and the rows of the two are in different tables.
 */
export function newPairConversation(crypto: CryptoProvider, ref: string): PairConversation {
  return {
    ...newConversation(ref),
    unbased: true,
    stream: crypto.random(16),
    theirStream: undefined,
    sequence: 0,
    settled: 0,
    received: emptySet,
    readUpTo: 0,
    peerReadUpTo: 0,
  };
}
