/** Events, as they happen, and for followers that may be away. */
import type { EventType, FollowedEvent, FollowedType, Follower } from "../events.ts";
import type { Method, Nothing } from "./method-types.ts";

interface Named {
  readonly name: string;
}

export interface EventMethods {
  /**
   * From now on, notifications named `event` follow on this connection. Again: replaces the filter.
   */
  "event.subscribe": Method<
    {
      readonly from?: string | undefined;
      readonly types?: readonly EventType[] | undefined;
    },
    Nothing
  >;
  /**
   * From now on the node keeps events for a follower of this name, over restarts of both, until it
   * acknowledges them. Again: replaces the filter, and loses nothing.
   */
  "event.follow": Method<
    Named & {
      readonly from?: string | undefined;
      readonly types?: readonly FollowedType[] | undefined;
    },
    { readonly follower: Follower }
  >;
  /**
   * The oldest events that were not acknowledged, in order. `after` acknowledges everything up to
   * that cursor. Where there is none, waits up to `wait` ms for one. Whatever was not acknowledged
   * is given again: at least once, with the same cursor.
   */
  "event.read": Method<
    Named & {
      readonly after?: number | undefined;
      readonly limit?: number | undefined;
      readonly wait?: number | undefined;
    },
    { readonly events: readonly FollowedEvent[]; readonly more: boolean }
  >;
  /** Acknowledges everything up to the cursor. */
  "event.ack": Method<Named & { readonly cursor: number }, Nothing>;
  "event.followers": Method<Nothing, { readonly followers: readonly Follower[] }>;
  /** Nothing is kept for it any more. */
  "event.unfollow": Method<Named, Nothing>;
}
