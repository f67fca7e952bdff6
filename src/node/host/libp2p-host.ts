/** libp2p out of its parts, with all its bounds. */

import { identify } from "@libp2p/identify";
import type { Connection, PrivateKey } from "@libp2p/interface";
import { createLibp2p } from "libp2p";
import { limits, SottoError } from "../../base/index.ts";
import type { RecordValidator } from "../../dht/index.ts";
import type { Clock } from "../../ports/index.ts";
import { createGater } from "../connections/connection-gater.ts";
import { pruneOnConnect } from "../connections/connection-pruner.ts";
import { DialPolicy } from "../connections/dial-policy.ts";
import { BoundedDatastore } from "../dht/bounded-datastore.ts";
import { dhtService } from "../dht/kademlia.ts";
import { linkLocalTcp } from "../lan/link-local-tcp.ts";
import type { PrivateNetwork, Tuning } from "../model/config.ts";
import type { ConnectionLimits, Host, HostInternals, Services } from "../model/host.ts";
import { proxiedTcp, type SocksProxy } from "../proxy/socks-transport.ts";
import { advertisable, checkAddresses, isOnion, scopeOf, withoutPeer } from "../util/address.ts";
import { ByteMeter, type Counters, newCounters } from "../util/counters.ts";
import { createRequestLimit } from "../util/rate-limit.ts";
import { boundedHandshake, boundedNoise, boundedYamux } from "./bounded-upgrader.ts";
import { sharedPing } from "./dht-ping.ts";
import { LocalEndpoints, watchInterfaces } from "./network-change.ts";

export const nodeConnectionLimits: ConnectionLimits = {
  connections: limits.connections,
  links: limits.links,
  spare: limits.connectionsSpare,
  // What one neighbour takes is given to newcomers anyway, and all of a household's nodes are one
  // neighbour.
  connectionsPerSubnet: limits.connections + limits.links,
};

/** A host before it listens, and what it is counted by. */
export interface CreatedHost {
  readonly host: Host;
  readonly counts: Counters;
  readonly meter: ByteMeter;
  readonly localEndpoints: LocalEndpoints;
  readonly datastore: BoundedDatastore;
}

export interface HostOptions {
  readonly privateKey: PrivateKey;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly privateWan: boolean;
  readonly wanServer: boolean;
  readonly connectionLimits: ConnectionLimits;
  readonly validator: RecordValidator;
  readonly network?: PrivateNetwork | undefined;
  readonly clock: Clock;
  readonly tuning: Tuning;
  /** Everything is dialled through it; others are told `announce` alone. */
  readonly proxy?: SocksProxy | undefined;
  /** Whether a host belongs to this very node, and is not to be connected to. */
  readonly isOwn?: (peer: string) => boolean;
}

