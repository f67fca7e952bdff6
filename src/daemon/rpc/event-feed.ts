/** The event stream of one client: a bounded queue before a connection that may be slow. */
import type { NodeEvent } from "../../api/index.ts";
import { limits } from "../../base/index.ts";

export interface EventFeed {
  /** Replaces the filter. */
  want(wanted: (event: NodeEvent) => boolean): void;
  offer(event: NodeEvent): void;
  /** The connection accepts more again. */
  resume(): void;
  /** Ends the subscription with a last event. */
  end(why: EndReason): void;
  /** Ends the subscription without a last event. */
  drop(): void;
}

type EndReason = Exclude<Extract<NodeEvent, { type: "stream.ended" }>["why"], "too-slow">;

/**
 * @param write sends one event; `false`: the connection accepts no more until `resume`.
 * @param most events that may wait; one more ends the subscription with `too-slow`.
 */
export function createEventFeed(
  write: (event: NodeEvent) => boolean,
  most: number = limits.eventQueue,
): EventFeed {
  let wants: ((event: NodeEvent) => boolean) | undefined;
  let queue: NodeEvent[] = [];
  let flowing = true;

  const flush = () => {
    let sent = 0;
    while (flowing && sent < queue.length) flowing = write(queue[sent++] as NodeEvent);
    queue = queue.slice(sent);
  };
  const last = (why: "too-slow" | EndReason) => {
    wants = undefined;
    queue =
      why === "too-slow"
        ? [{ type: "stream.ended", why }]
        : [...queue, { type: "stream.ended", why }];
    flush();
  };

  return {
    want(wanted) {
      wants = wanted;
    },
    offer(event) {
      if (!wants?.(event)) return;
      if (queue.length >= most) return last("too-slow");
      queue.push(event);
      flush();
    },
    resume() {
      flowing = true;
      flush();
    },
    end(why) {
      if (wants !== undefined) last(why);
    },
    drop() {
      wants = undefined;
      queue = [];
    },
  };
}
