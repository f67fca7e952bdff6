/**
 * Live events as server-sent events (WHATWG HTML §9.2): one line of JSON each, with the cursor of
 * the event as its id, from which a client continues after a lost connection.
 */
import type { ServerResponse } from "node:http";
import type { NodeEvent } from "../../api/index.ts";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { answerOf, type Response } from "../rpc/answer.ts";
import { type Dispatch, inProcessCaller } from "../rpc/dispatch.ts";
import { createEventFeed, subscribeAgain } from "../rpc/event-feed.ts";
import { type Access, shownTo } from "../rpc/methods/access.ts";
import type { Caller } from "../rpc/methods/method-types.ts";

export interface EventStream {
  /**
   * Subscribes, and sends what there is.
   * @param since cursor of the last event that the client has; absent: from now on.
   * @returns the response to a client that may not.
   */
  open(since: string | undefined): Promise<Response | undefined>;
  offer(event: NodeEvent): void;
  /** The node was locked, or unlocked: the stream goes on, with `node.state` in between. */
  changeState(state: "open" | "locked"): void;
  /** Ends the stream with a last event. */
  end(why: "stopping" | "revoked"): void;
}

/**
 * @param response whose head was not written yet.
 * @param ended is called once.
 */
export function createEventStream(
  response: ServerResponse,
  { access, dispatch, clock }: { access: Access; dispatch: Dispatch; clock: Clock },
  ended: () => void,
): EventStream {
  const feed = createEventFeed((event) => {
    const flowing = response.write(textOf(event));
    // The client reads too slowly: nothing more follows.
    if (event.type === "stream.ended") response.end();
    return flowing;
  });
  const caller: Caller = { ...inProcessCaller(), access, subscribe: (next) => feed.want(next) };
  let cancel = (): void => undefined;
  response.on("drain", () => feed.resume());
  response.once("close", () => {
    cancel();
    feed.drop();
    ended();
  });
  // Proxies and clients close a connection on which nothing is sent.
  const keepOpen = (): void => {
    cancel = clock.after(limits.httpStreamPause, () => {
      response.write(":\n\n");
      keepOpen();
    });
  };

  return {
    async open(since) {
      const params = since === undefined ? {} : { since };
      const asked = { jsonrpc: "2.0", method: "event.subscribe", params } as const;
      const answer = await answerOf(dispatch, asked, caller);
      if ("error" in answer) return answer;
      response.writeHead(200, { "content-type": "text/event-stream" });
      feed.begin();
      if (!response.closed) keepOpen();
      return undefined;
    },
    offer(event) {
      const shown = shownTo(access, event);
      if (shown !== undefined) feed.offer(shown);
    },
    changeState(state) {
      if (state === "locked") feed.lock();
      else subscribeAgain(feed, dispatch, caller).catch(() => response.end());
    },
    end(why) {
      feed.end(why);
      response.end();
    },
  };
}

function textOf(event: NodeEvent): string {
  const id = "streamCursor" in event ? `id: ${event.streamCursor}\n` : "";
  return `${id}data: ${JSON.stringify(event)}\n\n`;
}
