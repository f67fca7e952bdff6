/** Events as they happen, and durable subscriptions (followers). */
import type { EventType, FollowedEvent, FollowedType, Follower } from "../events.ts";
import type { Method, Nothing } from "./method-types.ts";

interface Named {
  readonly name: string;
}

export interface EventMethods {
  /** Sends `event` notifications on this connection from now on. Again: replaces the filter. */
  "event.subscribe": Method<
    {
      readonly from?: string | undefined;
      readonly types?: readonly EventType[] | undefined;
    },
    Nothing
  >;
  /**
   * Creates a durable subscription: the node keeps events for it until they are acknowledged.
   * Again: replaces the filter and loses no event.
   */
  "event.follow": Method<
    Named & {
      readonly from?: string | undefined;
      readonly types?: readonly FollowedType[] | undefined;
    },
    { readonly follower: Follower }
  >;
  /**
   * The oldest unacknowledged events, in order; acknowledges every event up to `after` first. Waits
   * up to `wait` ms if there is none. Unacknowledged events are returned again, with the same
   * cursor.
   */
  "event.read": Method<
    Named & {
      readonly after?: number | undefined;
      readonly limit?: number | undefined;
      readonly wait?: number | undefined;
    },
    { readonly events: readonly FollowedEvent[]; readonly more: boolean }
  >;
  /** Acknowledges every event up to the cursor. */
  "event.ack": Method<Named & { readonly cursor: number }, Nothing>;
  "event.followers": Method<Nothing, { readonly followers: readonly Follower[] }>;
  /** Removes a durable subscription and its events. */
  "event.unfollow": Method<Named, Nothing>;
}
