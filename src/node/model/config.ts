/**
 * Configuration, status and tuning types of a node. The daemon reads and validates the
 * configuration and passes it frozen.
 */
import {
  type Backoff,
  type DialbackFailure,
  type HoleFailure,
  type HostId,
  limits,
} from "../../base/index.ts";
import type { RecordValidator } from "../../dht/index.ts";
import type { Clock, Log, PublicRendezvous, Rendezvous, Transport } from "../../ports/index.ts";
import type { NatKind } from "../../wire/index.ts";
import type { ByteTotals, Counters } from "../util/counters.ts";

/** Where a SOCKS5 proxy listens, and its credentials. */
export interface ProxyAddress {
  /** An IP address: a name would have to be resolved. */
  readonly host: string;
  readonly port: number;
  readonly login?: ProxyCredentials;
}

/** User and password of a SOCKS5 proxy, 1 to 255 bytes each. */
export interface ProxyCredentials {
  readonly user: string;
  readonly password: string;
}

/** What the nodes of a private mesh share, derived from the network key. */
export interface PrivateNetwork {
  /** 32 bytes that both sides of a connection must know. */
  readonly prologue: Uint8Array;
  /** mDNS service name of the mesh, with its underscore. */
  readonly service: string;
}

interface CommonConfig {
  /** Multiaddr texts to listen on. */
  readonly listen: readonly string[];
  /** Multiaddr texts to advertise instead of the listen addresses; empty for the latter. */
  readonly announce: readonly string[];
  /** Lets the WAN DHT store private addresses: for private meshes and tests. */
  readonly privateWan: boolean;
  /** Validates every record that is stored here or found. */
  readonly validator: RecordValidator;
  /** Restricts the node to a private mesh: it cannot connect to nodes of other networks. */
  readonly network?: PrivateNetwork;
  readonly log: Log;
  /** Defaults to the system clock. */
  readonly clock?: Clock;
  readonly tuning?: Partial<Tuning>;
}

export interface NodeConfig extends CommonConfig {
  /** Multiaddr texts of bootstrap nodes, each with its /p2p part. */
  readonly bootstrap: readonly string[];
  /** Whether to find nodes on the LAN by mDNS, and to be found there. */
  readonly mdns: boolean;
  /** Whether to ask the router for a port mapping; default `false`. */
  readonly portMapping?: boolean;
  /** Whether the public IPFS DHT is used from the start; default `false`. */
  readonly publicDht?: boolean;
  /**
   * Multiaddr texts of its bootstrap peers, each with its /p2p part; by default the well-known
   * ones.
   */
  readonly publicBootstrap?: readonly string[];
  /**
   * A proxy that everything is dialed through. It disables mDNS, port mapping, hole punching and
   * reachability checks, whatever else is set, and the node advertises only `announce`.
   */
  readonly proxy?: ProxyAddress;
}

export interface BootstrapConfig extends CommonConfig {
  /**
   * Ed25519 seed of the host key, 32 bytes, which keeps the PeerId across restarts; absent: a fresh
   * key.
   */
  readonly privateKey?: Uint8Array;
  /** Multiaddr texts of other bootstrap nodes of the same mesh, each with its /p2p part. */
  readonly bootstrap?: readonly string[];
}

/** A connected peer. */
export interface PeerInfo {
  readonly host: HostId;
  /** Multiaddr text without /p2p. */
  readonly address: string;
  readonly direction: "in" | "out";
  /** Protocols of its open streams. */
  readonly protocols: readonly string[];
  readonly bootstrap: boolean;
  /** Whether the peer is in the routing table of the LAN DHT. */
  readonly lanDht: boolean;
  /** Whether the peer is in the routing table of the WAN DHT. */
  readonly wanDht: boolean;
  /** Round-trip time of the last ping in ms; absent before the first. */
  readonly rttMs?: number;
}

/** The state of one configured bootstrap node. */
export interface BootstrapState {
  readonly address: string;
  readonly state: "connected" | "searching";
  /** Why the last attempt failed. */
  readonly error?: string;
}

