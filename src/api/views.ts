/** Views of the node as clients get them; those of contacts and messages are shared. */
import type { DialbackFailure, HoleFailure, RouterKind } from "../base/index.ts";
import type { Awaits } from "../model/index.ts";

export type {
  ContactView as Contact,
  InviteView as Invite,
  MessageState,
  MessageView as Message,
  NewInvite,
  Notice,
  Pairing,
  Policy,
  Reaction,
  Route,
} from "../model/index.ts";

export interface Account {
  readonly account: string;
  readonly device: string;
  readonly name: string;
}

/** A connected libp2p peer. */
export interface Peer {
  /** Its PeerId. */
  readonly host: string;
  readonly address: string;
  readonly direction: "in" | "out";
  /** Protocols of its open streams. */
  readonly protocols: readonly string[];
  /** One of our bootstrap nodes. */
  readonly bootstrap: boolean;
  /** In the routing table of the local DHT, and of the global one. */
  readonly lanDht: boolean;
  readonly wanDht: boolean;
  /** Round trip of the last ping, ms. */
  readonly rttMs?: number;
}

export interface Bootstrap {
  readonly address: string;
  readonly state: "connected" | "searching";
  /** Why the last attempt failed. */
  readonly error?: string;
}

/** What protects the database key. */
export type KeyProtection = "key-file" | "passphrase" | "keychain";

/** Damage of the store, found while the node runs. */
export interface StoreDamage {
  readonly message: string;
  readonly remedy: string;
}

/** The result of a complete check of the store. */
export interface StoreReport {
  /** Rows that were read. */
  readonly rows: number;
  /** Tables with rows that are missing, changed or out of date; empty if the store is intact. */
  readonly damaged: readonly string[];
  /** Why the store could not be opened. */
  readonly why?: string;
}

/** The state of a node, open or locked. */
export interface NodeState {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  /** A locked node has closed its store and its network, and waits for `node.unlock`. */
  readonly state: "open" | "locked";
  readonly protection: KeyProtection;
  /** The home directory, which contains the store. */
  readonly home: string;
}

export interface NodeStatus extends NodeState {
  readonly state: "open";
  readonly account: Account;
  /** The PeerId of this node: new at each start. */
  readonly host: string;
  /** Addresses at which others may reach this node. */
  readonly addresses: readonly string[];
  readonly net: {
    /** Number of connected peers. */
    readonly peers: number;
    /** Peers in the DHT routing tables: without any, nothing can be looked up. */
    readonly lanDht: number;
    readonly wanDht: number;
    readonly wanMode: "client" | "server";
    /** Whether others can reach this node, as they report; `unknown` until a peer tested it. */
    readonly reach: {
      readonly verdict: "unknown" | "reachable" | "unreachable";
      readonly addresses: readonly {
        readonly address: string;
        readonly reached: number;
        readonly failed: number;
        readonly failures: readonly DialbackFailure[];
      }[];
      /** Peers that answered. */
      readonly asked: number;
      readonly checkedAt?: number;
      /** IP addresses of this node as peers see them. */
      readonly seenAs: readonly string[];
    };
    /** What our router does to ports, and results of hole punching. */
    readonly nat: {
      /**
       * none: no NAT; preserving, independent: hole punching works; symmetric: another port for
       * each connection.
       */
      readonly kind: RouterKind;
      /** Our address for hole punching as others see it. */
      readonly mapped?: string;
      readonly portMap: PortMapFacts;
      readonly punches: {
        readonly made: number;
        readonly failed: number;
        readonly lastFailure?: {
          readonly reason: HoleFailure;
          readonly at: number;
        };
      };
    };
    /**
     * The libp2p host key, which rotates about once a day: its age in ms, and whether connections
     * are still moving from the previous one.
     */
    readonly hostKey: { readonly age: number; readonly moving: boolean };
    readonly privateNetwork: boolean;
    readonly listening: readonly string[];
    readonly protocols: readonly string[];
    readonly bootstrap: readonly Bootstrap[];
    readonly mdns: boolean;
    /**
     * The public IPFS DHT. resting: nothing to do, and no connection. lost: none of its bootstrap
     * nodes answers.
     */
    readonly publicDht: {
      readonly state: "off" | "resting" | "joining" | "connected" | "lost";
      /** Number of connected peers of that network. */
      readonly peers: number;
      readonly error?: string;
    };
    /**
     * The proxy for all connections, without user and password. down: it does not answer. refused:
     * it rejects this node.
     */
    readonly proxy?: {
      readonly address: string;
      readonly state: "untried" | "working" | "down" | "refused";
      readonly error?: string;
    };
  };
  readonly contacts: { readonly total: number; readonly online: number; readonly requests: number };
  /** Our messages that are not delivered yet. */
  readonly waiting: number;
  /** How many of these wait because of a policy, by what they wait for. */
  readonly keptBack: Readonly<Record<Awaits, number>>;
  readonly unread: number;
  /**
   * At this start the store was an older copy: later changes are missing, sessions were re-created.
   */
  readonly rolledBack?: true;
  /** No records are published, no dialer is answered, and links are only opened to send. */
  readonly invisible: boolean;
  /** The number of published tags is a multiple of this, by cover records; 0: no cover records. */
  readonly decoys: number;
  /** Whether messages are kept after they are delivered or read. */
  readonly history: boolean;
  /** How long messages are kept at most, ms. */
  readonly retention?: number;
  /**
   * Free space on the disk, bytes. `low`: no messages are accepted from contacts until there is
   * more; they wait at the senders.
   */
  readonly disk: { readonly low: boolean; readonly free?: number };
  /** Damage of the store that was found since the start. */
  readonly damage?: StoreDamage;
  /** The cryptographic libraries in use, with their versions. */
  readonly engine: string;
}

/**
 * A port mapping on the router. none: no router is known, or no mapping is needed. silent: the
 * router answers neither NAT-PMP nor UPnP. refused: it answers and opened no port.
 */
export interface PortMapFacts {
  readonly state: "off" | "none" | "mapped" | "silent" | "refused";
  /** The protocol that made the mapping. */
  readonly by?: "nat-pmp" | "upnp";
  /** The external address, as the router reports it. */
  readonly address?: string;
}
