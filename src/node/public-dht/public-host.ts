/**
 * A libp2p host of its own on the public IPFS DHT: a client alone, which nobody can dial. Its
 * PeerId leads nowhere; the addresses that it names are those on which Sotto listens
 * (docs/decisions).
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

/**
 * kad-dht provides again by itself what it once provided; we do it ourselves. Node's longest timer.
 */
const NEVER = 2 ** 31 - 1;

export interface PublicHostOptions {
  /** Whether private addresses are taken as well: for networks of one's own. */
  readonly privateWan: boolean;
  readonly clock: Clock;
  /** What is told under our keys. */
  readonly advertise: () => readonly string[];
  /** Told when somebody says under which IP address he sees us. */
  readonly onObservedAddress: (ip: string, by: string) => void;
}

type Services = { readonly identify: Identify; readonly ping: Ping; readonly dht: Dht };

/**
 * An IP address that may be dialled: not a name, since strangers would choose what we ask a name
 * server for.
 */
export function usableIp(text: string, privateWan: boolean): boolean {
  const address = parseAddress(text);
  if (address === undefined || !/^\/ip[46]\//.test(text)) return false;
  return privateWan || scopeOf(address) === "public";
}

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
        // The one way to name addresses that are not its own, and that change.
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
        // Who leaves is let go: the next query finds another.
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

  /** Connected hosts. */
  get peers(): number {
    return this.#host.getPeers().length;
  }

  /**
   * Gets into the network by the first of these that answer.
   * @param addresses multiaddr texts with /p2p. @returns why none did, in a few words; `undefined`
   * once we are in.
   */
  async join(addresses: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const limit = deadline(this.#clock, limits.publicStart, signal);
    const { routingTable } = this.dht;
    const waiting = [...addresses];
    let why = "no first host is known";
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
    return this.peers > 0 ? "its hosts do not speak the DHT's protocol" : why;
  }

  /**
   * Addresses of nodes of the DHT that we are connected to, with /p2p: the way in for the next
   * host.
   */
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
