/** How far pairing has come; `requested` waits for our word, the last three are ends. */
export type Pairing =
  | "invited"
  | "handshaken"
  | "requested"
  | "confirmed"
  | "denied"
  | "used"
  | "expired";

/**
 * Who may see our address: they may; only over the local network; never, so that links go through a
 * proxy or not at all.
 */
export type Policy = "any" | "lan" | "hidden";

export interface Contact {
  readonly account: string;
  /**
   * What this node calls them. Exactly as kept: clean it (`displayText`) before a screen shows it.
   */
  readonly name: string;
  readonly pairing: Pairing;
  readonly verified: boolean;
  readonly blocked: boolean;
  /** Nothing is sent until the person decides. */
  readonly keyChanged: boolean;
  /** A live authenticated link exists now. */
  readonly online: boolean;
  /** A fresh record of theirs was found, which is no proof that they are there. */
  readonly announced: boolean;
  /** Messages of ours that are not delivered yet. */
  readonly waiting: number;
  readonly unread: number;
  /** We tell each other what was read and when we write. */
  readonly receipts: boolean;
  /** How long new messages stay, ms; 0 for ever. */
  readonly timer: number;
  readonly policy: Policy;
  /**
   * Why messages wait by our own policy, where there is no link: until both are on one network;
   * until a proxy is set; or for as long as one is.
   */
  readonly awaits?: "lan" | "proxy" | "no-proxy";
  /** When they were last linked; only where the settings keep it. */
  readonly lastSeen?: number;
  readonly addedAt: number;
}

/** No state is shown that is not proven; `received` is for theirs. */
export type MessageState = "queued" | "sent" | "delivered" | "read" | "failed" | "received";

export interface Message {
  readonly id: string;
  readonly contact: string;
  readonly direction: "in" | "out";
  /** Exactly as sent: clean it (`displayText`) before a screen shows it. */
  readonly text: string;
  readonly state: MessageState;
  /** Place in the conversation on this node; pages are cut by it. */
  readonly at: number;
  /** The sender's clock, for display only. */
  readonly sentAt: number;
  /** Id of the message that it answers; it need not be here. */
  readonly replyTo?: string;
  /** How long it stays, ms: of ours from its delivery on, of theirs from when it was read. */
  readonly keep?: number;
  /** No message, but a setting that one side changed; the text is empty. */
  readonly notice?: Notice;
  /** The author changed the text since; texts of before are not kept. */
  readonly edited: boolean;
  /** The author deleted it for both: the text is empty. */
  readonly deleted: boolean;
  readonly reactions: readonly Reaction[];
  /** A change of ours (an edit, a deletion, a reaction) has not reached them yet. */
  readonly changing: boolean;
}

/** How long messages stay from then on, ms; 0 for ever. */
export interface Notice {
  readonly kind: "timer";
  readonly ms: number;
}

/** At most one of each side's. */
export interface Reaction {
  /** `out` is our own. */
  readonly direction: "in" | "out";
  /** A few characters, exactly as sent. */
  readonly emoji: string;
}

export interface Invite {
  readonly id: string;
  readonly kind: "once" | "reusable";
  readonly state: "open" | "used" | "revoked" | "expired";
  readonly expiresAt: number;
}

export interface NewInvite extends Invite {
  /** The whole link, a secret until it is used. */
  readonly link: string;
}

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
  readonly keptBack: Readonly<Record<"lan" | "proxy" | "no-proxy", number>>;
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
