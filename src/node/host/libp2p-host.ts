/** Creates a libp2p host with all its limits, and starts it. */

import { identify } from "@libp2p/identify";
import type { Connection, PrivateKey } from "@libp2p/interface";
import { createLibp2p } from "libp2p";
import { limits } from "../../base/index.ts";
import type { RecordValidator } from "../../dht/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import { createGater } from "../connections/connection-gater.ts";
import { pruneOnConnect } from "../connections/connection-pruner.ts";
import { DialPolicy } from "../connections/dial-policy.ts";
import { BoundedDatastore } from "../dht/bounded-datastore.ts";
import { dhtService } from "../dht/kademlia.ts";
import { linkLocalTcp } from "../lan/link-local-tcp.ts";
import type { PrivateNetwork, Tuning } from "../model/config.ts";
import type { ConnectionLimits, Host, HostInternals, Services } from "../model/host.ts";
import { proxiedTcp, type SocksProxy } from "../proxy/socks-transport.ts";
import { checkAddresses, isOnion, scopeOf, withoutPeer } from "../util/address.ts";
import { advertisable } from "../util/address-rank.ts";
import { ByteMeter, type Counters, newCounters } from "../util/counters.ts";
import { interfaceAddresses, keepListingInterfaces } from "../util/interfaces.ts";
import { createRequestLimit, type RequestLimits } from "../util/rate-limit.ts";
import { boundedHandshake, boundedNoise, boundedYamux } from "./bounded-upgrader.ts";
import { logConnections } from "./connection-log.ts";
import { sharedPing } from "./dht-ping.ts";
import { identifyPeers } from "./identify-peers.ts";
import { listenError } from "./listen-probe.ts";
import { LocalEndpoints, watchInterfaces } from "./network-change.ts";

/** Connection limits of a user's node. */
export const nodeConnectionLimits: ConnectionLimits = {
  connections: limits.connections,
  links: limits.links,
  spare: limits.connectionsSpare,
  // No limit per subnet: pruning frees the connections of the largest subnet anyway, and all nodes
  // of a household share one subnet.
  connectionsPerSubnet: limits.connections + limits.links,
};

/** A host that does not listen yet, and its counters. */
export interface CreatedHost {
  readonly host: Host;
  readonly counts: Counters;
  readonly meter: ByteMeter;
  readonly localEndpoints: LocalEndpoints;
  readonly datastore: BoundedDatastore;
}

/** What a host is created with. */
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
  readonly log: Log;
  readonly tuning: Tuning;
  /** Absent: those of `limits`. */
  readonly requestLimits?: RequestLimits;
  /** The proxy that everything is dialed through; the host then advertises only `announce`. */
  readonly proxy?: SocksProxy | undefined;
  /** Whether a peer is another host of this node, which must not be connected to. */
  readonly isOwn?: (peer: string) => boolean;
}

/**
 * Creates a host that does not listen yet, so that handlers can be set first. Throws
 * `address-invalid`.
 */
