/** Views of the node as clients get them; those of contacts and messages are shared. */
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
} from "../model/index.ts";

export interface Account {
  readonly account: string;
  readonly device: string;
  readonly name: string;
}

/** A connected host. */
export interface Peer {
  readonly host: string;
  readonly address: string;
  readonly direction: "in" | "out";
  /** Protocols that open streams run now. */
  readonly protocols: readonly string[];
  /** A bootstrap host of ours. */
  readonly bootstrap: boolean;
  /** In the routing table of the DHT of this network, and of the one of the whole net. */
  readonly lanDht: boolean;
  readonly wanDht: boolean;
  /** Round trip of the last ping, ms. */
  readonly rttMs?: number;
}

export interface Bootstrap {
  readonly address: string;
  readonly state: "connected" | "searching";
  /** Why the last try failed. */
  readonly error?: string;
}

/** What guards the store's key. */
export type Guard = "key-file" | "passphrase" | "keychain";

/** What is wrong with the store of a running node. */
export interface StoreDamage {
  readonly message: string;
  readonly remedy: string;
}

/** What a whole check of the store found. */
export interface StoreReport {
  /** Rows that were read. */
  readonly rows: number;
  /** Kinds of rows that were lost, changed or put back; empty where all is well. */
  readonly damaged: readonly string[];
  /** Why it could not even be opened. */
  readonly why?: string;
}

/** What a node tells whatever it is doing. */
export interface NodeState {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  /** A locked node has its store closed and its network down, and waits for `node.unlock`. */
  readonly state: "open" | "locked";
  readonly protection: Guard;
  /** Where the store lies. */
  readonly home: string;
}

export interface NodeStatus extends NodeState {
  readonly state: "open";
  readonly account: Account;
  /** Our host of this run: new at each start. */
  readonly host: string;
  /** Where others may reach us now. */
  readonly addresses: readonly string[];
  readonly net: {
    /** Connected hosts. */
    readonly peers: number;
    /** Hosts in the routing tables: with none, nobody can be asked. */
    readonly lanDht: number;
    readonly wanDht: number;
    readonly wanMode: "client" | "server";
    /**
     * Whether others can reach this node, found out by asking them; `unknown` while there is nobody
     * to ask.
     */
    readonly reach: {
      readonly verdict: "unknown" | "reachable" | "unreachable";
      readonly addresses: readonly {
        readonly address: string;
        readonly reached: number;
        readonly failed: number;
        readonly failures: readonly string[];
      }[];
      /** Hosts that answered. */
      readonly asked: number;
      readonly checkedAt?: number;
      /** IP addresses under which others see us. */
      readonly seenAs: readonly string[];
    };
    /** What the router in front of us does to ports, and how holes through it went. */
    readonly nat: {
      /**
       * none: no router; preserving, independent: holes can be made; symmetric: another port for
       * each connection.
       */
      readonly kind: "unknown" | "none" | "preserving" | "independent" | "symmetric";
      /** As which address others see the port that holes are made from. */
      readonly mapped?: string;
      readonly portMap: PortMapFacts;
      readonly punches: {
        readonly made: number;
        readonly failed: number;
        readonly lastFailure?: {
          readonly reason: "symmetric" | "no-signal" | "refused" | "timed out";
          readonly at: number;
        };
      };
    };
    /**
     * The key of our host, which changes about once a day: ms since it was drawn; whether the host
     * before it is still up.
     */
    readonly hostKey: { readonly age: number; readonly moving: boolean };
    readonly privateNetwork: boolean;
    readonly listening: readonly string[];
    readonly protocols: readonly string[];
    readonly bootstrap: readonly Bootstrap[];
    readonly mdns: boolean;
    /**
     * The public IPFS DHT. resting: nothing to do there, and no connection. lost: none of its first
     * hosts answers.
     */
    readonly publicDht: {
      readonly state: "off" | "resting" | "joining" | "connected" | "lost";
      /** Hosts of that network that we are connected to. */
      readonly peers: number;
      readonly error?: string;
    };
    /**
     * Where everything is dialled through one; without user and password. down: it does not answer.
     * refused: it does not take us.
     */
    readonly proxy?: {
      readonly address: string;
      readonly state: "untried" | "working" | "down" | "refused";
      readonly error?: string;
    };
  };
  readonly contacts: { readonly total: number; readonly online: number; readonly requests: number };
  /** Messages of ours that are not delivered yet. */
  readonly waiting: number;
  /** How many of these the contacts' policies keep back, by what they wait for. */
  readonly keptBack: Readonly<Record<Awaits, number>>;
  readonly unread: number;
  /**
   * The store was found to be a copy from before at this start: what came since is missing, and
   * sessions were made anew.
   */
  readonly rolledBack?: true;
  /**
   * No records are published, nobody is answered, and links are made only where there is something
   * to send.
   */
  readonly invisible: boolean;
  /**
   * Tags that are put at least, decoys among them, so that their number does not tell that of
   * contacts; 0: no decoys.
   */
  readonly decoys: number;
  /** Whether messages stay once they are delivered, or read. */
  readonly history: boolean;
  /** How long messages stay at most, ms. */
  readonly retention?: number;
  /** Damage that was found in the store while the node runs. */
  readonly damage?: StoreDamage;
  /** The cryptographic libraries in use, with their versions. */
  readonly engine: string;
}

/**
 * The port that the router was asked for. none: no router is known, or none is needed. silent: it
 * speaks neither NAT-PMP nor UPnP. refused: it speaks one of them, and gave none.
 */
export interface PortMapFacts {
  readonly state: "off" | "none" | "mapped" | "silent" | "refused";
  /** What it was asked in, where it gave one. */
  readonly by?: "nat-pmp" | "upnp";
  /** The address on the outside, as the router says. */
  readonly address?: string;
}
