/** JSON-RPC 2.0 for one client over any connection: one object per line, responses when ready. */
import { channel } from "node:diagnostics_channel";
import { type NodeEvent, tooLong } from "../../api/index.ts";
import { limits } from "../../base/index.ts";
import { answerOf, type Request, refused, requestOf } from "./answer.ts";
import type { Dispatch } from "./dispatch.ts";
import { createEventFeed, subscribeAgain } from "./event-feed.ts";
import { type Access, shownTo, unrestricted } from "./methods/access.ts";
import type { Caller, Subscription } from "./methods/method-types.ts";

/** Every event that is sent, for the tests that compare it with the contract. */
const events = channel("sotto:event");

/** A client's connection as the server sees it, whatever carries it. Each callback is set once. */
export interface ServerConnection {
  /**
   * Sends one line; does nothing once closed. False: the client reads too slowly, and `onDrain`
   * reports when it has caught up.
   */
  send(line: string): boolean;
  /** Bytes sent that the client has not read yet. */
  backlog(): number;
  /** Receives each line, or `tooLong` for one above `limits.rpcBytes`. */
  onLine(take: (line: string | typeof tooLong) => void): void;
  onDrain(drained: () => void): void;
  /** Called once when the connection is closed, by either side. */
  onClose(closed: () => void): void;
  /** Stops reading; lines that were read already still arrive. */
  pause(): void;
  resume(): void;
  /**
   * Closes the connection after everything was sent, whether or not the client closes its side or
   * reads; until then lines may still arrive.
   */
  close(): void;
  /** Closes the connection at once. */
  destroy(): void;
}

/** The server's side of one connection. */
export interface RpcSession {
  offer(event: NodeEvent): void;
  /** The node was locked, or unlocked: a subscription continues, with `node.state` in between. */
  changeState(state: "open" | "locked"): void;
  /** Ends the event stream because the node stops, and closes the connection. */
  end(): void;
  /** Ends the running calls, the event stream and the connection if it is restricted to a token. */
  revoke(token: string): void;
}

/**
 * Serves a connection until it is closed. Stops reading while `limits.apiCalls` calls are running,
 * and closes the connection of a client with more than `limits.apiBacklogBytes` unread.
 * @param ended is called once.
 */
export function serve(
  connection: ServerConnection,
  dispatch: Dispatch,
  ended: () => void,
): RpcSession {
  /** The running calls. Each has a signal of its own, which may have a few listeners only. */
  const running = new Set<AbortController>();
  let closed = false;
  /** Set by this side: what a client sends that does not close its own is not served. */
  let ending = false;
  let access = unrestricted;

  const send = (message: object): boolean => {
    const flowing = connection.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
    if (connection.backlog() > limits.apiBacklogBytes) connection.destroy();
    return flowing;
  };
  const feed = createEventFeed((event) => {
    if (events.hasSubscribers) events.publish({ event });
    return send({ method: "event", params: event });
  });

  const callerWith = ({ signal }: AbortController, subscribed: () => void): Caller => ({
    access,
    restrict(next: Access) {
      access = next;
      // What was subscribed to before may be more than it may see now.
      feed.drop();
    },
    signal,
    subscribe(subscription: Subscription) {
      subscribed();
      feed.want(subscription);
    },
  });
  const answer = async (request: Request) => {
    const call = new AbortController();
    running.add(call);
    if (closed) call.abort();
    if (running.size >= limits.apiCalls) connection.pause();
    let subscribed = false;
    const caller = callerWith(call, () => {
      subscribed = true;
    });
    const response = await answerOf(dispatch, request, caller);
    running.delete(call);
    if (running.size < limits.apiCalls) connection.resume();
    if (request.id !== undefined) send(response);
    if (subscribed) feed.begin();
  };
  /** Subscribes at the unlocked node to what the client wanted of the locked one. */
  const renewSubscription = (): void => {
    const caller = callerWith(new AbortController(), () => undefined);
    // Without its subscription the client would wait for nothing.
    subscribeAgain(feed, dispatch, caller).catch(() => connection.close());
  };

  const endWith = (why: "stopping" | "revoked"): void => {
    ending = true;
    feed.end(why);
    connection.close();
  };

  connection.onLine((line) => {
    if (ending) return;
    if (line === tooLong) return void send(refused("The line is too long."));
    if (line.trim() === "") return;
    const request = requestOf(line);
    if ("error" in request) send(request);
    else void answer(request);
  });
  connection.onDrain(feed.resume);
  connection.onClose(() => {
    closed = true;
    for (const call of running) call.abort();
    ended();
  });

  return {
    offer(event) {
      const shown = shownTo(access, event);
      if (shown !== undefined) feed.offer(shown);
    },
    changeState: (state) => (state === "locked" ? feed.lock() : renewSubscription()),
    end: () => endWith("stopping"),
    revoke(token) {
      if (!access.tokens.has(token)) return;
      for (const call of running) call.abort();
      endWith("revoked");
    },
  };
}
