/**
 * One connected program: JSON-RPC 2.0, one object a line, answers in the order in which they are
 * ready.
 */
import type { Socket } from "node:net";
import { lineSplitter, type NodeEvent, tooLong, toRpcError } from "../../api/index.ts";
import { limits, SottoError } from "../../base/index.ts";
import type { Dispatch } from "./dispatch.ts";
import { createEventFeed } from "./event-feed.ts";

/** JSON-RPC 2.0 §5.1: the line is JSON, but no request. */
const INVALID_REQUEST = -32600;

export interface RpcConnection {
  offer(event: NodeEvent): void;
  /** Ends the stream of events and tells why; the connection stays. */
  endStream(why: "locked"): void;
  /**
   * Tells a listener that the node stops, and ends the connection once what was written has gone
   * out.
   */
  end(): void;
}

interface Request {
  readonly jsonrpc: "2.0";
  /** Absent in a notification, which gets no answer. */
  readonly id?: string | number | null;
  readonly method: string;
  readonly params?: unknown;
}

/** Serves a connection until it ends. @param ended is called once. */
export function serve(socket: Socket, dispatch: Dispatch, ended: () => void): RpcConnection {
  const gone = new AbortController();
  const splitter = lineSplitter(limits.rpcBytes);
  let running = 0;

  const write = (message: object): boolean => {
    if (!socket.writable) return true;
    const flowing = socket.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    if (socket.writableLength > limits.apiBacklogBytes) socket.destroy();
    return flowing;
  };
  const feed = createEventFeed((event) => write({ method: "event", params: event }));
  const caller = { signal: gone.signal, subscribe: feed.want };

  const answer = async ({ id, method, params }: Request) => {
    running += 1;
    if (running >= limits.apiCalls) socket.pause();
    let reply: object;
    try {
      reply = { result: await dispatch(method, params, caller) };
    } catch (error) {
      reply = { error: toRpcError(error) };
    }
    running -= 1;
    socket.resume();
    if (id !== undefined) write({ id, ...reply });
  };
  const refuse = (why: string, code?: number) => {
    const error = toRpcError(new SottoError("request-malformed", why));
    write({ id: null, error: code === undefined ? error : { ...error, code } });
  };
  const take = (line: string | typeof tooLong) => {
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
  };

  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    for (const line of splitter.push(chunk)) take(line);
  });
  socket.on("drain", () => feed.resume());
  // What goes wrong on the socket ends it, and `close` follows.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    gone.abort();
    ended();
  });

  return {
    offer: feed.offer,
    endStream: feed.end,
    end() {
      feed.end("stopping");
      socket.end();
    },
  };
}

function isRequest(value: unknown): value is Request {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { jsonrpc, id, method } = value as Record<string, unknown>;
  const named = id === undefined || id === null || typeof id === "string" || typeof id === "number";
  return jsonrpc === "2.0" && typeof method === "string" && named;
}
