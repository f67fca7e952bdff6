/**
 * What the router in front of us does to ports. Bootstrap hosts are dialled from one fixed port,
 * and they tell as which address they see it; from that port alone can holes be punched.
 */
import { createServer } from "node:net";
import type { Connection, IdentifyResult } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import type { Endpoint, NatKind } from "../../wire/index.ts";
import type { NatState } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import {
  addressOf,
  endpointOf,
  hostOf,
  peerOf,
  portOf,
  scopeOf,
  subnetOf,
  withoutPeer,
} from "../util/address.ts";
import { deadline } from "../util/deadline.ts";

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** What is told of the router where nothing is found out about it. */
export const unknownNat: NatState = {
  kind: "unknown",
  punches: { made: 0, failed: 0 },
  portMap: { state: "off" },
};

interface Observation {
  /** As which address our port is seen. */
  readonly address: Multiaddr;
  readonly connection: Connection;
}

export interface NatOptions {
  readonly host: Host;
  readonly clock: Clock;
  /** Private addresses count as those of the internet do. */
  readonly privateWan: boolean;
  /** The port to dial from. */
  readonly port: number;
}

export class NatDetector {
  readonly port: number;
  readonly #options: NatOptions;
  readonly #fromPort = new WeakSet<Connection>();
  readonly #observed = new WeakMap<Connection, Multiaddr>();
  /** By the place of who sees us, newest last. */
  readonly #seen = new Map<string, Observation>();
  readonly #probing = new Set<Connection>();
  #probes = 0;
  #stopped = false;

  constructor(options: NatOptions) {
    this.#options = options;
    this.port = options.port;
    options.host.addEventListener("peer:identify", this.#identified);
  }

  stop(): void {
    this.#stopped = true;
    this.#options.host.removeEventListener("peer:identify", this.#identified);
  }

  /** Our addresses changed: what was seen through connections that are gone counts no more. */
  changed(): void {
    this.#probes = 0;
    for (const [place, { connection }] of this.#seen)
      if (connection.status !== "open") this.#seen.delete(place);
  }

  /**
   * Dials from our port; from any other where the system does not give us that one for this
   * destination now.
   */
  async dial(address: Multiaddr, signal: AbortSignal): Promise<Connection> {
    const { host } = this.#options;
    const peer = peerOf(address);
    const there = host
      .getConnections()
      .find(({ remotePeer, status }) => remotePeer.toString() === peer && status === "open");
    if (there !== undefined) return there;
    try {
      return await this.#dialFromPort(address, signal);
    } catch (error) {
      const text = error instanceof Error ? error.message : "";
      if (signal.aborted || !/EADDRINUSE|EADDRNOTAVAIL/.test(text)) throw error;
      return host.dial(address, { signal });
    }
  }

  /** What the router does with IPv4. IPv6 has none. */
  kind(): NatKind {
    const seen = this.#sights(false).map(({ address }) => address);
    const [first] = seen;
    if (first === undefined) return "unknown";
    const own = this.#own();
    if (seen.some((address) => own.has(hostOf(address)))) return "none";
    if (new Set(seen.map(withoutPeer)).size > 1) return "symmetric";
    if (portOf(first) === this.port) return "preserving";
    return seen.length > 1 ? "independent" : "unknown";
  }

  /** As which address others see our port, where that is one for all. */
  mapped(): Multiaddr | undefined {
    return this.kind() === "symmetric" ? undefined : this.#sights(false).at(-1)?.address;
  }

  /** Where a hole can lead to us: by IPv6 first. */
  endpoints(): Endpoint[] {
    const { transportManager } = this.#options.host.services.internals;
    const own = transportManager
      .getAddrs()
      .find((address) => hostOf(address).includes(":") && scopeOf(address) === "public");
    const seen6 = this.#sights(true).at(-1)?.address;
    const six = seen6 ? endpointOf(seen6) : own && endpointOf(own, this.port);
    const mapped = this.mapped();
    return [six, mapped && endpointOf(mapped)].flatMap((place) => place ?? []);
  }

  /**
   * Where to dial a place from: for IPv6 the very address that the other side was told, since a
   * machine has several.
   */
  dialOptions({ ip }: Endpoint): { readonly localPort: number; readonly localAddress?: string } {
    const six =
      ip.length === 16 ? this.endpoints().find((place) => place.ip.length === 16) : undefined;
    const own = this.#own();
    const localAddress = six && hostOf(addressOf(six));
    const bound = localAddress !== undefined && own.has(localAddress);
    return { localPort: this.port, ...(bound ? { localAddress } : {}) };
  }

  /** The IP addresses of our own interfaces. */
  #own(): Set<string> {
    return new Set(this.#options.host.services.internals.transportManager.getAddrs().map(hostOf));
  }

  /** Those who see us by IPv6, or by IPv4. */
  #sights(six: boolean): Observation[] {
    return [...this.#seen.values()].filter(
      ({ address }) => hostOf(address).includes(":") === six && this.#counts(address),
    );
  }

  #counts(address: Multiaddr): boolean {
    return this.#options.privateWan || scopeOf(address) === "public";
  }

  readonly #identified = ({ detail }: CustomEvent<IdentifyResult>): void => {
    const { connection, observedAddr } = detail;
    if (observedAddr === undefined || connection.direction !== "outbound") return;
    this.#observed.set(connection, observedAddr);
    this.#learn(connection);
    // Soon after, it is known whether it was dialled from our port.
    this.#options.clock.after(limits.reachabilityDelay, () => void this.#probe(connection));
  };

  /**
   * Told of a connection twice: once it is known where it was dialled from, once the other side has
   * said what it sees.
   */
  #learn(connection: Connection): void {
    const address = this.#observed.get(connection);
    if (address === undefined || !this.#fromPort.has(connection)) return;
    const place = subnetOf(connection.remoteAddr);
    this.#seen.delete(place);
    this.#seen.set(place, { address, connection });
    if (this.#probing.delete(connection)) void connection.close().catch(() => undefined);
  }

  /** Dials the host of a connection from our port, where that makes a second place that sees it. */
  async #probe({ remoteAddr, status }: Connection): Promise<void> {
    const places = this.#sights(false).map(({ connection }) => subnetOf(connection.remoteAddr));
    const asked = [...this.#probing].map((connection) => subnetOf(connection.remoteAddr));
    const useful =
      places.length === 1 &&
      ![...places, ...asked].includes(subnetOf(remoteAddr)) &&
      !hostOf(remoteAddr).includes(":") &&
      this.#counts(remoteAddr);
    if (this.#stopped || !useful || status !== "open" || this.#probes >= limits.natProbes) return;
    this.#probes++;
    const { clock } = this.#options;
    const limit = deadline(clock, limits.stepTimeout);
    try {
      const connection = await this.#dialFromPort(remoteAddr, limit.signal);
      this.#probing.add(connection);
      this.#learn(connection);
      clock.after(limits.stepTimeout, () => {
        if (this.#probing.delete(connection)) void connection.close().catch(() => undefined);
      });
    } catch {
      // Another one may do it.
    } finally {
      limit.clear();
    }
  }

  /**
   * Past libp2p's queue of dials, which knows no ports; the transport hands the option on to the
   * socket.
   */
  async #dialFromPort(address: Multiaddr, signal: AbortSignal): Promise<Connection> {
    const { transportManager } = this.#options.host.services.internals;
    const options = { signal, localPort: this.port };
    const connection = await transportManager.dial(address, options);
    this.#fromPort.add(connection);
    this.#learn(connection);
    return connection;
  }
}