/** What other nodes reported about one of our addresses. */
export interface AddressReachability {
  readonly address: string;
  /** How many reached it. */
  readonly reached: number;
  /** How many tried and did not reach it. */
  readonly failed: number;
  /** Why they did not reach it, each reason once. */
  readonly failures: readonly DialbackFailure[];
}

/** Whether other nodes can dial us. */
export interface ReachabilityState {
  /** unknown: no peer could be asked yet. */
  readonly verdict: "unknown" | "reachable" | "unreachable";
  readonly addresses: readonly AddressReachability[];
  /** Peers that answered. */
  readonly asked: number;
  /** Time of the last check, ms since 1970. */
  readonly checkedAt?: number;
  /** IP addresses at which other nodes see us. */
  readonly seenAs: readonly string[];
}

/** Why hole punching failed. */
export type PunchReason = HoleFailure;

/** Results of hole punching since the start. */
export interface PunchState {
  /**
   * Hole-punched connections that we requested. Peers that no common host could signal are not
   * counted.
   */
  readonly made: number;
  readonly failed: number;
  /** `at`: ms since 1970. */
  readonly lastFailure?: { readonly reason: PunchReason; readonly at: number };
}

/**
 * The port mapping on the router. none: no gateway is known, or no mapping is needed. silent: the
 * gateway supports neither NAT-PMP nor UPnP. refused: it supports one of them, but mapped no port.
 */
export interface PortMapState {
  readonly state: "off" | "none" | "mapped" | "silent" | "refused";
  /** The protocol by which the router mapped the port. */
  readonly by?: "nat-pmp" | "upnp";
  /** The external address; multiaddr text. */
  readonly address?: string;
}

/** The router (NAT) between this node and the internet. */
export interface NatState {
  /** How the router maps the ports of IPv4 connections. */
  readonly kind: NatKind;
  /** The external address of the port used for hole punching; multiaddr text. */
  readonly mapped?: string;
  readonly punches: PunchState;
  /** The port mapping requested from the router. */
  readonly portMap: PortMapState;
}

/** Our client host on the public IPFS DHT. */
export interface PublicState {
  /** resting: idle, without connections. lost: none of its bootstrap peers answers. */
  readonly state: "off" | "resting" | "joining" | "connected" | "lost";
  /** Connected peers of that network. */
  readonly peers: number;
  /** Why joining failed the last time, in a few words. */
  readonly error?: string;
}

/** The proxy that everything is dialed through. */
export interface ProxyState {
  /** Without user and password. */
  readonly address: string;
  /**
   * down: it does not answer. refused: what answers is no SOCKS5 proxy or rejects our credentials.
   */
  readonly state: "untried" | "working" | "down" | "refused";
  readonly error?: string;
}

/** The status of one libp2p host. */
export interface HostStatus {
  readonly host: HostId;
  /** The addresses that it advertises, as multiaddr texts. */
  readonly addresses: string[];
  /** The addresses that it listens on, as multiaddr texts. */
  readonly listening: string[];
  /** Protocols that it serves. */
  readonly protocols: string[];
  /** Connected peers. */
  readonly peers: number;
  /** Peers in the routing tables. */
  readonly lanDht: number;
  readonly wanDht: number;
  readonly wanMode: "client" | "server";
  /** Whether others can dial us, by their own report. */
  readonly reach: ReachabilityState;
  readonly nat: NatState;
  readonly bootstrap: BootstrapState[];
  readonly mdns: boolean;
  /** Names of the interfaces on which mDNS does not run because of a limit of the system. */
  readonly mdnsRefused: readonly string[];
}

export interface NodeStatus extends HostStatus {
  /** Only nodes that have the network key can connect. */
  readonly privateNetwork: boolean;
  readonly publicDht: PublicState;
  /** Present if everything is dialed through a proxy. */
  readonly proxy?: ProxyState;
  readonly hostKey: {
    /** Age in ms. */
    readonly age: number;
    /** Whether the previous host is still up, while links move to the current one. */
    readonly moving: boolean;
  };
}

