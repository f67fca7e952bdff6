/** Both ends of a connection within the process. */
import type { Connection } from "../api/index.ts";
import type { ServerConnection } from "../daemon/index.ts";

/** A client's end and a node's end; lines arrive in order, each in a turn of its own. */
export function connectedPair(): {
  readonly client: Connection;
  readonly server: ServerConnection;
} {
  let closed = false;
  const waiting: string[] = [];
  let reading = true;
  let toClient = (_line: string): void => undefined;
  let toServer = (_line: string): void => undefined;
  const ends: (() => void)[] = [];
  const deliver = (line: string): void => {
    if (reading) toServer(line);
    else waiting.push(line);
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    for (const end of ends) queueMicrotask(end);
  };
  return {
    client: {
      write: (line) => {
        if (!closed) queueMicrotask(() => deliver(line));
      },
      onLine: (take) => {
        toClient = take;
      },
      onClose: (end) => void ends.push(end),
      close,
    },
    server: {
      send(line) {
        if (!closed) queueMicrotask(() => toClient(line));
        return true;
      },
      backlog: () => 0,
      onLine: (take) => {
        toServer = take;
      },
      onDrain: () => undefined,
      onClose: (end) => void ends.push(end),
      pause: () => {
        reading = false;
      },
      resume: () => {
        reading = true;
        for (const line of waiting.splice(0)) queueMicrotask(() => deliver(line));
      },
      // What was sent before is delivered first.
      close: () => queueMicrotask(close),
      destroy: close,
    },
  };
}