/** A host that does not listen yet, so that handlers can be set first. Throws `address-invalid`. */
export async function createHost(assembly: HostOptions): Promise<CreatedHost> {
  const { connectionLimits: bounds, clock, tuning, proxy } = assembly;
  const listen = checkAddresses(assembly.listen, (address) => !isOnion(address));
  const announce = checkAddresses(assembly.announce, () => true);
  const guard = createRequestLimit(clock);
  const counts = newCounters();
  const meter = new ByteMeter();
  const ends = new LocalEndpoints();
  const datastore = new BoundedDatastore(clock);
  let connections: (peer: Parameters<Host["getConnections"]>[0]) => Connection[] = () => [];
  const dht = (scope: "lan" | "wan", server: boolean) =>
    dhtService({
      scope,
      server,
      requestLimit: guard,
      counts,
      privateWan: assembly.privateWan,
      validator: assembly.validator,
      proxied: proxy !== undefined,
      connectionsTo: (peer) => connections(peer),
    });
  const near = new DialPolicy(assembly.privateWan);
  const host = await createLibp2p<Services>({
    privateKey: assembly.privateKey,
    start: false,
    // Neither our name nor our version, nor the platform's, which libp2p would tell by default.
    nodeInfo: { name: "libp2p", version: "3", userAgent: "libp2p" },
    addresses: {
      listen,
      announce,
      // Whoever asks, by identify, DHT or mDNS, is told the same. Behind a proxy our own interfaces
      // are nobody's business.
      announceFilter: proxy === undefined || announce.length > 0 ? advertisable : () => [],
    },
    datastore,
    peerStore: { addressFilter: near.addressFilter },
    transports: [proxy === undefined ? linkLocalTcp(near.lookup()) : proxiedTcp(proxy)],
    connectionProtector: boundedHandshake,
    connectionEncrypters: [boundedNoise(assembly.network?.prologue)],
    streamMuxers: [boundedYamux()],
    connectionGater: createGater({
      pending: limits.pendingConnectionsPerIp,
      authenticated: bounds.connectionsPerSubnet,
      perSecond: tuning.inboundPerSecondPerIp,
      clock,
      counts,
      onConnection: (connection) => {
        meter.track(connection);
        ends.track(connection);
      },
      ...(assembly.isOwn && { isOwn: assembly.isOwn }),
    }),
    connectionManager: {
      maxConnections: bounds.connections + bounds.links,
      maxIncomingPendingConnections: limits.pendingConnections,
      inboundConnectionThreshold: tuning.inboundPerSecondPerIp,
      inboundUpgradeTimeout: proxy === undefined ? limits.upgradeTimeout : limits.proxyUpgrade,
      maxParallelDials: limits.parallelDials,
      // Addresses that stand for others (/dnsaddr) are nobody's here, and to look one up would ask
      // a DNS server on a stranger's word.
      resolvers: {},
      dialTimeout: tuning.dial,
      addressDialTimeout: tuning.dial,
    },
    connectionMonitor: { pingInterval: limits.connectionPing },
    services: {
      identify: identify(),
      ping: sharedPing(),
      lan: dht("lan", proxy === undefined),
      wan: dht("wan", assembly.wanServer),
      internals: (components: Omit<HostInternals, "mayDial">) => ({
        transportManager: components.transportManager,
        upgrader: components.upgrader,
        addressManager: components.addressManager,
        mayDial: near.mayDial,
      }),
    },
  });
  connections = (peer) => host.getConnections(peer);
  near.attach(host);
  pruneOnConnect(host, bounds.connections - bounds.spare);
  return { host, counts, meter, localEndpoints: ends, datastore };
}

/** Starts to listen. Throws `port-in-use` or `listen-failed`, which name the address. */
export async function listen(host: Host, assembly: HostOptions): Promise<void> {
  try {
    await host.start();
  } catch (error) {
    const text = error instanceof Error ? error.message : "";
    // libp2p reports all addresses in one text: "\n  ADDRESS: STACK" for each.
    const failed = (address: string, mark: string): boolean => {
      const [, after = ""] = text.split(`  ${address}: `);
      return after.split("\n", 1).join("").includes(mark);
    };
    const taken = assembly.listen.find((address) => failed(address, "EADDRINUSE"));
    if (taken !== undefined)
      throw new SottoError("port-in-use", `Another program listens on ${taken}.`, { cause: error });
    const named = assembly.listen.filter((address) => text.includes(`  ${address}: `));
    const reasons = [
      ["EADDRNOTAVAIL", ": this machine has no such address"],
      ["EACCES", ": the system keeps that port for others, as those below 1024"],
    ] as const;
    const why = reasons.find(([mark]) => named.some((address) => failed(address, mark)))?.[1] ?? "";
    const where = named.join(", ") || "any address";
    throw new SottoError("listen-failed", `Could not listen on ${where}${why}.`, { cause: error });
  }
  confirmOwn(host);
}

/**
 * libp2p hides public addresses of our own interfaces until strangers have confirmed them by
 * dialling back (AutoNAT, which we do not run). We believe our own interfaces: a wrong one costs
 * others one failed dial.
 */
function confirmOwn(host: Host): void {
  const { transportManager, addressManager } = host.services.internals;
  for (const address of transportManager.getAddrs())
    if (scopeOf(address) === "public")
      addressManager.confirmObservedAddr(address, { type: "transport" });
}

/**
 * Calls back when the addresses under which we can be reached have changed, until the result is
 * called.
 */
export function watchAddresses(host: Host, clock: Clock, changed: () => void): () => void {
  const snapshot = (): string => host.getMultiaddrs().map(withoutPeer).sort().join(" ");
  let last = snapshot();
  const look = (): void => {
    confirmOwn(host);
    const now = snapshot();
    if (now === last) return;
    last = now;
    changed();
  };
  // A socket on every interface hears nothing of interfaces that come and go.
  const end = watchInterfaces(clock, look);
  host.addEventListener("self:peer:update", look);
  return () => {
    end();
    host.removeEventListener("self:peer:update", look);
  };
}