/** A running node: what the messenger and the daemon use of it. */
export interface SottoNode {
  readonly transport: Transport;
  readonly rendezvous: Rendezvous;
  readonly publicRendezvous: PublicRendezvous;
  /** Turns the use of the public IPFS DHT on or off; stays off behind a proxy. */
  setPublicDht(on: boolean): Promise<void>;
  status(): NodeStatus;
  peers(): PeerInfo[];
  /** Asks other nodes now whether they can dial us; behind a proxy no node is asked. */
  checkReachability(): Promise<ReachabilityState>;
  /** Checks now whether the proxy works; `undefined` if there is none. */
  checkProxy(): Promise<ProxyState | undefined>;
  /**
   * Rotates the host key, as the node does by itself about once a day. Resolves when the new host
   * has taken over; the previous one stays up for some minutes, until links have moved. Throws
   * `port-in-use` or `listen-failed`; the previous host then stays in use.
   */
  rotate(): Promise<void>;
  /**
   * Whether we dial an address that another node named: none of a private network that we are not
   * in.
   */
  mayDial(address: string): boolean;
  /**
   * Whether the address of a bootstrap node is valid for a contact as well, so that it may be
   * shared or accepted. Private addresses only in a mesh without internet access, loopback only if
   * we advertise nothing else.
   */
  mayShare(address: string): boolean;
  /** Adds a bootstrap node and connects to it while the node runs. Throws `address-invalid`. */
  addBootstrap(address: string): void;
  /** Removes a bootstrap node; `false` if there was none with this address. */
  removeBootstrap(address: string): boolean;
  /**
   * Addresses of the nodes in the routing tables, as multiaddr texts without /p2p: for `rejoin` at
   * the next start.
   */
  knownPeers(): Promise<string[]>;
  /**
   * Dials nodes known from an earlier run, until enough are in the routing tables or none is left.
   */
  rejoin(addresses: readonly string[]): Promise<void>;
  /** Closes every link and connection, within 5 s. Safe to call twice. */
  stop(): Promise<void>;
}

/** Metrics of a bootstrap node: numbers only. */
export interface HostMetrics extends Readonly<Counters>, ByteTotals {
  readonly listening: boolean;
  readonly connections: number;
  /** Connected peers. */
  readonly hosts: number;
  /** Peers in the routing tables. */
  readonly lanDht: number;
  readonly wanDht: number;
  /** Records stored for others, in both DHTs. */
  readonly records: number;
}

/** A running bootstrap node. */
export interface BootstrapNode {
  /** Its addresses for other nodes' settings: multiaddr texts with /p2p. */
  addresses(): string[];
  status(): HostStatus;
  metrics(): HostMetrics;
  stop(): Promise<void>;
}

/** Timeouts and limits that a test or a private mesh may override. */
export interface Tuning {
  /** Time in ms that the dialer of a link has for its first frame. */
  readonly firstFrame: number;
  /** Time in ms within which a slow reader must read something, or the link is closed. */
  readonly drain: number;
  /** Time in ms for one dial. */
  readonly dial: number;
  /** Time in ms for a dialer to prove its PeerId. */
  readonly upgrade: number;
  /** Time in ms for one put to or get from the DHT. */
  readonly dht: number;
  /** Connections that one IP address may open per second. */
  readonly inboundPerSecondPerIp: number;
  /** Delays between attempts to reach a bootstrap node. */
  readonly bootstrapRetry: Backoff;
  /** Rotation of the host key; all times in ms. */
  readonly rotation: {
    /** Lifetime of a key: a random time in this range. */
    readonly every: { readonly min: number; readonly max: number };
    /** Interval of checks whether rotation is due, and delay before another attempt. */
    readonly poll: number;
    readonly retry: number;
    /** How long the new host may search for peers before it takes over. */
    readonly settle: number;
    /** How long the previous host stays up, at least and at most. */
    readonly drainMin: number;
    readonly drainMax: number;
    /** Interval of checks whether it still carries links. */
    readonly drainPoll: number;
  };
}

export const defaultTuning: Tuning = {
  firstFrame: limits.stepTimeout,
  drain: limits.stepTimeout,
  dial: limits.dialTimeout,
  upgrade: limits.upgradeTimeout,
  dht: limits.dhtTimeout,
  inboundPerSecondPerIp: limits.inboundPerSecondPerIp,
  bootstrapRetry: limits.bootstrapRetry,
  rotation: limits.rotation,
};
