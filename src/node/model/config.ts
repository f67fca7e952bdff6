/** What a node is made from. Read and validated by the daemon, passed in frozen. */
import { type Backoff, type HoleFailure, type HostId, limits } from "../../base/index.ts";
import type { RecordValidator } from "../../dht/index.ts";
import type { Clock, Log, PublicRendezvous, Rendezvous, Transport } from "../../ports/index.ts";
import type { NatKind } from "../../wire/index.ts";
import type { ByteTotals, Counters } from "../util/counters.ts";

/** Where a proxy listens, and what it wants to know of us. */
export interface ProxyAddress {
  /** An IP address: a name would have to be resolved. */
  readonly host: string;
  readonly port: number;
  readonly login?: ProxyCredentials;
}

/** 1 to 255 bytes each. */
export interface ProxyCredentials {
  readonly user: string;
  readonly password: string;
}

/** What the nodes of a private mesh have in common, all of it derived from one key. */
export interface PrivateNetwork {
  /** 32 bytes that both sides of a connection have to know. */
  readonly prologue: Uint8Array;
  /** Name of the mesh's service on a LAN, with its underscore. */
  readonly service: string;
}

interface CommonConfig {
  /** Multiaddr texts to listen on. */
  readonly listen: readonly string[];
  /** Multiaddr texts that others are told instead of what we listen on; empty for the latter. */
  readonly announce: readonly string[];
  /** Lets the WAN DHT keep private addresses: private meshes and tests. */
  readonly privateWan: boolean;
  /** Judges every record that is stored here or found. */
  readonly validator: RecordValidator;
  /** Nodes of other networks, the public one among them, can do nothing with this one. */
  readonly network?: PrivateNetwork;
  readonly log: Log;
  /** The system's by default. */
  readonly clock?: Clock;
  readonly tuning?: Partial<Tuning>;
}

export interface NodeConfig extends CommonConfig {
  /** Multiaddr texts of bootstrap hosts, each with its /p2p part. */
  readonly bootstrap: readonly string[];
  /** Whether to look for other nodes on the LAN, and to be found there. */
  readonly mdns: boolean;
  /** Whether to ask the gateway for a port; not by default. */
  readonly portMapping?: boolean;
  /** Whether the public IPFS DHT is used from the start; not by default. */
  readonly publicDht?: boolean;
  /**
   * Multiaddr texts of its first hosts, each with its /p2p part; the well-known ones by default.
   */
  readonly publicBootstrap?: readonly string[];
  /**
   * Everything is dialled through it and nothing beside it: mDNS, port mapping, holes through
   * routers and questions about our own reachability are left out, whatever else is set, and others
   * are told `announce` alone.
   */
  readonly proxy?: ProxyAddress;
}

export interface BootstrapConfig extends CommonConfig {
  /**
   * Ed25519 seed, 32 bytes, so that the host keeps its PeerId over restarts; a fresh one otherwise.
   */
  readonly privateKey?: Uint8Array;
  /** Multiaddr texts, each with its /p2p part, of other hosts that serve the same mesh. */
  readonly bootstrap?: readonly string[];
}

/** A connected host. */
export interface PeerInfo {
  readonly host: HostId;
  /** Multiaddr text without /p2p. */
  readonly address: string;
  readonly direction: "in" | "out";
  /** Protocols that open streams run now. */
  readonly protocols: readonly string[];
  readonly bootstrap: boolean;
  /** Whether the host is in the routing table of the LAN DHT. */
  readonly lanDht: boolean;
  /** Whether the host is in the routing table of the WAN DHT. */
  readonly wanDht: boolean;
  /** Round trip of the last ping in ms, once there was one. */
  readonly rttMs?: number;
}

export interface BootstrapState {
  readonly address: string;
  readonly state: "connected" | "searching";
  /** Why the last try failed. */
  readonly error?: string;
}

/** What is known of one address of ours. */
export interface AddressReachability {
  readonly address: string;
  readonly reached: number;
  /** How many tried in vain. */
  readonly failed: number;
  /** Why others did not reach it, each reason once. */
  readonly failures: readonly string[];
}

export interface ReachabilityState {
  /** unknown: nobody could be asked yet. */
  readonly verdict: "unknown" | "reachable" | "unreachable";
  readonly addresses: readonly AddressReachability[];
  /** Hosts that answered. */
  readonly asked: number;
  /** ms since 1970 of the last answer. */
  readonly checkedAt?: number;
  /** IP addresses under which others see us. */
  readonly seenAs: readonly string[];
}

/** Why no hole could be made. */
export type PunchReason = HoleFailure;

export interface PunchState {
  /**
   * Connections through holes that we asked for, since the start; whom nobody could call for us is
   * not counted.
   */
  readonly made: number;
  readonly failed: number;
  /** `at`: ms since 1970. */
  readonly lastFailure?: { readonly reason: PunchReason; readonly at: number };
}

/**
 * none: no gateway is known, or none is needed. silent: it speaks neither NAT-PMP nor UPnP.
 * refused: it speaks one of them, and gave no port.
 */
export interface PortMapState {
  readonly state: "off" | "none" | "mapped" | "silent" | "refused";
  /** What the router was asked in, where it gave a port. */
  readonly by?: "nat-pmp" | "upnp";
  /** The address on the outside; multiaddr text. */
  readonly address?: string;
}

export interface NatState {
  /** What the router does to the ports of IPv4 connections. */
  readonly kind: NatKind;
  /** As which address others see the port that holes are made from; multiaddr text. */
  readonly mapped?: string;
  readonly punches: PunchState;
  /** The port that the router was asked for. */
  readonly portMap: PortMapState;
}

