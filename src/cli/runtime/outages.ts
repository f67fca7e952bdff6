/** Event streams that survive outages of the node: a restart, a lock. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, endOf, type NodeEvent } from "../../api/index.ts";
import { hasCode, SottoError } from "../../base/index.ts";
import type { Context } from "./context.ts";

/** Delay between two looks for the node, ms. */
const RETRY = 1000;

export interface OutageOptions {
  /** Called once for each outage, with its reason. */
  readonly onOutage: (reason: SottoError) => void;
  /** Called when the node answers again, before its events. */
  readonly onEnd: () => void;
  /** ms; `RETRY` by default. */
  readonly retry?: number;
}

/**
 * The events of `open`, which is called again when the node runs and is unlocked after an outage.
 * Throws whatever else ends the events.
 */
export async function* acrossOutages<Event>(
  context: Pick<Context, "node">,
  open: (node: Client) => AsyncIterable<Event>,
  { onOutage, onEnd, retry = RETRY }: OutageOptions,
): AsyncGenerator<Event, void> {
  for (;;) {
    try {
      return yield* open(await context.node());
    } catch (error) {
      if (!isOutage(error)) throw error;
      onOutage(error);
    }
    do await sleep(retry);
    while (!(await isOpen(context)));
    onEnd();
  }
}

/** Whether an error means that the node is stopped, stopping or locked. */
function isOutage(error: unknown): error is SottoError {
  return (
    error instanceof SottoError && hasCode(error, "node-not-running", "node-locked", "store-closed")
  );
}

async function isOpen(context: Pick<Context, "node">): Promise<boolean> {
  try {
    const node = await context.node();
    return (await node.call("node.state", {})).state === "open";
  } catch (error) {
    if (isOutage(error)) return false;
    throw error;
  }
}

/** Events from now on until the node stops or is locked; throws the reason. */
export async function* liveEvents(events: AsyncIterable<NodeEvent>): AsyncGenerator<NodeEvent> {
  for await (const event of events) {
    if (event.type === "stream.ended") throw endOf(event.why);
    if (event.type === "node.state" && event.state === "locked")
      throw new SottoError("node-locked", "The node was locked.");
    yield event;
  }
  throw new SottoError("node-not-running", "The connection to the node was lost.");
}
