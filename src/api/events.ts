/** The events of a node, in the order in which they happened. */
import type { FollowedEvent, NodeEvent } from "./schema/event.ts";

export { type EventType, eventTypes, type FollowedType, followedTypes } from "./event-types.ts";
export type { FollowedEvent, Follower, NodeEvent } from "./schema/event.ts";

/** The account of the contact that the event is about. */
export function accountOf(event: NodeEvent | FollowedEvent): string | undefined {
  if ("message" in event) return event.message.contact;
  if ("conversation" in event) return event.conversation.ref;
  if ("contact" in event) return event.contact.account;
  return "account" in event ? event.account : undefined;
}
