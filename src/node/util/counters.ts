/**
 * Counters for the operator of a node: totals only, nothing that names a peer, an address or a tag.
 */
import type { MultiaddrConnection } from "@libp2p/interface";

/** Each counter only increases. */
export interface Counters {
  putsTaken: number;
  putsRefused: number;
  /** DHT requests other than puts. */
  requests: number;
  dialbacksDone: number;
  dialbacksRefused: number;
  /** Signalling envelopes that were forwarded, and those over the rate limit. */
  signalsPassed: number;
  signalsRefused: number;
  /** Connections refused by the limits per subnet. */
  connectionsRefused: number;
}

export const newCounters = (): Counters => ({
  putsTaken: 0,
  putsRefused: 0,
  requests: 0,
  dialbacksDone: 0,
  dialbacksRefused: 0,
  signalsPassed: 0,
  signalsRefused: 0,
  connectionsRefused: 0,
});

export interface ByteTotals {
  readonly received: number;
  readonly sent: number;
}

interface SocketCounters {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/**
 * Counts the bytes of all connections. Reads the counters of the sockets: a listener of its own on
 * a connection would take the first bytes away from the handshake.
 */
export class ByteMeter {
  readonly #open = new Set<SocketCounters>();
  #received = 0;
  #sent = 0;

  /** Counts a connection from now on. */
  track(connection: MultiaddrConnection): void {
    const { socket } = connection as unknown as { readonly socket?: SocketCounters };
    if (socket === undefined || this.#open.has(socket)) return;
    this.#open.add(socket);
    const end = (): void => {
      if (!this.#open.delete(socket)) return;
      this.#received += socket.bytesRead;
      this.#sent += socket.bytesWritten;
    };
    connection.addEventListener("close", end, { once: true });
    if (connection.status !== "open") end();
  }

  total(): ByteTotals {
    let [received, sent] = [this.#received, this.#sent];
    for (const { bytesRead, bytesWritten } of this.#open) {
      received += bytesRead;
      sent += bytesWritten;
    }
    return { received, sent };
  }
}
