/**
 * The listening sockets of a host. A host that is replaced frees its ports before its connections
 * close.
 */

import type { Host } from "../model/host.ts";
import { portOf } from "../util/address.ts";

/**
 * Private methods of @libp2p/tcp's listener: its public `close` also ends every connection that
 * came in through it. A test fails if a new version moves them.
 */
interface TcpListener {
  pause(): void;
  resume(): Promise<void>;
}

/** Pauses and resumes listening without closing connections. */
export class Listeners {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Stops accepting connections and frees the ports; existing connections stay. */
  pause(): void {
    for (const listener of this.#listeners()) listener.pause();
  }

  /** Listens on the same addresses again. Throws if another program has taken one. */
  async resume(): Promise<void> {
    await Promise.all(this.#listeners().map((listener) => listener.resume()));
  }

  /** TCP ports that it listens on, each once however many interfaces there are. */
  ports(): number[] {
    return [...new Set(this.#host.services.internals.transportManager.getAddrs().map(portOf))];
  }

  #listeners(): TcpListener[] {
    const { transportManager } = this.#host.services.internals;
    return transportManager.getListeners() as unknown as TcpListener[];
  }
}
