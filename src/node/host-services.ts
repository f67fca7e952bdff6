/**
 * One libp2p host under one key, with all services that run on it. A node has one, and two for a
 * few minutes while it rotates its key.
 */
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { Connection } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { limits } from "../base/index.ts";
import type { Clock, Log } from "../ports/index.ts";
import { DhtRendezvous } from "./dht/rendezvous.ts";
import { createHost, listen, nodeConnectionLimits } from "./host/libp2p-host.ts";
import { Listeners } from "./host/listeners.ts";
import { closeDeadConnections, watchInterfaces } from "./host/network-change.ts";
import { watchReturn } from "./host/network-return.ts";
import { peersOf, statusOf, trackMembers } from "./host/status.ts";
import type { LanDiscovery } from "./lan/mdns.ts";
import { BootstrapList } from "./links/bootstrap-list.ts";
import { LinkTransport } from "./links/link-transport.ts";
import { knownPeersOf, rejoin } from "./links/peer-cache.ts";
import type { NatState, NodeConfig, PeerInfo, Tuning } from "./model/config.ts";
import type { Host } from "./model/host.ts";
import { serveDialback } from "./nat/dialback.ts";
import { HolePuncher } from "./nat/hole-punching.ts";
import { freePort, NatDetector, unknownNat } from "./nat/nat-detection.ts";
import { Reachability, reachabilityUnknown } from "./nat/reachability.ts";
import { serveSignalling } from "./nat/signalling.ts";
import type { SocksProxy } from "./proxy/socks-transport.ts";
import { hostOf, parseAddress, portOf, scopeOf, withoutPeer } from "./util/address.ts";
import { runStopSteps } from "./util/deadline.ts";

export interface HostServicesOptions {
  readonly config: Omit<NodeConfig, "bootstrap">;
  readonly clock: Clock;
  readonly log: Log;
  readonly tuning: Tuning;
  /** PeerIds of this node's own hosts, which never connect to each other. */
  readonly own: Set<string>;
  /** The external address of our port mapping. */
  readonly mappedAddress: () => string | undefined;
  /** The proxy that everything is dialed through. */
  readonly proxy: SocksProxy | undefined;
}