/** The public IPFS DHT, and our host there. */
export interface PublicState {
  /** resting: nothing to do, and no connection there. lost: none of its first hosts answers. */
  readonly state: "off" | "resting" | "joining" | "connected" | "lost";
  /** Hosts of that network that we are connected to. */
  readonly peers: number;
  /** Why we did not get in the last time, in a few words. */
  readonly error?: string;
}

export interface ProxyState {
  /** Without user and password. */
  readonly address: string;
  /** down: it does not answer. refused: what answers there does not take us. */
  readonly state: "untried" | "working" | "down" | "refused";
  readonly error?: string;
}

/** What one host tells of itself. */
export interface HostStatus {
  readonly host: HostId;
  readonly addresses: string[];
  /** What we listen on, as multiaddr texts. */
  readonly listening: string[];
  /** Protocols that we answer. */
  readonly protocols: string[];
  /** Connected hosts. */
  readonly peers: number;
  /** Hosts in the routing tables. */
  readonly lanDht: number;
  readonly wanDht: number;
  readonly wanMode: "client" | "server";
  /** Whether others reach us, as they say. */
  readonly reach: ReachabilityState;
  readonly nat: NatState;
  readonly bootstrap: BootstrapState[];
  readonly mdns: boolean;
}

export interface NodeStatus extends HostStatus {
  /** Only hosts that have the network's key can be met. */
  readonly privateNetwork: boolean;
  readonly publicDht: PublicState;
  /** Where everything is dialled through one. */
  readonly proxy?: ProxyState;
  readonly hostKey: {
    /** ms since it was drawn. */
    readonly age: number;
    /** The host before it is still up, while links move over. */
    readonly moving: boolean;
  };
}

export interface SottoNode {
  readonly transport: Transport;
  readonly rendezvous: Rendezvous;
  readonly publicRendezvous: PublicRendezvous;
  /** Uses the public IPFS DHT from now on, or no longer. */
  setPublicDht(on: boolean): Promise<void>;
  status(): NodeStatus;
  peers(): PeerInfo[];
  /** Asks others now whether they reach us; behind a proxy, nobody. */
  checkReachability(): Promise<ReachabilityState>;
  /** Looks now whether the proxy is there, where there is one. */
  checkProxy(): Promise<ProxyState | undefined>;
  /**
   * Goes on under a new host key, as it does by itself about once a day. Resolves when the new host
   * carries the node; the one before lives on for some minutes, until links have moved. Throws
   * `port-in-use`, `listen-failed`.
   */
  rotate(): Promise<void>;
  /**
   * Whether an address that somebody else named is one that we dial: none of a private network that
   * is not ours.
   */
  mayDial(address: string): boolean;
  /**
   * Whether the address of a bootstrap host means the same to a contact as to us: it may be told,
   * and taken. A private one does only in a mesh without the internet, loopback only where we tell
   * nothing else.
   */
  mayShare(address: string): boolean;
  /**
   * Starts to look for a bootstrap host, for as long as the node runs. Throws `address-invalid`.
   */
  addBootstrap(address: string): void;
  /** Stops looking for a bootstrap host; `false` where it was not looked for. */
  removeBootstrap(address: string): boolean;
  /**
   * Addresses of the nodes that we know, as multiaddr texts without /p2p: for `rejoin` at the next
   * start.
   */
  knownPeers(): Promise<string[]>;
  /** Asks nodes that were neighbours before, until enough are known or none is left to ask. */
  rejoin(addresses: readonly string[]): Promise<void>;
  /** Ends every link and connection, within 5 s. Safe to call twice. */
  stop(): Promise<void>;
}

/** How a host for everybody is doing: numbers alone. */
export interface HostMetrics extends Readonly<Counters>, ByteTotals {
  readonly listening: boolean;
  readonly connections: number;
  /** Connected hosts. */
  readonly hosts: number;
  /** Hosts in the routing tables. */
  readonly lanDht: number;
  readonly wanDht: number;
  /** Records held for others, in both DHTs. */
  readonly records: number;
}

export interface BootstrapNode {
  /** Multiaddr texts with /p2p, as others write them into their settings. */
  addresses(): string[];
  status(): HostStatus;
  metrics(): HostMetrics;
  stop(): Promise<void>;
}

/** Bounds of a node that a test or a private mesh may set otherwise. */
export interface Tuning {
  /** Time in ms that whoever opens a link has for its first frame. */
  readonly firstFrame: number;
  /** Time in ms in which a slow reader must take something before the link is dropped. */
  readonly drain: number;
  /** Time in ms for one dial. */
  readonly dial: number;
  /** Time in ms for one put to or get from the DHT. */
  readonly dht: number;
  /** Connections that one IP address may open in a second. */
  readonly inboundPerSecondPerIp: number;
  /** Pauses between tries to reach a bootstrap host. */
  readonly bootstrapRetry: Backoff;
  /** How the host key changes; each a time in ms. */
  readonly rotation: {
    /** How long a key lives: some time between. */
    readonly every: { readonly min: number; readonly max: number };
    /** Between two looks whether it is time, and between two tries. */
    readonly poll: number;
    readonly retry: number;
    /** How long a new host may look for others before it takes over. */
    readonly settle: number;
    /** How long the host before lives on at least, and at most. */
    readonly drainMin: number;
    readonly drainMax: number;
    /** Between two looks at it. */
    readonly drainPoll: number;
  };
}

export const defaultTuning: Tuning = {
  firstFrame: limits.stepTimeout,
  drain: limits.stepTimeout,
  dial: limits.dialTimeout,
  dht: limits.dhtTimeout,
  inboundPerSecondPerIp: limits.inboundPerSecondPerIp,
  bootstrapRetry: limits.bootstrapRetry,
  rotation: limits.rotation,
};
