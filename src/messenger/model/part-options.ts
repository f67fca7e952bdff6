/** What callers of the use cases may say beyond the thing itself, and what a search gives. */
import type { MessageId } from "../../base/index.ts";
import type { MessageView, Policy } from "./views.ts";

export interface InviteOptions {
  readonly kind: "once" | "reusable";
  /** ms from now, at most `limits.inviteExpiryMax`. */
  readonly expiresIn: number;
  /** Put our present addresses into the link: found at once, but the link tells them. */
  readonly hints: boolean;
  /** Bootstrap hosts, with their /p2p part, for somebody who knows none: at most `limits.inviteBootstraps`. */
  readonly bootstrap?: readonly string[];
}

export interface AddOptions {
  /** What they are called here. */
  readonly as?: string;
  /** Holds from the first dial on. */
  readonly policy?: Policy;
}

export interface SearchOptions {
  /** At most so many. */
  readonly limit: number;
  /** Only messages of this contact. */
  readonly from?: string;
}

export interface SearchResult {
  /** Newest first, by their senders' clocks. */
  readonly messages: MessageView[];
  /** There are more than the limit. */
  readonly more: boolean;
}

export interface SendOptions {
  /** The caller's key against sending twice. */
  readonly key?: string;
  readonly replyTo?: MessageId;
}

export interface MarkRead {
  readonly upTo?: number;
  readonly only?: boolean;
}

export interface HistoryOptions {
  /** Newest so many. */
  readonly limit: number;
  /** Only messages whose `at` is below. */
  readonly before?: number;
  /** Only messages whose `at` is above. */
  readonly after?: number;
}
