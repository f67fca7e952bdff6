/** Contacts, messages and invites as a node shows them: plain values that travel as JSON. */
import type { AccountId, InviteId, MessageId } from "../base/index.ts";

/**
 * How far pairing has come. invited: we hold their invite and search for them. handshaken: keys are
 * agreed, their first frame is still to come. requested: they claimed our reusable invite and wait
 * for our answer. confirmed: both sides have proof of each other. The rest are ends without
 * success: the other side declined, or the invite was used or has expired.
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
 * Who may see our address. any: the contact may. lan: there are links only over the local network.
 * hidden: the contact never does; links go through a proxy, or there are none.
 */
export type Policy = "any" | "lan" | "hidden";

/** What a link needs by our policy: one local network; a proxy to be set; no proxy to be set. */
export type Awaits = "lan" | "proxy" | "no-proxy";

/**
 * How a link reaches the contact. proxy: dialed through our proxy, or accepted from our onion
 * service. direct: without either; no other node carries it.
 */
export type Route = "direct" | "proxy";

export interface ContactView {
  readonly account: AccountId;
  /**
   * What this node calls the contact: unique among contacts, and changed by the user only. Exactly
   * as stored: clean it (`displayText`) before a screen shows it.
   */
  readonly name: string;
  /**
   * 1 to 32 characters of a to z, 0 to 9 and hyphen, for addresses and programs: unique, derived
   * from the first name, and not changed by a rename. Provisional (`contact-…`) before the contact
   * has a name.
   */
  readonly handle: string;
  /** The user chose the name. */
  readonly named: boolean;
  /** What the contact calls itself; absent before the first handshake. Clean it as `name`. */
  readonly profileName?: string;
  /**
   * Another contact whose name looks like the name of this one: the chosen name, or what the
   * contact calls itself if the user chose none.
   */
  readonly looksLike?: { readonly account: AccountId; readonly name: string };
  /** What the user noted of the contact, on this node only. */
  readonly note?: string;
  readonly pairing: Pairing;
  /** The user compared safety numbers with the contact. */
  readonly verified: boolean;
  readonly blocked: boolean;
  /** Another account key than the pinned one was shown: nothing is sent until the user decides. */
  readonly keyChanged: boolean;
  /** A live authenticated link exists now. */
  readonly online: boolean;
  /** How the live link reaches the contact; absent where there is none. */
  readonly route?: Route;
  /** A fresh record of the contact was found, which does not prove that it is online. */
  readonly recentlySeen: boolean;
  /** Messages of ours, and actions on messages, that are not delivered yet. */
  readonly waiting: number;
  /** Read receipts and typing indicators are exchanged with the contact. */
  readonly receipts: boolean;
  /** How long new messages are kept, ms; 0: forever. */
  readonly timer: number;
  readonly policy: Policy;
  /** Why messages wait by our own policy; absent where it holds nothing back, or while linked. */
  readonly awaits?: Awaits;
  /** When the invite that we took expires, ms since 1970; absent once pairing is confirmed. */
  readonly inviteExpiresAt?: number;
  /** When the contact was last linked, ms since 1970; only where the settings keep it. */
  readonly lastSeen?: number;
  /** ms since 1970. */
  readonly addedAt: number;
}

/** A conversation, with a contact or in a group. */
export interface ConversationView {
  /** Names it in every method: the account id of the contact, or `group:` and the group's id. */
  readonly ref: string;
  readonly kind: "contact" | "group";
  /** As in `ContactView`; absent for a group. */
  readonly handle?: string;
  /**
   * What this node calls the contact or the group: clean it (`displayText`) before a screen shows
   * it.
   */
  readonly name: string;
  /** The last message of its order, with the first 120 characters of the text; absent if empty. */
  readonly last?: MessageView;
  /** When this node stored that message, ms since 1970. */
  readonly lastAt?: number;
  /** Messages of others that were not read; 1 at least where the user marked it as unread. */
  readonly unread: number;
  readonly muted: boolean;
  readonly pinned: boolean;
  readonly archived: boolean;
  /** The first 120 characters of the text that was not sent yet. */
  readonly draft?: string;
}

/** A text that was not sent yet. */
export interface DraftView {
  /** Of its conversation. */
  readonly ref: string;
  readonly text: string;
  readonly replyTo?: MessageId;
  /** ms since 1970. */
  readonly savedAt: number;
}

/**
 * Delivery states of our messages, each shown only when it is proven; "received" for theirs.
 * failed: not acknowledged in time. cancelled: the user took it back before it left. In a group a
 * message is never "sent"; it is held once the node of a member stores it, and a later state is
 * that of the member that came furthest: `MessageView.reached` counts them.
 */
