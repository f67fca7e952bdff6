/** Events as they happen, and durable subscriptions (followers). */
import { eventTypes, followedTypes } from "../event-types.ts";
import { followedEvent, follower } from "../schema/event.ts";
import {
  flag,
  list,
  maybe,
  object,
  oneOf,
  optional,
  pageSize,
  short,
  text,
  wait,
  whole,
} from "../schema/fields.ts";
import { whoErrors } from "./errors.ts";
import { type MethodTypes, method, nothing } from "./method.ts";

const name = short("The name of the durable subscription, chosen by its client.");
const from = optional(short("Only events about this contact."));

export const eventMethods = {
  "event.subscribe": method({
    row: "read",
    limited: true,
    summary:
      "Sends `event` notifications on this connection from now on, after the response. Again: " +
      "replaces the filter. Also answered by a locked node, but not with `from`: `node.state` " +
      "comes at once, and the other events from the unlock on.",
    errors: [...whoErrors],
    params: object({
      from,
      types: optional(
        list(oneOf(eventTypes), "Only these types; `resync` and `stream.ended` always come."),
      ),
      since: optional(
        short(
          "A `streamCursor`: the events after it come first. Where the node does not have all of " +
            "them, or does not know it, `resync` comes instead.",
        ),
      ),
    }),
    result: object({
      streamCursor: maybe(
        text(
          "Where this subscription begins: for `since` until an event has come. Absent while the " +
            "node is locked.",
        ),
      ),
    }),
    example: { types: ["message.new", "message.state"] },
  }),
  "event.follow": method({
    row: "admin",
    summary:
      "Creates a durable subscription: the node keeps events for it until they are " +
      "acknowledged. Again: replaces the filter and loses no event.",
    errors: [...whoErrors, "name-invalid", "too-many-followers"],
    params: object({
      name,
      from,
      types: optional(list(oneOf(followedTypes), "Only these types; absent: all.")),
    }),
    result: object({ follower }),
    example: { name: "bot", types: ["message.new"] },
  }),
  "event.read": method({
    row: "admin",
    summary:
      "The oldest unacknowledged events, in order; acknowledges every event up to `after` " +
      "first. Unacknowledged events are returned again, with the same cursor.",
    errors: ["follower-unknown", "cursor-unknown"],
    params: object({
      name,
      after: optional(whole("A cursor: every event up to it is acknowledged.")),
      limit: pageSize("100 by default."),
      wait: wait("How long to wait if there is none, ms; 0 by default."),
    }),
    result: object({ events: list(followedEvent), more: flag("There are more events now.") }),
    example: { name: "bot", wait: 25_000 },
  }),
  "event.ack": method({
    row: "admin",
    summary: "Acknowledges every event up to the cursor.",
    errors: ["follower-unknown", "cursor-unknown"],
    params: object({ name, cursor: whole("The `cursor` of an event.") }),
    result: nothing,
    example: { name: "bot", cursor: 1 },
  }),
  "event.followers": method({
    row: "admin",
    summary: "Every durable subscription.",
    errors: [],
    params: nothing,
    result: object({ followers: list(follower) }),
    example: {},
  }),
  "event.unfollow": method({
    row: "admin",
    summary: "Removes a durable subscription and its events.",
    errors: ["follower-unknown"],
    params: object({ name }),
    result: nothing,
    example: { name: "bot" },
  }),
};

export type EventMethods = MethodTypes<typeof eventMethods>;
