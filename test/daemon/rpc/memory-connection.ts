/** A connection without a socket: both sides in memory, lines delivered in order. */
import type { Connection, tooLong } from "../../../src/api/index.ts";
import type { ServerConnection } from "../../../src/daemon/rpc/connection.ts";

export interface MemoryConnection {
  readonly client: Connection;
  readonly server: ServerConnection;
  /** Delivers a line above the limit to the server. */
  sendTooLong(line: typeof tooLong): void;
  /** The client stops reading, as one whose buffer is full. */
  stall(): void;
  /** The client reads everything that was sent. */
  drain(): void;
  readonly isPaused: boolean;
  readonly isClosed: boolean;
}

export function memoryConnection(): MemoryConnection {
  const toServer: (string | typeof tooLong)[] = [];
  const toClient: string[] = [];
  let stalled = false;
  let paused = false;
  let closed = false;
  let onServerLine = (_: string | typeof tooLong): void => undefined;
  let onClientLine = (_: string): void => undefined;
  let onDrain = (): void => undefined;
  const onClose: (() => void)[] = [];
  const flush = () => {
    while (!paused && !closed && toServer.length > 0) {
      const line = toServer.shift();
      if (line !== undefined) onServerLine(line);
    }
    while (!stalled && toClient.length > 0) onClientLine(toClient.shift() ?? "");
  };
  const later = () => void queueMicrotask(flush);
  const close = () => {
    if (closed) return;
    flush();
    closed = true;
    for (const told of onClose) told();
  };
  return {
    client: {
      write(line) {
        toServer.push(line);
        later();
      },
      onLine: (take) => {
        onClientLine = take;
      },
      onClose: (told) => void onClose.push(told),
      close,
    },
    server: {
      send(line) {
        if (closed) return true;
        toClient.push(line);
        later();
        return !stalled;
      },
      backlog: () => toClient.reduce((sum, line) => sum + line.length, 0),
      onLine: (take) => {
        onServerLine = take;
      },
      onDrain: (drained) => {
        onDrain = drained;
      },
      onClose: (told) => void onClose.push(told),
      pause() {
        paused = true;
      },
      resume() {
        paused = false;
        later();
      },
      close,
      destroy() {
        toClient.length = 0;
        close();
      },
    },
    sendTooLong(line) {
      toServer.push(line);
      later();
    },
    stall() {
      stalled = true;
    },
    drain() {
      stalled = false;
      flush();
      onDrain();
    },
    get isPaused() {
      return paused;
    },
    get isClosed() {
      return closed;
    },
  };
}