/** A running host and its services. */
export interface HostServices {
  readonly transport: LinkTransport;
  readonly rendezvous: DhtRendezvous;
  /** Absent behind a proxy, where no node is asked. */
  readonly reachability: Reachability | undefined;
  readonly bootstrap: BootstrapList;
  /** Its listening sockets, whose ports the next host can take over. */
  readonly listeners: Listeners;
  readonly createdAt: number;
  /** Throws `port-in-use`, `listen-failed`. */
  listen(): Promise<void>;
  /** Calls `returned` when this node is back on the network (network-return.ts). */
  onReturn(returned: () => void): void;
  /** To be called when our addresses have changed, or this node is back on the network. */
  addressesChanged(): void;
  /** The port that we listen on at a private IPv4 address; `undefined` if we have a public one. */
  portBehindRouter(): number | undefined;
  status(portMap: NatState["portMap"]): ReturnType<typeof statusOf>;
  peers(): PeerInfo[];
  /** See `SottoNode.mayDial`. */
  mayDial(address: string): boolean;
  knownPeers(): Promise<string[]>;
  rejoin(addresses: readonly string[]): Promise<void>;
  /**
   * Stops discovery: connects to no bootstrap node and no longer announces itself by mDNS. Existing
   * connections stay.
   */
  retire(): Promise<void>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Creates a host under a fresh key, which is never stored. It does not listen yet. Throws
 * `address-invalid`.
 */
export async function startHostServices(options: HostServicesOptions): Promise<HostServices> {
  const { config, clock, log, tuning, own, proxy } = options;
  const { validator, privateWan } = config;
  const privateKey = await generateKeyPair("Ed25519");
  const hostOptions = {
    privateKey,
    listen: config.listen,
    announce: config.announce,
    privateWan,
    wanServer: false,
    connectionLimits: nodeConnectionLimits,
    validator,
    network: config.network,
    clock,
    log,
    tuning,
    proxy,
    isOwn: (peer: string): boolean => own.has(peer) && peer !== host.peerId.toString(),
  };
  const { host, counts, localEndpoints } = await createHost(hostOptions);
  // Behind a proxy we have no port of our own, and everything that would learn or reveal our
  // address is off.
  const nat = proxy
    ? undefined
    : new NatDetector({ host, clock, privateWan, port: await freePort() });
  const dialHost = (to: Multiaddr, signal: AbortSignal): Promise<Connection> =>
    nat === undefined ? host.dial(to, { signal }) : nat.dial(to, signal);
  const bootstrap = new BootstrapList(host, dialHost, clock, tuning, log);
  const isBootstrap = (peer: string): boolean => bootstrap.has(peer);
  const lanMembers = trackMembers(host.services.lan.routingTable);
  const wanMembers = trackMembers(host.services.wan.routingTable);
  const isServer = (peer: string): boolean => wanMembers.has(peer);
  const puncher =
    nat && new HolePuncher({ host, clock, log, nat, privateWan, isBootstrap, isServer });
  const transport = new LinkTransport(host, clock, tuning, puncher);
  const rendezvous = new DhtRendezvous({
    host,
    validator,
    clock,
    timeout: tuning.dht,
    onUrgent: () => bootstrap.wake(),
  });
  await transport.serve();
  // Behind a proxy it would dial whatever the proxy can reach.
  if (proxy === undefined) await serveDialback(host, clock, counts);
  const { mappedAddress } = options;
  const reachability = proxy
    ? undefined
    : new Reachability({ host, clock, log, privateWan, mappedAddress, isBootstrap });
  const mayForward = (): boolean => reachability?.state().verdict === "reachable";
  await serveSignalling({
    host,
    clock,
    counts,
    mayForward,
    onOffer: (offer) => puncher?.answerOffer(offer),
  });
  const stopWatching = watchInterfaces(clock, (removed) => {
    if (!removed) return;
    localEndpoints.abortElsewhere();
    // Through a proxy an answer may take as long as a dial does.
    void closeDeadConnections(host, clock, proxy ? limits.proxyDial : limits.networkChangePing);
  });
  const watches = [stopWatching];
  const leaving = new AbortController();
  let lan: LanDiscovery | undefined;
  let stopping: Promise<void> | undefined;
  const retire = async (): Promise<void> => {
    leaving.abort();
    bootstrap.stop();
    lan?.stop();
    lan = undefined;
  };
  return {
    transport,
    rendezvous,
    reachability,
    bootstrap,
    listeners: new Listeners(host),
    createdAt: clock.now(),
    async listen() {
      await listen(host, hostOptions);
      own.add(host.peerId.toString());
      // Loaded only if used: mDNS needs a DNS codec.
      if (config.mdns && proxy === undefined)
        lan = (await import("./lan/mdns.ts")).startLanDiscovery(
          { host, clock, log, timeout: tuning.dial },
          config.network?.service,
        );
    },
    onReturn(returned) {
      watches.push(watchReturn(host, clock, [lanMembers, wanMembers], returned));
    },
    addressesChanged() {
      bootstrap.wake();
      reachability?.changed();
      nat?.changed();
    },
    portBehindRouter: () => portBehindRouter(host),
    status: (portMap) =>
      statusOf(host, {
        bootstrap: bootstrap.states(),
        mdns: lan !== undefined,
        mdnsRefused: lan?.refused() ?? [],
        reach: reachability?.state() ?? reachabilityUnknown,
        nat: nat
          ? {
              kind: nat.kind(),
              ...mappedOf(nat),
              punches: puncher?.state() ?? unknownNat.punches,
              portMap,
            }
          : unknownNat,
      }),
    peers: () => peersOf(host, { lan: lanMembers, wan: wanMembers, isBootstrap }),
    mayDial(text) {
      const address = parseAddress(text);
      return address !== undefined && host.services.internals.mayDial(address);
    },
    knownPeers: () => knownPeersOf(host, new Set([...lanMembers, ...wanMembers])),
    rejoin: (addresses) =>
      rejoin(
        host,
        clock,
        log,
        addresses,
        () => rendezvous.peers() >= limits.knownPeersEnough,
        leaving.signal,
      ),
    retire,
    stop() {
      stopping ??= runStopSteps([
        ...watches,
        () => puncher?.stop(),
        () => nat?.stop(),
        () => reachability?.stop(),
        retire,
        () => rendezvous.stop(),
        () => transport.stop(),
        () => host.stop(),
        () => own.delete(host.peerId.toString()),
      ]);
      return stopping;
    },
  };
}

function mappedOf(nat: NatDetector): { readonly mapped?: string } {
  const mapped = nat.mapped();
  return mapped === undefined ? {} : { mapped: withoutPeer(mapped) };
}

function portBehindRouter(host: Host): number | undefined {
  const four = host.services.internals.transportManager
    .getAddrs()
    .filter((address) => !hostOf(address).includes(":"));
  if (four.some((address) => scopeOf(address) === "public")) return undefined;
  const inside = four.find((address) => scopeOf(address) === "private");
  return inside && portOf(inside);
}
