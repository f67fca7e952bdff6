/** What a node tells its listeners, in the order in which it happened there. */
import type { Contact, Invite, Message } from "./views.ts";

/** What is kept for followers: it tells of something on the node's disk. */
type Kept =
  | { readonly type: "message.new"; readonly message: Message }
  | { readonly type: "message.state"; readonly message: Message }
  /** It was edited, deleted or reacted to, or such a change of ours has reached them. */
  | { readonly type: "message.changed"; readonly message: Message }
  /** A message is gone from this node. */
  | { readonly type: "message.removed"; readonly account: string; readonly id: string }
  | { readonly type: "contact.changed"; readonly contact: Contact }
  | { readonly type: "contact.removed"; readonly account: string }
  | { readonly type: "contact.request"; readonly contact: Contact }
  | { readonly type: "key.changed"; readonly contact: Contact }
  /** Somebody claimed an invite that was used already. */
  | { readonly type: "invite.reused"; readonly invite: Invite };

/**
 * An event as it happens. `cursor` is there where somebody follows: it is the same that followers
 * get.
 */
export type NodeEvent =
  | (Kept & { readonly cursor?: number | undefined })
  | { readonly type: "presence"; readonly contact: Contact }
  /** Their person is writing. It comes again every few seconds, and nothing tells the end. */
  | { readonly type: "typing"; readonly contact: Contact }
  /**
   * The last event of a subscription: the listener was too far behind, or the node stops or is
   * locked.
   */
  | { readonly type: "stream.ended"; readonly why: "too-slow" | "stopping" | "locked" };

export type EventType = NodeEvent["type"];
export type FollowedType = Kept["type"];

/**
 * An event as a follower reads it. Contacts, invites and messages are shown as they stand when it
 * is read, but for the state that a `message.state` tells of; an event about a message or a contact
 * that is gone says that it was removed. `resync`: the follower was away for too long, and events
 * before this cursor were dropped.
 */
export type FollowedEvent = (Kept | { readonly type: "resync" }) & { readonly cursor: number };

/** A program for which events are kept until it acknowledges them. */
export interface Follower {
  readonly name: string;
  /** Every event up to here was acknowledged. */
  readonly cursor: number;
  /** Events in the log beyond it, whether it wants them or not. */
  readonly behind: number;
  readonly types?: readonly FollowedType[];
  /** The account of the contact whose events alone it wants. */
  readonly from?: string;
}

/** Every type that followers may ask for. */
export const followedTypes = [
  "message.new",
  "message.state",
  "message.changed",
  "message.removed",
  "contact.changed",
  "contact.removed",
  "contact.request",
  "key.changed",
  "invite.reused",
] as const satisfies readonly FollowedType[];

/** Every type, for checking what a person wrote. */
export const eventTypes = [
  ...followedTypes,
  "presence",
  "typing",
  "stream.ended",
] as const satisfies readonly EventType[];

/** Whose event it is, where it is about a contact. */
export function accountOf(event: NodeEvent | FollowedEvent): string | undefined {
  if ("message" in event) return event.message.contact;
  if ("contact" in event) return event.contact.account;
  return "account" in event ? event.account : undefined;
}
