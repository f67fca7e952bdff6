/** The event stream of one client: a bounded queue before a connection that may be slow. */
import type { NodeEvent } from "../../api/index.ts";
import { limits } from "../../base/index.ts";
import type { Subscription } from "./methods/method-types.ts";

export interface EventFeed {
  /** Begins a subscription, or replaces it. Nothing is sent before `begin`. */
  want(subscription: Subscription): void;
  /** The client knows that it has subscribed. */
  begin(): void;
  offer(event: NodeEvent): void;
  /** The connection accepts more again. */
  resume(): void;
  /**
   * The node was locked, which ends the subscription except for `node.state`, or unlocked; the
   * client then subscribes again.
   */
  changeState(state: "open" | "locked"): void;
  /** Ends the subscription with a last event. */
  end(why: EndReason): void;
  /** Ends the subscription without a last event. */
  drop(): void;
}

type EndReason = Exclude<
  Extract<NodeEvent, { type: "stream.ended" }>["why"],
  "too-slow" | "locked"
>;

/** What a subscription begins with; another one makes what waits of it obsolete. */
const isSnapshot = ({ type }: NodeEvent) => type === "presence.snapshot" || type === "node.state";

/**
 * @param write sends one event; `false`: the connection accepts no more until `resume`.
 * @param most events that may wait; one more ends the subscription with `too-slow`.
 */
export function createEventFeed(
  write: (event: NodeEvent) => boolean,
  most: number = limits.eventQueue,
): EventFeed {
  let wants: ((event: NodeEvent) => boolean) | undefined;
  /** After a lock: nothing of the open node is held, but what the client waits for. */
  let wantsState = false;
  let queue: NodeEvent[] = [];
  let flowing = true;
  let begun = true;

  const flush = () => {
    if (!begun) return;
    let sent = 0;
    while (flowing && sent < queue.length) flowing = write(queue[sent++] as NodeEvent);
    queue = queue.slice(sent);
  };
  const stop = () => {
    wants = undefined;
    wantsState = false;
  };
  const push = (events: readonly NodeEvent[]) => {
    if (queue.length + events.length > most) {
      stop();
      queue = [{ type: "stream.ended", why: "too-slow" }];
    } else queue.push(...events);
    flush();
  };

  return {
    want({ wants: wanted, first, resumes }) {
      wants = wanted;
      wantsState = false;
      begun = false;
      queue = resumes ? [] : queue.filter((event) => !isSnapshot(event));
      push(first);
    },
    begin() {
      begun = true;
      flush();
    },
    offer(event) {
      if (wants?.(event)) push([event]);
    },
    resume() {
      flowing = true;
      flush();
    },
    changeState(state) {
      const event: NodeEvent = { type: "node.state", state };
      if (wantsState) return push([event]);
      if (wants === undefined || state === "open") return;
      wantsState = wants(event);
      wants = undefined;
      push([...(wantsState ? [event] : []), { type: "stream.ended", why: "locked" }]);
    },
    end(why) {
      if (wants === undefined && !wantsState) return;
      stop();
      queue.push({ type: "stream.ended", why });
      flush();
    },
    drop() {
      stop();
      queue = [];
    },
  };
}
