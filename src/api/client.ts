/** The client of a node: JSON-RPC 2.0, one object per line, over any `Connection`. */
import { limits, SottoError } from "../base/index.ts";
import type { Connection } from "./connection.ts";
import { fromRpcError } from "./errors.ts";
import type { NodeEvent } from "./events.ts";
import type { MethodName, Params, Result } from "./methods.ts";

export interface Client {
  /**
   * Calls a method of the node. Throws the `SottoError` of the response, `node-not-running` when
   * the connection is closed, and `params-invalid` for a request above `limits.rpcBytes`.
   */
  call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>>;
  /**
   * Events from now on, or since a cursor; ends after `stream.ended`, or when the connection is
   * closed. Leaving the
   * loop before that closes the connection. One loop at a time. Throws what `event.subscribe`
   * throws; then, and after `stream.ended`, the connection stays open.
   * @param begun is called once events are sent: what happens from then on is not missed.
   */
  events(
    filter?: Params<"event.subscribe">,
    begun?: (subscribed: Result<"event.subscribe">) => void,
  ): AsyncIterable<NodeEvent>;
  /** Closes the connection; open calls fail at once as `node-not-running`. */
  close(): void;
}

interface Call {
  readonly resolve: (result: never) => void;
  readonly reject: (error: SottoError) => void;
}

interface Incoming {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

const connectionClosed = () =>
  new SottoError("node-not-running", "The node closed the connection.");

/** A client over an open connection, which it takes over. */
export function createClient(connection: Connection): Client {
  const calls = new Map<number, Call>();
  let nextId = 1;
  let closed = false;
  let listener: ((event: NodeEvent | undefined) => void) | undefined;

  connection.onLine((line) => {
    const message = parse(line);
    if (message === undefined) return;
    if (message.method === "event") listener?.(message.params as NodeEvent);
    const call = typeof message.id === "number" ? calls.get(message.id) : undefined;
    if (call === undefined) return;
    calls.delete(message.id as number);
    if (message.error === undefined) call.resolve(message.result as never);
    else call.reject(fromRpcError(message.error));
  });
  const end = (): void => {
    closed = true;
    for (const call of calls.values()) call.reject(connectionClosed());
    calls.clear();
    listener?.(undefined);
  };
  connection.onClose(end);

  const client: Client = {
    call(method, params) {
      if (closed) return Promise.reject(connectionClosed());
      const id = nextId++;
      const line = JSON.stringify({ jsonrpc: "2.0", id, method, params });
      if (line.length > limits.rpcBytes)
        return Promise.reject(new SottoError("params-invalid", "The request is too long."));
      return new Promise((resolve, reject) => {
        calls.set(id, { resolve, reject });
        connection.write(line);
      });
    },

    async *events(filter = {}, begun = () => undefined) {
      const queue: NodeEvent[] = [];
      let ended = false;
      /** Whether the node sends events that no one would read once the loop is left. */
      let subscribed = false;
      let wake: () => void = () => undefined;
      listener = (event) => {
        if (event === undefined) ended = true;
        else queue.push(event);
        wake();
      };
      try {
        const result = await client.call("event.subscribe", filter);
        subscribed = true;
        begun(result);
        for (;;) {
          const event = queue.shift();
          if (event !== undefined) {
            if (event.type === "stream.ended") subscribed = false;
            yield event;
            if (!subscribed) return;
          } else if (ended) {
            return;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        listener = undefined;
        if (subscribed) connection.close();
      }
    },

    close() {
      connection.close();
      // The process may end before the other side has closed, and nothing waits until then.
      end();
    },
  };
  return client;
}

function parse(line: string): Incoming | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
