/**
 * NAT detection: how the router maps ports. Bootstrap nodes are dialed from one fixed port and
 * report the address at which they see it. Hole punching works from that port only.
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
import { rankOwn } from "../util/address-rank.ts";
import { deadline } from "../util/deadline.ts";
import { interfaceAddresses } from "../util/interfaces.ts";

/** A TCP port that was free a moment ago. */
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

/** The NAT state if nothing is detected, as behind a proxy. */
export const unknownNat: NatState = {
  kind: "unknown",
  punches: { made: 0, failed: 0 },
  portMap: { state: "off" },
};

interface Observation {
  /** The address at which a peer sees our port. */
  readonly address: Multiaddr;
  readonly connection: Connection;
}

export interface NatOptions {
  readonly host: Host;
  readonly clock: Clock;
  /** Whether private addresses count like public ones. */
  readonly privateWan: boolean;
  /** The local port to dial from. */
  readonly port: number;
}

/** Learns the external address of one local port from the peers that it was dialed from. */
export class NatDetector {
  readonly port: number;
  readonly #options: NatOptions;
  readonly #fromPort = new WeakSet<Connection>();
  readonly #observed = new WeakMap<Connection, Multiaddr>();
  /** By the subnet of the observer, newest last. */
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

  /** To be called when our addresses have changed: drops observations over closed connections. */
  changed(): void {
    this.#probes = 0;
    for (const [subnet, { connection }] of this.#seen)
      if (connection.status !== "open") this.#seen.delete(subnet);
  }

  /**
   * Dials from our port, or from any other if the system cannot use it for this destination now.
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

  /** How the router maps IPv4 ports. IPv6 is not translated. */
  kind(): NatKind {
    const seen = this.#observations(false).map(({ address }) => address);
    const [first] = seen;
    if (first === undefined) return "unknown";
    const own = this.#own();
    if (seen.some((address) => own.has(hostOf(address)))) return "none";
    if (new Set(seen.map(withoutPeer)).size > 1) return "symmetric";
    if (portOf(first) === this.port) return "preserving";
    return seen.length > 1 ? "independent" : "unknown";
  }

  /** The external address of our port, if it is the same for every destination. */
  mapped(): Multiaddr | undefined {
    return this.kind() === "symmetric" ? undefined : this.#observations(false).at(-1)?.address;
  }

  /** The endpoints at which hole punching can reach us, IPv6 first. */
  endpoints(): Endpoint[] {
    const { transportManager } = this.#options.host.services.internals;
    const own = rankOwn(transportManager.getAddrs(), interfaceAddresses()).find(
      (address) => hostOf(address).includes(":") && scopeOf(address) === "public",
    );
    const seen6 = this.#observations(true).at(-1)?.address;
    const ipv6 = seen6 ? endpointOf(seen6) : own && endpointOf(own, this.port);
    const mapped = this.mapped();
    return [ipv6, mapped && endpointOf(mapped)].flatMap((endpoint) => endpoint ?? []);
  }

  /**
   * The local port and address to dial an endpoint from. For IPv6 it is the very address that the
   * peer was told, since a machine has several.
   */
  dialOptions({ ip }: Endpoint): { readonly localPort: number; readonly localAddress?: string } {
    const ipv6 =
      ip.length === 16 ? this.endpoints().find((endpoint) => endpoint.ip.length === 16) : undefined;
    const own = this.#own();
    const localAddress = ipv6 && hostOf(addressOf(ipv6));
    const bound = localAddress !== undefined && own.has(localAddress);
    return { localPort: this.port, ...(bound ? { localAddress } : {}) };
  }

  /** The IP addresses of our own interfaces. */
  #own(): Set<string> {
    return new Set(this.#options.host.services.internals.transportManager.getAddrs().map(hostOf));
  }

  /** Observations by IPv6, or by IPv4. */
  #observations(ipv6: boolean): Observation[] {
    return [...this.#seen.values()].filter(
      ({ address }) => hostOf(address).includes(":") === ipv6 && this.#counts(address),
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
    // Soon afterwards it is known whether it was dialed from our port.
    this.#options.clock.after(limits.reachabilityDelay, () => void this.#probe(connection));
  };

  /**
   * Records an observation. Called twice per connection: once the local port is known, and once the
   * peer has reported what it sees.
   */
  #learn(connection: Connection): void {
    const address = this.#observed.get(connection);
    if (address === undefined || !this.#fromPort.has(connection)) return;
    const subnet = subnetOf(connection.remoteAddr);
    this.#seen.delete(subnet);
    this.#seen.set(subnet, { address, connection });
    if (this.#probing.delete(connection)) void connection.close().catch(() => undefined);
  }

  /**
   * Dials the peer of a connection from our port, if that gives an observation from a second
   * subnet.
   */
  async #probe({ remoteAddr, status }: Connection): Promise<void> {
    const subnets = this.#observations(false).map(({ connection }) =>
      subnetOf(connection.remoteAddr),
    );
    const probed = [...this.#probing].map((connection) => subnetOf(connection.remoteAddr));
    const useful =
      subnets.length === 1 &&
      ![...subnets, ...probed].includes(subnetOf(remoteAddr)) &&
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
      // Another peer may be reached.
    } finally {
      limit.clear();
    }
  }

  /**
   * Bypasses libp2p's dial queue, which has no option for ports; the transport passes the option on
   * to the socket.
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
