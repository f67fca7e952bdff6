/** The events of a node, in the order in which they happened. */
import type { Contact, Invite, Message } from "./views.ts";

/** Events about changes of the node's store; these are kept for durable subscriptions. */
type Kept =
  | { readonly type: "message.new"; readonly message: Message }
  | { readonly type: "message.state"; readonly message: Message }
  /** It was edited, deleted or reacted to, or such a change of ours was delivered. */
  | { readonly type: "message.changed"; readonly message: Message }
  /** A message was removed from this node. */
  | { readonly type: "message.removed"; readonly account: string; readonly id: string }
  | { readonly type: "contact.changed"; readonly contact: Contact }
  /** The contact calls itself something else (`profileName`); its `name` here stays. */
  | { readonly type: "contact.renamed"; readonly contact: Contact }
  | { readonly type: "contact.removed"; readonly account: string }
  | { readonly type: "contact.request"; readonly contact: Contact }
  | { readonly type: "key.changed"; readonly contact: Contact }
  /** A used invite was tried again. */
  | { readonly type: "invite.reused"; readonly invite: Invite };

/**
 * An event as it happens. `cursor` is present if there is a durable subscription, and equal to its.
 */
export type NodeEvent =
  | (Kept & { readonly cursor?: number | undefined })
  | { readonly type: "presence"; readonly contact: Contact }
  /** The contact is typing. Repeated every few seconds; there is no event for the end. */
  | { readonly type: "typing"; readonly contact: Contact }
  /** The last event of a subscription: the client was too slow, or the node stops or is locked. */
  | { readonly type: "stream.ended"; readonly why: "too-slow" | "stopping" | "locked" };

export type EventType = NodeEvent["type"];
export type FollowedType = Kept["type"];

/**
 * An event of a durable subscription. It contains the contact, invite or message as it is when the
 * event is read, except for the state in `message.state`; an event about a removed message or
 * contact becomes its removal. `resync`: events before this cursor were dropped, because too many
 * were not acknowledged.
 */
export type FollowedEvent = (Kept | { readonly type: "resync" }) & { readonly cursor: number };

/** A durable subscription: events are kept for it until it acknowledges them. */
export interface Follower {
  readonly name: string;
  /** Every event up to this one was acknowledged. */
  readonly cursor: number;
  /** Events in the log after the cursor, filtered ones included. */
  readonly behind: number;
  readonly types?: readonly FollowedType[];
  /** Only events about the contact with this account. */
  readonly from?: string;
}

const followed: Readonly<Record<FollowedType, true>> = {
  "message.new": true,
  "message.state": true,
  "message.changed": true,
  "message.removed": true,
  "contact.changed": true,
  "contact.renamed": true,
  "contact.removed": true,
  "contact.request": true,
  "key.changed": true,
  "invite.reused": true,
};
const unfollowed: Readonly<Record<Exclude<EventType, FollowedType>, true>> = {
  presence: true,
  typing: true,
  "stream.ended": true,
};

/** Every type that a durable subscription can select. */
export const followedTypes = Object.keys(followed) as FollowedType[];

/** Every event type. */
export const eventTypes = Object.keys({ ...followed, ...unfollowed }) as EventType[];

/** The account of the contact that the event is about. */
export function accountOf(event: NodeEvent | FollowedEvent): string | undefined {
  if ("message" in event) return event.message.contact;
  if ("contact" in event) return event.contact.account;
  return "account" in event ? event.account : undefined;
}
