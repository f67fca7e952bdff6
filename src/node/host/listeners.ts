/**
 * The sockets that a host listens on. One that goes hands its ports over before its connections
 * end.
 */

import type { Host } from "../model/host.ts";
import { portOf } from "../util/address.ts";

/**
 * The two halves of @libp2p/tcp's listener that it keeps to itself: its public `close` ends every
 * connection that came in through it. A test fails when a new version moves them.
 */
interface TcpListener {
  pause(): void;
  resume(): Promise<void>;
}

export class Listeners {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Takes no connection any more and frees the ports; connections stay. */
  pause(): void {
    for (const listener of this.#listeners()) listener.pause();
  }

  /** Listens again where it did before. Throws where another program does now. */
  async resume(): Promise<void> {
    await Promise.all(this.#listeners().map((listener) => listener.resume()));
  }

  /** TCP ports that it listens on. */
  ports(): number[] {
    return this.#host.services.internals.transportManager.getAddrs().map(portOf);
  }

  #listeners(): TcpListener[] {
    const { transportManager } = this.#host.services.internals;
    return transportManager.getListeners() as unknown as TcpListener[];
  }
}