export type MessageState =
  | "queued"
  | "sent"
  | "held"
  | "delivered"
  | "read"
  | "failed"
  | "cancelled"
  | "received";

export interface MessageView {
  readonly id: MessageId;
  /** Its conversation: names it wherever a method takes `who` (`ConversationView.ref`). */
  readonly ref: string;
  /** The contact; absent in a group. */
  readonly contact?: AccountId;
  /** The id of the group; absent in a conversation with a contact. */
  readonly group?: string;
  readonly direction: "in" | "out";
  /** Who wrote it, in a group; absent for our own. */
  readonly author?: MessageAuthor;
  /**
   * In a group: nothing but the author's own signature says who wrote it, since this node was no
   * recipient when the key of that signature was made.
   */
  readonly unconfirmed?: true;
  /** Of ours in a group, once it was sealed. */
  readonly reached?: Reached;
  /** Exactly as sent: clean it (`displayText`) before a screen shows it. */
  readonly text: string;
  readonly state: MessageState;
  /** Position by arrival in the conversation on this node: grows with each message. */
  readonly at: number;
  /**
   * Position in the order of the conversation: compares as text as the messages do, and is the
   * cursor of `message.list`. It changes once, when a message of ours is sealed or given up.
   */
  readonly position: string;
  /**
   * Number by arrival on this node, over all conversations, and the cursor of `history.list`: each
   * message gets one that is greater than all before. Absent once the message is deleted here.
   */
  readonly arrival?: number;
  /** The sender's clock, for display only, ms since 1970. */
  readonly sentAt: number;
  /** When this node stored it, by its own clock, ms since 1970. */
  readonly storedAt: number;
  /** Its Lamport value; absent where a message of ours was not sealed. */
  readonly lamport?: number;
  /** It arrived after texts that come after it in the order of the conversation. */
  readonly late?: true;
  /** A text that its author had seen before is not here: lost, or not here yet. */
  readonly gap?: true;
  /** Of ours: the idempotency key with which it was sent. */
  readonly key?: string;
  /** The message that it answers; it need not be here. */
  readonly replyTo?: MessageId;
  /** How long it is kept, ms: ours from its delivery on, theirs from when it was read. */
  readonly keep?: number;
  /** Not a message, but a setting that one side changed; the text is empty. */
  readonly notice?: Notice;
  /** The author has changed the text; former texts are not kept. */
  readonly edited: boolean;
  /** The author has deleted it for both: the text is empty. */
  readonly deleted: boolean;
  readonly reactions: readonly Reaction[];
  /** A change of ours (an edit, a deletion, a reaction) is not delivered yet. */
  readonly changing: boolean;
}

/**
 * What happened to a message. acknowledged: a change of ours has reached the contact, so that
 * nothing else is different.
 */
export type MessageChange = "edited" | "deleted" | "reacted" | "acknowledged";

/** How long messages are kept from then on, ms; 0: forever. */
export interface Notice {
  readonly kind: "timer";
  readonly ms: number;
}

/** A member of a group, also a former one. */
export interface MessageAuthor {
  /** Absent where the membership log does not name the member. */
  readonly account?: AccountId;
  /** What the member calls itself, exactly as sent; empty where that is unknown. */
  readonly name: string;
  /** The account in this group: 32 hexadecimal characters. */
  readonly member: string;
}

/** How many other members of a group have proven something of a message of ours. */
export interface Reached {
  /** Their nodes store it. */
  readonly held: number;
  /** They opened it. */
  readonly delivered: number;
  /** Their users read it. */
  readonly read: number;
  /** All other members that could read it when it was sealed. */
  readonly of: number;
}

/** At most one of each side, or of each member. */
export interface Reaction {
  /** "out" is our own. */
  readonly direction: "in" | "out";
  /** Whose it is, in a group; absent for our own. */
  readonly author?: MessageAuthor;
  /** Exactly as sent: at most `limits.emojiBytes`, without control characters. */
  readonly emoji: string;
}

export interface InviteView {
  readonly id: InviteId;
  readonly kind: "once" | "reusable";
  readonly state: "open" | "used" | "revoked" | "expired";
  /** ms since 1970. */
  readonly expiresAt: number;
  /** How many accounts were accepted by it, and the newest of them: `limits.inviteUsers`. */
  readonly uses: number;
  readonly usedBy: readonly AccountId[];
}

export interface NewInvite extends InviteView {
  /** The whole link, a secret until it is used. */
  readonly link: string;
  /** The same invite without bootstrap nodes and addresses, for a small QR code. */
  readonly shortLink: string;
}
