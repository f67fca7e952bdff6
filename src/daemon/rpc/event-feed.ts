/** The event stream of one client: a bounded queue before a connection that may be slow. */
import type { NodeEvent } from "../../api/index.ts";
import { limits } from "../../base/index.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Caller, Subscription } from "./methods/method-types.ts";

export interface EventFeed {
  /** Begins a subscription, or replaces it. Nothing is sent before `begin`. */
  want(subscription: Subscription): void;
  /** The client knows that it has subscribed. */
  begin(): void;
  offer(event: NodeEvent): void;
  /** The connection accepts more again. */
  resume(): void;
  /** The node was locked: drops what waits of its events, and reports the lock. */
  lock(): void;
  /** The request of the present subscription, for the node that is unlocked. */
  request(): Subscription["request"] | undefined;
  /** Ends the subscription with a last event. */
  end(why: EndReason): void;
  /** Ends the subscription without a last event. */
  drop(): void;
}

type EndReason = Exclude<Extract<NodeEvent, { type: "stream.ended" }>["why"], "too-slow">;

/** What a subscription begins with; another one makes what waits of it obsolete. */
const isSnapshot = ({ type }: NodeEvent) =>
  type === "presence.snapshot" || type === "node.state" || type === "net.changed";

/** What may wait for a client that reads slowly. */
interface Bound {
  readonly events: number;
  /** Characters of their JSON. */
  readonly characters: number;
}

/** An event that waits, with the characters of its JSON. */
interface Waiting {
  readonly event: NodeEvent;
  readonly size: number;
}

/**
 * @param write sends one event; `false`: the connection accepts no more until `resume`.
 * @param most what may wait; more ends the subscription with `too-slow`.
 */
export function createEventFeed(
  write: (event: NodeEvent) => boolean,
  most: Bound = { events: limits.eventQueue, characters: limits.eventQueueCharacters },
): EventFeed {
  let present: Pick<Subscription, "wants" | "request"> | undefined;
  let queue: Waiting[] = [];
  /** Characters of what waits. */
  let size = 0;
  let flowing = true;
  let begun = true;

  const setQueue = (next: Waiting[]) => {
    queue = next;
    size = next.reduce((sum, waiting) => sum + waiting.size, 0);
  };
  const keep = (event: NodeEvent) => {
    const waiting = { event, size: JSON.stringify(event).length };
    queue.push(waiting);
    size += waiting.size;
  };
  const flush = () => {
    if (!begun) return;
    let sent = 0;
    for (; flowing && sent < queue.length; sent++) {
      const waiting = queue[sent] as Waiting;
      size -= waiting.size;
      flowing = write(waiting.event);
    }
    queue = queue.slice(sent);
  };
  const push = (events: readonly NodeEvent[]) => {
    for (const event of events) {
      if (begun && flowing && queue.length === 0) flowing = write(event);
      else keep(event);
      if (queue.length <= most.events && size <= most.characters) continue;
      present = undefined;
      setQueue([]);
      keep({ type: "stream.ended", why: "too-slow" });
      break;
    }
    flush();
  };

  const offer = (event: NodeEvent) => {
    if (present?.wants(event)) push([event]);
  };

  return {
    want({ wants, request, first, resumes }) {
      present = { wants, request };
      begun = false;
      setQueue(resumes ? [] : queue.filter(({ event }) => !isSnapshot(event)));
      push(first);
    },
    begin() {
      begun = true;
      flush();
    },
    offer,
    resume() {
      flowing = true;
      flush();
    },
    lock() {
      setQueue(queue.filter(({ event }) => event.type === "stream.ended"));
      offer({ type: "node.state", state: "locked" });
    },
    request: () => present?.request,
    end(why) {
      if (present === undefined) return;
      present = undefined;
      keep({ type: "stream.ended", why });
      flush();
    },
    drop() {
      present = undefined;
      setQueue([]);
    },
  };
}

/** A cursor of no node: a subscription since it begins with `resync`. */
const NO_CURSOR = "-";

/** Subscribes at the unlocked node to what the client wanted of the locked one. */
export async function subscribeAgain(
  feed: EventFeed,
  dispatch: Dispatch,
  caller: Caller,
): Promise<void> {
  const request = feed.request();
  if (request === undefined) return;
  await dispatch("event.subscribe", { ...request, since: NO_CURSOR }, caller);
  feed.begin();
}
