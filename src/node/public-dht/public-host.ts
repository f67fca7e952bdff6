/**
 * A separate libp2p host on the public IPFS DHT: a client only, which cannot be dialed. Its PeerId
 * leads nowhere; the addresses that it publishes are those on which Sotto listens (docs/decisions).
 */
import { generateKeyPair } from "@libp2p/crypto/keys";
import { type Identify, identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { kadDHT, passthroughMapper, removePrivateAddressesMapper } from "@libp2p/kad-dht";
import { type Ping, ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { reasonOf } from "../connections/dialer.ts";
import { boundedHandshake, boundedNoise, boundedYamux } from "../host/bounded-upgrader.ts";
import type { Dht } from "../model/host.ts";
import { hostOf, parseAddress, scopeOf, subnetOf } from "../util/address.ts";
import { deadline } from "../util/deadline.ts";
import { PUBLIC_DHT } from "../util/protocols.ts";

/** Disables kad-dht's own republication, as we republish: the longest timer of Node. */
const NEVER = 2 ** 31 - 1;

export interface PublicHostOptions {
  /** Whether private addresses are accepted as well: for private networks. */
  readonly privateWan: boolean;
  readonly clock: Clock;
  /** The addresses to publish under our keys. */
  readonly advertise: () => readonly string[];
  /** Called when a peer reports the IP address at which it sees us. */
  readonly onObservedAddress: (ip: string, subnet: string) => void;
}

type Services = { readonly identify: Identify; readonly ping: Ping; readonly dht: Dht };

/**
 * Whether an address may be dialed: IP addresses only, since with names strangers would choose what
 * we ask a DNS server for.
 */
export function usableIp(text: string, privateWan: boolean): boolean {
  const address = parseAddress(text);
  if (address === undefined || !/^\/ip[46]\//.test(text)) return false;
  return privateWan || scopeOf(address) === "public";
}

/** The host, from its start until it is replaced. */
export class PublicHost {
  readonly #host: Libp2p<Services>;
  readonly #clock: Clock;

  private constructor(host: Libp2p<Services>, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  static async start(options: PublicHostOptions): Promise<PublicHost> {
    const { privateWan, clock } = options;
    const create = kadDHT({
      protocol: PUBLIC_DHT,
      clientMode: true,
      peerInfoMapper: privateWan ? passthroughMapper : removePrivateAddressesMapper,
      initialQuerySelfInterval: 100,
      disjointPaths: 3,
      alpha: 3,
      reprovide: { interval: NEVER },
    });
    const host = await createLibp2p<Services>({
      privateKey: await generateKeyPair("Ed25519"),
      start: false,
      nodeInfo: { name: "libp2p", version: "3", userAgent: "libp2p" },
      addresses: {
        listen: [],
        // The only way to advertise addresses that are not its own and that change.
        announceFilter: () => options.advertise().map((text) => multiaddr(text)),
      },
      transports: [tcp()],
      connectionProtector: boundedHandshake,
      connectionEncrypters: [boundedNoise()],
      streamMuxers: [boundedYamux()],
      connectionGater: {
        denyInboundConnection: () => true,
        denyDialMultiaddr: (address) =>
          address.getComponents()[0]?.name !== "dnsaddr" &&
          !usableIp(address.toString(), privateWan),
      },
      connectionManager: {
        maxConnections: limits.publicConnections,
        maxParallelDials: limits.parallelDials,
        dialTimeout: limits.dialTimeout,
        addressDialTimeout: limits.dialTimeout / 2,
        // Do not reconnect: the next query finds other peers.
        reconnectRetries: 0,
      },
      services: {
        identify: identify(),
        ping: ping(),
        dht: (components: Parameters<typeof create>[0]) => create(components) as Dht,
      },
    });
    host.addEventListener("peer:identify", ({ detail: { observedAddr, connection } }) => {
      if (observedAddr !== undefined)
        options.onObservedAddress(hostOf(observedAddr), subnetOf(connection.remoteAddr));
    });
    await host.start();
    return new PublicHost(host, clock);
  }

  get dht(): Dht {
    return this.#host.services.dht;
  }

  /** Number of connected peers. */
  get peers(): number {
    return this.#host.getPeers().length;
  }

  /**
   * Joins the network through the first of these peers that answers.
   * @param addresses multiaddr texts with /p2p.
   * @returns why none answered, in a few words; `undefined` once joined.
   */
  async join(addresses: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const limit = deadline(this.#clock, limits.publicStart, signal);
    const { routingTable } = this.dht;
    const waiting = [...addresses];
    let why = "no bootstrap peer is known";
    const worker = async (): Promise<void> => {
      for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
        if (limit.signal.aborted || routingTable.size > 0) return;
        try {
          await this.#host.dial(multiaddr(text), { signal: limit.signal });
        } catch (error) {
          why = limit.expired() ? "timed out" : reasonOf(error);
        }
      }
    };
    const joined = new Promise<void>((resolve) => {
      routingTable.addEventListener("peer:add", () => resolve());
      limit.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    try {
      await Promise.all(Array.from({ length: limits.publicDials }, worker));
      if (this.peers > 0) await joined;
    } finally {
      limit.clear();
    }
    if (routingTable.size > 0) return undefined;
    return this.peers > 0 ? "its peers do not support the DHT protocol" : why;
  }

  /** Addresses of connected DHT nodes, with /p2p: the bootstrap peers of the next host. */
  peerAddresses(): string[] {
    return this.#host
      .getConnections()
      .map(({ remoteAddr, remotePeer }) => withPeer(remoteAddr, remotePeer.toString()));
  }

  async stop(): Promise<void> {
    await this.#host.stop();
  }
}

function withPeer(address: Multiaddr, peer: string): string {
  const text = address.toString();
  return text.includes("/p2p/") ? text : `${text}/p2p/${peer}`;
}
