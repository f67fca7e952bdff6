/** What the messenger shows of people, messages and invites. Plain values only. */
import type { AccountId, InviteId, MessageId } from "../../base/index.ts";

/**
 * How far pairing has come. invited: we hold their invite and look for them. handshaken: keys
 * agreed, their first frame is still to come. requested: they claimed our reusable invite and wait
 * for our word. confirmed: both sides have proof of each other. The rest are ends: the other side
 * said no, or the invite is spent.
 */
export type Pairing =
  | "invited"
  | "handshaken"
  | "requested"
  | "confirmed"
  | "denied"
  | "used"
  | "expired";

/**
 * Who may see our address. any: the contact may. lan: only over the local network is there anything
 * with it. hidden: never; links go through a proxy, or not at all.
 */
export type Policy = "any" | "lan" | "hidden";

/**
 * What a link takes by our policy: to be on one network; a proxy, where none is set; or none, where
 * one is.
 */
export type Awaits = "lan" | "proxy" | "no-proxy";

export interface ContactView {
  readonly account: AccountId;
  /** What this node calls them; unique among contacts. */
  readonly name: string;
  readonly pairing: Pairing;
  /** The person compared safety numbers with them. */
  readonly verified: boolean;
  readonly blocked: boolean;
  /**
   * They showed another account key than the pinned one: nothing is sent until the person decides.
   */
  readonly keyChanged: boolean;
  /** A live authenticated link exists now. */
  readonly online: boolean;
  /** A fresh record of theirs was found; no proof that they are there. */
  readonly announced: boolean;
  /** Messages of ours, and acts on messages, that are not delivered yet. */
  readonly waiting: number;
  /** Messages of theirs that were not read yet. */
  readonly unread: number;
  /** We tell each other what was read and when we write. */
  readonly receipts: boolean;
  /** How long new messages stay, ms; 0 for ever. */
  readonly timer: number;
  readonly policy: Policy;
  /**
   * Why messages wait by our own policy; absent where it keeps nothing back, or they are linked.
   */
  readonly awaits?: Awaits;
  /** When they were last linked, ms since 1970; only where the settings keep it. */
  readonly lastSeen?: number;
  /** ms since 1970. */
  readonly addedAt: number;
}

/** States of our own messages, each shown only when proven; "received" for theirs. */
export type MessageState = "queued" | "sent" | "delivered" | "read" | "failed" | "received";

export interface MessageView {
  readonly id: MessageId;
  readonly contact: AccountId;
  readonly direction: "in" | "out";
  readonly text: string;
  readonly state: MessageState;
  /** Place in the conversation on this node: grows with each message, and pages are cut by it. */
  readonly at: number;
  /** The sender's clock, for display only, ms since 1970. */
  readonly sentAt: number;
  /** The message that it answers; it need not be here. */
  readonly replyTo?: MessageId;
  /** How long it stays: of ours from its delivery on, of theirs from when it was read, ms. */
  readonly keep?: number;
  /** No message, but a setting that one side changed; the text is empty. */
  readonly notice?: Notice;
  /** The author changed the text since. */
  readonly edited: boolean;
  /** The author deleted it for both: the text is empty. */
  readonly deleted: boolean;
  readonly reactions: readonly Reaction[];
  /** A change of ours (an edit, a deletion, a reaction) has not reached them yet. */
  readonly changing: boolean;
}

/** How long messages stay from then on, ms; 0 for ever. */
export interface Notice {
  readonly kind: "timer";
  readonly ms: number;
}

/** At most one of each side's. */
export interface Reaction {
  /** "out" is our own. */
  readonly direction: "in" | "out";
  /** Exactly as sent: at most `limits.emojiBytes`, without control characters. */
  readonly emoji: string;
}

export interface InviteView {
  readonly id: InviteId;
  readonly kind: "once" | "reusable";
  readonly state: "open" | "used" | "revoked" | "expired";
  readonly expiresAt: number;
}

export interface NewInvite extends InviteView {
  /** The whole link, a secret until it is used. */
  readonly link: string;
}
