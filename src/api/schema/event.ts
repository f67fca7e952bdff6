/** Schemas of events, live ones and those of durable subscriptions. */
import { type EventType, type FollowedType, followedTypes } from "../event-types.ts";
import { contact, invite } from "./contact.ts";
import { conversation } from "./conversation.ts";
import {
  type Infer,
  id,
  list,
  maybe,
  number,
  object,
  oneOf,
  only,
  optional,
  type Schema,
  text,
  variant,
  whole,
} from "./fields.ts";
import { group, groupInvitation } from "./group.ts";
import { message } from "./message.ts";
import { netState } from "./node.ts";

const account = id<string>(52, "The account of the contact.");

interface EventSpec {
  /** When it is emitted, in one or two sentences. */
  readonly summary: string;
  /** Its fields, besides `type` and `cursor`. */
  readonly fields: Readonly<Record<string, Schema>>;
}

/** Events about changes of the node's store, which are kept for durable subscriptions. */
export const keptEvents = {
  "message.new": {
    summary: "A message was stored: one that arrived, or one of ours, sent by any client.",
    fields: { message },
  },
  "message.state": {
    summary: "The delivery state of a message of ours changed.",
    fields: { message },
  },
  "message.changed": {
    summary: "A message was edited, deleted or reacted to, or such a change of ours was delivered.",
    fields: {
      message,
      what: oneOf(
        ["edited", "deleted", "reacted", "acknowledged"],
        "acknowledged: a change of ours has reached the contact; nothing else is different.",
      ),
    },
  },
  "message.removed": {
    summary: "A message was removed from this node.",
    fields: {
      account: maybe(account),
      ref: text("Of the conversation that it was in."),
      id: id<string>(26, "The id of the message."),
    },
  },
  "conversation.changed": {
    summary:
      "The last message of a conversation, its unread count, name, draft or a flag is another " +
      "one. Comes right after the `message.new` of the same change. The delivery of the last " +
      "message, and reactions to it, have only events of the message.",
    fields: { conversation },
  },
  "contact.changed": {
    summary: "A contact was added, or anything in its view changed.",
    fields: { contact },
  },
  "contact.renamed": {
    summary: "The contact calls itself something else (`profileName`); its `name` here stays.",
    fields: { contact },
  },
  "contact.removed": {
    summary: "A contact was removed with its messages.",
    fields: { account },
  },
  "contact.request": {
    summary: "An account used a reusable invite of ours and waits for `request.accept`.",
    fields: { contact },
  },
  "key.changed": {
    summary:
      "Another account key than the pinned one was shown. Nothing is sent to the contact until " +
      "the user decides.",
    fields: { contact },
  },
  "invite.reused": {
    summary: "A used invite was tried again.",
    fields: { invite },
  },
  "group.invited": {
    summary: "A contact asks us to join a group: `group.join` or `group.decline` answers.",
    fields: { invitation: groupInvitation },
  },
  "group.declined": {
    summary: "A contact that was invited to a group declined.",
    fields: { group, account },
  },
  "group.changed": {
    summary:
      "A group was made or joined, or its members, their roles, its settings or our standing in " +
      "it changed.",
    fields: { group },
  },
} as const satisfies Record<FollowedType, EventSpec>;

/** Events that are only emitted to connected clients. */
export const liveEvents = {
  presence: {
    summary: "The contact came online or went offline.",
    fields: { contact },
  },
  "presence.snapshot": {
    summary:
      "Who is online now: comes once, at the beginning of a subscription, after the events since " +
      "its `since`. From then on `presence` says what changes.",
    fields: { online: list(account, "The contacts that are online; all others are not.") },
  },
  typing: {
    summary:
      "The contact is typing, or has stopped. Repeated every few seconds while it is typing.",
    fields: {
      contact,
      until: number("Until when to show it, ms since 1970; it has stopped where that is past."),
    },
  },
  "node.state": {
    summary:
      "The node is open or locked: comes at the beginning of a subscription, at a lock, and at " +
      "the unlock, right after `resync`. Nothing else comes while the node is locked.",
    fields: { state: oneOf(["open", "locked"]) },
  },
  "net.changed": {
    summary:
      "The network of the node changed in a way that a client shows, at most once a second. " +
      "Comes at the beginning of a subscription too, with its present state. Not for a " +
      "subscription with `from`, nor for a token that is limited to some contacts.",
    fields: { net: netState },
  },
  resync: {
    summary:
      "Events may have been missed: the node was locked and is unlocked, or does not have all of " +
      "them since the `since` of this subscription. Read the lists again; what follows is " +
      "complete from here.",
    fields: {},
  },
  "stream.ended": {
    summary:
      "The last event of a subscription: this client was too slow, or the node stops, or the " +
      "token of this connection was revoked. Call `event.subscribe` again to continue.",
    fields: { why: oneOf(["too-slow", "stopping", "revoked"]) },
  },
} as const satisfies Record<Exclude<EventType, FollowedType>, EventSpec>;

/** A durable subscription missed events: too many were not acknowledged. */
export const resync = {
  summary:
    "Events before this cursor were dropped, because too many were not acknowledged: read the " +
    "lists again.",
  fields: {},
} as const satisfies EventSpec;

type EventOf<Type extends string, Fields extends EventSpec["fields"]> = {
  readonly type: Type;
} & Infer<ReturnType<typeof object<Fields>>>;

type Kept = { [T in FollowedType]: EventOf<T, (typeof keptEvents)[T]["fields"]> }[FollowedType];
type Live = {
  [T in keyof typeof liveEvents]: EventOf<T, (typeof liveEvents)[T]["fields"]>;
}[keyof typeof liveEvents];

/**
 * An event as it happens. `cursor` is present if there is a durable subscription, and equal to its;
 * `streamCursor` is for the `since` of another `event.subscribe`.
 */
export type NodeEvent = ((Kept & { readonly cursor?: number | undefined }) | Live) & {
  readonly streamCursor?: string | undefined;
};

/**
 * An event of a durable subscription. It contains the contact, invite or message as it is when the
 * event is read, except for the state in `message.state`; an event about a removed message or
 * contact becomes its removal.
 */
export type FollowedEvent = (Kept | { readonly type: "resync" }) & { readonly cursor: number };

const objects = (specs: Readonly<Record<string, EventSpec>>, more: EventSpec["fields"] = {}) =>
  Object.entries(specs).map(([type, { summary, fields }]) =>
    object({ type: only(type), ...fields, ...more }, summary),
  );

const streamCursor = optional(
  text("For the `since` of another `event.subscribe`, which goes on after this event."),
);

export const nodeEvent = variant("type", [
  ...objects(keptEvents, {
    cursor: optional(whole("Position in the event log; only while a durable subscription exists.")),
    streamCursor,
  }),
  ...objects(liveEvents, { streamCursor }),
]) as Schema as Schema<NodeEvent>;

export const followedEvent = variant(
  "type",
  objects({ ...keptEvents, resync }, { cursor: whole("Position in the event log.") }),
) as Schema as Schema<FollowedEvent>;

export const follower = object({
  name: text(),
  cursor: whole("Every event up to this one was acknowledged."),
  behind: whole("Events in the log after the cursor, filtered ones included."),
  types: maybe(list(oneOf(followedTypes), "Only these types; absent: all.")),
  from: maybe(text("Only events about this conversation: an account id, or `group:` and an id.")),
});

/** A durable subscription: events are kept for it until it acknowledges them. */
export type Follower = Infer<typeof follower>;
