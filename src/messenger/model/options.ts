/** Options and results of the use cases. */
import type { MessageId, PositionRange } from "../../base/index.ts";
import type { ConversationView, MessageView, Policy } from "../../model/index.ts";

export interface InviteOptions {
  readonly kind: "once" | "reusable";
  /** ms from now, at most `limits.inviteExpiryMax`. */
  readonly expiresIn: number;
  /** Include our current addresses in the link: found at once, but the link reveals them. */
  readonly hints: boolean;
  /**
   * Bootstrap nodes, with their /p2p part, for an invitee who has none: at most
   * `limits.inviteBootstraps`.
   */
  readonly bootstrap?: readonly string[];
}

export interface AddOptions extends InviteFate {
  /** What they are called here. */
  readonly as?: string;
  /** Holds from the first dial on. */
  readonly policy?: Policy;
}

/** What becomes of reusable invites by which a contact came that must not find us any more. */
export interface InviteFate {
  /** They stay open: others may use them, and the contact can find us by them. */
  readonly keepInvites?: boolean | undefined;
}

export interface SearchOptions {
  /** At most so many. */
  readonly limit: number;
  /** Only messages of this contact. */
  readonly from?: string;
  /** Only messages that arrived before this number (`MessageView.arrival`). */
  readonly before?: number;
}

/** A message that matches. */
export interface SearchHit {
  readonly message: MessageView;
  /** The parts of its text that match, in UTF-16 code units: from, and the end after them. */
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
}

export interface SearchResult {
  /** By when they arrived here, newest first. */
  readonly hits: SearchHit[];
  /** There are more than the limit. */
  readonly more: boolean;
}

export interface ConversationFilter {
  readonly kind?: ConversationView["kind"];
  readonly archived?: boolean;
}

/** What is absent does not change. */
export interface ConversationFlags {
  readonly muted?: boolean;
  readonly pinned?: boolean;
  readonly archived?: boolean;
}

export interface Draft {
  readonly text: string;
  readonly replyTo?: MessageId;
}

export interface SendOptions {
  /** The caller's idempotency key: one for each message to a contact. */
  readonly key?: string;
  readonly replyTo?: MessageId;
}

export interface FindOptions {
  /** The contact in whose conversation the message is. */
  readonly who?: string | undefined;
  /** `last` is the newest of this side. "out": of several that fit, ours are meant. */
  readonly direction?: "in" | "out" | undefined;
}

export interface MarkRead {
  /** Positions by arrival (`MessageView.at`). */
  readonly from?: number;
  readonly upTo?: number;
  /** These messages only, in place of a range. */
  readonly ids?: readonly MessageId[];
}

export interface PageOptions {
  /**
   * From which end of what is between the cursors the page is taken; absent: oldest with `after`
   * alone, so that the next page follows, else newest.
   */
  readonly order?: "newest" | "oldest";
  /** Only messages before this position, or after it (`MessageView.position`). */
  readonly before?: string;
  readonly after?: string;
  /** This message and those next to it, in place of the other options but the limit. */
  readonly around?: MessageId;
  readonly limit: number;
  readonly onDamage?: HistoryOptions["onDamage"];
}

export interface ArrivalOptions {
  /** Only messages of this contact. */
  readonly who?: string;
  readonly order?: PageOptions["order"];
  /** Only messages that arrived before this number, or after it (`MessageView.arrival`). */
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
  /** Called where messages are left out because the store is damaged. */
  readonly onDamage?: () => void;
}

export interface MessagePage<Cursor> {
  readonly messages: MessageView[];
  /**
   * Cursors of the first and of the last message of the page, also where those cannot be read;
   * absent for an empty page.
   */
  readonly first?: Cursor;
  readonly last?: Cursor;
  /** Whether there are others before the first one, and after the last one. */
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
}

export interface HistoryOptions {
  /** Newest so many. */
  readonly limit: number;
  /** Only messages whose `at` is below. */
  readonly before?: number;
  /** Only messages whose `at` is above. */
  readonly after?: number;
  /**
   * Receives ranges of positions, by `at`, in which messages cannot be read, or may be missing or
   * out of date: the store is damaged there.
   */
  readonly onDamage?: (damaged: PositionRange) => void;
}
