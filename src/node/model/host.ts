/** The libp2p host as the folders of this module see it: its services and its connection limits. */
import type { Identify } from "@libp2p/identify";
import type { Connection, Libp2p, Listener, PeerId, Transport, Upgrader } from "@libp2p/interface";
import type { SingleKadDHT } from "@libp2p/kad-dht";
import type { Ping } from "@libp2p/ping";
import type { Multiaddr } from "@multiformats/multiaddr";

/** Which nodes a DHT is for: those of the local network or those of the internet. */
export type DhtScope = "lan" | "wan";

/** kad-dht's routing table dispatches events that its type does not name. */
export interface Dht extends SingleKadDHT {
  readonly routingTable: SingleKadDHT["routingTable"] & {
    addEventListener(
      type: "peer:add" | "peer:remove",
      listener: (event: CustomEvent<PeerId>) => void,
    ): void;
  };
}

/** Internal parts of libp2p that its public API does not expose. */
export interface HostInternals {
  readonly transportManager: {
    getAddrs(): Multiaddr[];
    getListeners(): Listener[];
    dial(
      address: Multiaddr,
      options: { readonly signal: AbortSignal; readonly isolationKey?: string },
    ): Promise<Connection>;
    dialTransportForMultiaddr(address: Multiaddr): Transport | undefined;
  };
  readonly upgrader: Upgrader;
  /** Whether the dial policy allows an address that a peer advertised. */
  readonly mayDial: (address: Multiaddr) => boolean;
  /** Whether it allows an address that a node asks us to dial back. */
  readonly mayDialBack: (address: Multiaddr) => boolean;
  readonly addressManager: {
    addObservedAddr(address: Multiaddr): void;
    confirmObservedAddr(address: Multiaddr, options: { type: "transport" | "observed" }): void;
    removeObservedAddr(address: Multiaddr): void;
  };
}

export type Services = {
  readonly identify: Identify;
  readonly ping: Ping;
  readonly lan: Dht;
  readonly wan: Dht;
  readonly internals: HostInternals;
};

export type Host = Libp2p<Services>;

/** Connection limits. Those of a user's node and of a bootstrap node differ. */
export interface ConnectionLimits {
  /** Maximum connections without a link. */
  readonly connections: number;
  /** Maximum connections with a link. */
  readonly links: number;
  /** Connections kept free for new peers. */
  readonly spare: number;
  /** Maximum connections of one subnet. */
  readonly connectionsPerSubnet: number;
}
