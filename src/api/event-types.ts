/** The types of events, in their order in docs/API.md. */

/** Types of events about changes of the store, which a durable subscription can select. */
export const followedTypes = [
  "message.new",
  "message.state",
  "message.changed",
  "message.removed",
  "conversation.changed",
  "contact.changed",
  "contact.renamed",
  "contact.removed",
  "contact.request",
  "key.changed",
  "invite.reused",
  "group.invited",
  "group.declined",
  "group.changed",
] as const;

/** Every event type. */
export const eventTypes = [
  ...followedTypes,
  "presence",
  "presence.snapshot",
  "typing",
  "node.state",
  "net.changed",
  "resync",
  "stream.ended",
] as const;

export type FollowedType = (typeof followedTypes)[number];
export type EventType = (typeof eventTypes)[number];
