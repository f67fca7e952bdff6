/** Everything that the messenger requires from outside, passed once when it is created. */
import type { AccountId } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type {
  Log,
  PublicRendezvous,
  Rendezvous,
  SteadyClock,
  Store,
  Transport,
} from "../../ports/index.ts";
import type { Feature } from "../../wire/index.ts";

export interface MessengerPorts {
  readonly crypto: CryptoProvider;
  readonly store: Store;
  readonly transport: Transport;
  readonly rendezvous: Rendezvous;
  /** The rendezvous of last resort, where there is one. */
  readonly publicRendezvous?: PublicRendezvous;
  readonly clock: SteadyClock;
  readonly log: Log;
  /**
   * Whether receipts and typing are shared with contacts without a setting of their own; absent:
   * they are.
   */
  readonly receipts?: boolean;
  /** Whether messages are kept once they are delivered, or read; absent: they are. */
  readonly history?: boolean;
  /**
   * Lets other work of the process run before a long job continues; absent: a job continues at
   * once.
   */
  readonly breathe?: () => Promise<void>;
  /** The space on the disk of the store; absent: it is not limited. */
  readonly diskSpace?: () => Promise<DiskSpace>;
  /** Whether the node starts invisible; absent: it does not. */
  readonly invisible?: boolean;
  /**
   * Whether it is stored when contacts were last linked; absent: it is not, and what was stored
   * before is deleted.
   */
  readonly lastSeen?: boolean;
  /** Accounts that may be linked with; absent: every account that pairs. */
  readonly allow?: ReadonlySet<AccountId>;
  /** Tags that the node publishes at least, cover records included; absent: no cover records. */
  readonly decoys?: number;
  /** Our bootstrap nodes, if they are shared with contacts and those of contacts are used. */
  readonly hosts?: BootstrapPort;
  /** What this version offers its contacts; absent: nothing, as no feature is built yet. */
  readonly features?: ReadonlySet<Feature>;
  /** How long messages are kept at most, ms; absent: forever. */
  readonly retention?: number;
  /**
   * Messages that a node deletes now are not shown: set if no node runs that deletes them; absent:
   * they are shown until they are deleted.
   */
  readonly hidesDue?: boolean;
}

/** Space on a disk, in bytes. */
export interface DiskSpace {
  readonly free: number;
  readonly size: number;
}

// Bootstrap hosts of contacts, as the messenger and the daemon speak of them.

/** The list of our own bootstrap nodes. */
export interface BootstrapPort {
  /** Nodes that the user or an invite named, which may be shared with contacts; the best first. */
  own(): readonly string[];
  /**
   * Whether a host that a contact named may be asked: none of our own, nothing private, nothing
   * malformed.
   */
  mayAsk(address: string): boolean;
}

/** A host that a contact told us of. */
export interface SharedBootstrap {
  /** Multiaddr text with /p2p. */
  readonly address: string;
  readonly account: AccountId;
  /** What the contact is called here. */
  readonly name: string;
  /** When we were told, ms since 1970. */
  readonly at: number;
}

/** What becomes of hosts that contacts told us of. */
export interface SharedBootstraps {
  /** Those that may be asked when none of our own answers, at most `limits.learnedHosts`. */
  learnedHosts(): SharedBootstrap[];
  /**
   * Forgets a host, and does not take it again from a contact until that one names others. @returns
   * whether it was known.
   */
  forgetHost(address: string): Promise<boolean>;
  /** Notes that a host was asked; one that was silent for `limits.learnedSilence` is forgotten. */
  noteHost(address: string, answers: boolean): Promise<void>;
}
