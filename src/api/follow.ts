/**
 * Events for a program that may be away: every one at least once, in order, over restarts of the
 * program and of the node.
 */
import type { Client } from "./client.ts";
import type { FollowedEvent, FollowedType } from "./events.ts";

export interface FollowOptions {
  readonly from?: string | undefined;
  readonly types?: readonly FollowedType[] | undefined;
  /** Events that are fetched at one time, and would be repeated after a crash in their midst. */
  readonly batch?: number;
}

/** How long one question waits for an event, ms: below what a connection may be silent for. */
const WAIT = 25_000;

/**
 * Follows under a name. An event is acknowledged once the loop asks for the one behind its batch,
 * or is left in order; what the loop had not finished when the program died is given again at the
 * next start, with the same `cursor`. Throws what `event.follow` and `event.read` throw,
 * `node-not-running` once the node has gone.
 */
export async function* follow(
  client: Pick<Client, "call">,
  name: string,
  { from, types, batch = 100 }: FollowOptions = {},
): AsyncGenerator<FollowedEvent, never> {
  await client.call("event.follow", { name, from, types });
  let after: number | undefined;
  let taken: number | undefined;
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
    // The loop was left: what it had finished need not come again.
    if (taken !== undefined && taken !== after)
      await client.call("event.ack", { name, cursor: taken }).catch(() => undefined);
  }
}
