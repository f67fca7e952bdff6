/** Durable subscriptions: every event at least once, in order, across restarts of both sides. */
import type { Client } from "./client.ts";
import type { FollowedEvent, FollowedType } from "./events.ts";

export interface FollowOptions {
  readonly from?: string | undefined;
  readonly types?: readonly FollowedType[] | undefined;
  /** Events per request; all of them may be repeated after a crash. */
  readonly batch?: number;
  /**
   * Cursor of the last event that this program has finished, after a lost connection: it and the
   * ones before it are acknowledged and not repeated.
   */
  readonly after?: number | undefined;
}

/** How long one request waits for an event, ms: less than the idle limit of a connection. */
const WAIT = 25_000;

/**
 * Reads a durable subscription, which is created if it does not exist. An event is acknowledged
 * when the loop requests the one after its batch, or is left in order; after a crash the unfinished
 * ones are repeated with the same `cursor`. Throws what `event.follow` and `event.read` throw, and
 * `node-not-running` when the connection is lost.
 */
export async function* follow(
  client: Pick<Client, "call">,
  name: string,
  { from, types, batch = 100, after: finished }: FollowOptions = {},
): AsyncGenerator<FollowedEvent, never> {
  await client.call("event.follow", { name, from, types });
  let after = finished;
  let taken = finished;
  try {
    for (;;) {
      const page = await client.call("event.read", { name, after, limit: batch, wait: WAIT });
      for (const event of page.events) {
        yield event;
        taken = event.cursor;
      }
      after = taken;
    }
  } finally {
    // The loop was left: what it has finished is not repeated.
    if (taken !== undefined && taken !== after)
      await client.call("event.ack", { name, cursor: taken }).catch(() => undefined);
  }
}