export async function createHost(options: HostOptions): Promise<CreatedHost> {
  const { connectionLimits, clock, log, tuning, proxy } = options;
  keepListingInterfaces();
  const listen = checkAddresses(options.listen, (address) => !isOnion(address));
  const announce = checkAddresses(options.announce, () => true);
  const requestLimit = createRequestLimit(clock, options.requestLimits);
  const counts = newCounters();
  const meter = new ByteMeter();
  const localEndpoints = new LocalEndpoints();
  const datastore = new BoundedDatastore(clock);
  let connections: (peer: Parameters<Host["getConnections"]>[0]) => Connection[] = () => [];
  const dht = (scope: "lan" | "wan", server: boolean) =>
    dhtService({
      scope,
      server,
      requestLimit,
      counts,
      privateWan: options.privateWan,
      validator: options.validator,
      proxied: proxy !== undefined,
      connectionsTo: (peer) => connections(peer),
    });
  const dialPolicy = new DialPolicy(options.privateWan);
  const host = await createLibp2p<Services>({
    privateKey: options.privateKey,
    start: false,
    // Reveal neither our name nor our version and platform, which libp2p would send by default.
    nodeInfo: { name: "libp2p", version: "3", userAgent: "libp2p" },
    addresses: {
      listen,
      announce,
      // Identify, DHT and mDNS advertise the same addresses. Behind a proxy those of our own
      // interfaces stay private.
      announceFilter: (addresses) =>
        proxy === undefined || announce.length > 0
          ? advertisable(addresses, interfaceAddresses())
          : [],
    },
    datastore,
    peerStore: { addressFilter: dialPolicy.addressFilter },
    transports: [
      proxy === undefined
        ? localEndpoints.trackDials(linkLocalTcp(dialPolicy.lookup()))
        : proxiedTcp(proxy),
    ],
    connectionProtector: boundedHandshake,
    connectionEncrypters: [boundedNoise(options.network?.prologue, log)],
    streamMuxers: [boundedYamux()],
    connectionGater: createGater({
      pending: limits.pendingConnectionsPerIp,
      authenticated: connectionLimits.connectionsPerSubnet,
      perSecond: tuning.inboundPerSecondPerIp,
      clock,
      counts,
      log,
      onConnection: (connection) => {
        meter.track(connection);
        localEndpoints.track(connection);
      },
      ...(options.isOwn && { isOwn: options.isOwn }),
    }),
    connectionManager: {
      maxConnections: connectionLimits.connections + connectionLimits.links,
      maxIncomingPendingConnections: limits.pendingConnections,
      inboundConnectionThreshold: tuning.inboundPerSecondPerIp,
      inboundUpgradeTimeout: tuning.upgrade,
      maxParallelDials: limits.parallelDials,
      // No /dnsaddr: no address of a Sotto node uses it, and resolving one would query a DNS server
      // at a peer's request.
      resolvers: {},
      dialTimeout: tuning.dial,
      addressDialTimeout: tuning.dial,
    },
    connectionMonitor: { pingInterval: limits.connectionPing },
    services: {
      identify: identify({ runOnConnectionOpen: false }),
      ping: sharedPing(),
      lan: dht("lan", proxy === undefined),
      wan: dht("wan", options.wanServer),
      internals: (components: Omit<HostInternals, "mayDial" | "mayDialBack">) => ({
        transportManager: components.transportManager,
        upgrader: components.upgrader,
        addressManager: components.addressManager,
        mayDial: dialPolicy.mayDial,
        mayDialBack: dialPolicy.mayDialBack,
      }),
    },
  });
  connections = (peer) => host.getConnections(peer);
  dialPolicy.attach(host);
  logConnections(host, log);
  identifyPeers(host, clock);
  pruneOnConnect(host, connectionLimits.connections - connectionLimits.spare);
  return { host, counts, meter, localEndpoints, datastore };
}

/** Starts to listen. Throws `port-in-use` or `listen-failed`, which name the address. */
export async function listen(host: Host, options: HostOptions): Promise<void> {
  try {
    await host.start();
  } catch (error) {
    throw listenError(error, options.listen);
  }
  confirmOwnAddresses(host);
}

/**
 * libp2p does not advertise public addresses of our own interfaces until other nodes have confirmed
 * them by dialing back (AutoNAT, which we do not run). We trust our own interfaces: a wrong address
 * costs others one failed dial.
 */
function confirmOwnAddresses(host: Host): void {
  const { transportManager, addressManager } = host.services.internals;
  for (const address of transportManager.getAddrs())
    if (scopeOf(address) === "public")
      addressManager.confirmObservedAddr(address, { type: "transport" });
}

/**
 * Calls `changed` when the addresses that we advertise have changed; returns a function that stops
 * watching.
 */
export function watchAddresses(host: Host, clock: Clock, changed: () => void): () => void {
  const snapshot = (): string => host.getMultiaddrs().map(withoutPeer).sort().join(" ");
  let last = snapshot();
  const check = (): void => {
    confirmOwnAddresses(host);
    const now = snapshot();
    if (now === last) return;
    last = now;
    changed();
  };
  // libp2p does not notice interfaces that come and go when it listens on all of them.
  const stopWatching = watchInterfaces(clock, check);
  host.addEventListener("self:peer:update", check);
  return () => {
    stopWatching();
    host.removeEventListener("self:peer:update", check);
  };
}
