/** The events of a node, in the order in which they happened. */
import type { FollowedEvent, NodeEvent } from "./schema/event.ts";

export { type EventType, eventTypes, type FollowedType, followedTypes } from "./event-types.ts";
export type { FollowedEvent, Follower, NodeEvent } from "./schema/event.ts";

/** The conversation that the event is about, as every method names it: of a contact its account. */
export function refOf(event: NodeEvent | FollowedEvent): string | undefined {
  if ("message" in event) return event.message.ref;
  if ("conversation" in event) return event.conversation.ref;
  if ("group" in event) return event.group.ref;
  if ("invitation" in event) return `group:${event.invitation.group}`;
  if ("contact" in event) return event.contact.account;
  if ("ref" in event) return event.ref;
  return "account" in event ? event.account : undefined;
}
