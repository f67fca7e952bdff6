/** JSON-RPC 2.0 for one client over any connection: one object per line, responses when ready. */
import { channel } from "node:diagnostics_channel";
import { type NodeEvent, tooLong, toRpcError } from "../../api/index.ts";
import { limits, SottoError } from "../../base/index.ts";
import type { Dispatch } from "./dispatch.ts";
import { createEventFeed } from "./event-feed.ts";
import { type Access, shownTo, unrestricted } from "./methods/access.ts";
import type { Caller, Subscription } from "./methods/method-types.ts";

/** JSON-RPC 2.0 §5.1: the line is JSON, but not a request. */
const INVALID_REQUEST = -32600;

/** A cursor of no node: a subscription since it begins with `resync`. */
const NO_CURSOR = "-";

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

interface Request {
  readonly jsonrpc: "2.0";
  /** Absent in a notification, which gets no response. */
  readonly id?: string | number | null;
  readonly method: string;
  readonly params?: unknown;
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
  const answer = async ({ id, method, params }: Request) => {
    const call = new AbortController();
    running.add(call);
    if (closed) call.abort();
    if (running.size >= limits.apiCalls) connection.pause();
    let response: object;
    let subscribed = false;
    try {
      const caller = callerWith(call, () => {
        subscribed = true;
      });
      response = { result: await dispatch(method, params, caller) };
    } catch (error) {
      response = { error: toRpcError(error) };
    }
    running.delete(call);
    if (running.size < limits.apiCalls) connection.resume();
    if (id !== undefined) send({ id, ...response });
    if (subscribed) feed.begin();
  };
  const refuse = (why: string, code?: number) => {
    const error = toRpcError(new SottoError("request-malformed", why));
    send({ id: null, error: code === undefined ? error : { ...error, code } });
  };

  /** Subscribes at the unlocked node to what the client wanted of the locked one. */
  const renewSubscription = (): void => {
    const request = feed.request();
    if (request === undefined) return;
    const caller = callerWith(new AbortController(), () => undefined);
    // Without its subscription the client would wait for nothing.
    dispatch("event.subscribe", { ...request, since: NO_CURSOR }, caller).then(feed.begin, () =>
      connection.close(),
    );
  };

  const endWith = (why: "stopping" | "revoked"): void => {
    ending = true;
    feed.end(why);
    connection.close();
  };

  connection.onLine((line) => {
    if (ending) return;
    if (line === tooLong) return refuse("The line is too long.");
    if (line.trim() === "") return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return refuse("The line is not JSON.");
    }
    if (isRequest(value)) void answer(value);
    else refuse("The line is not a JSON-RPC 2.0 request.", INVALID_REQUEST);
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

function isRequest(value: unknown): value is Request {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { jsonrpc, id, method } = value as Record<string, unknown>;
  const hasId = id === undefined || id === null || typeof id === "string" || typeof id === "number";
  return jsonrpc === "2.0" && typeof method === "string" && hasId;
}
