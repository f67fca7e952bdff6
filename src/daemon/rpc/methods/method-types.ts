/** What the methods of a node are made of: a check of what they take, and what they do. */
import type * as v from "valibot";
import type {
  Audit,
  DoctorOfContact,
  DoctorOfNode,
  KnownBootstrap,
  NewKeyProtection,
  NodeEvent,
  NodeState,
  NodeStatus,
  Peer,
  StoreReport,
} from "../../../api/index.ts";
import type { Messenger } from "../../../messenger/index.ts";
import type { Clock } from "../../../ports/index.ts";

export interface Doctor {
  node(): Promise<DoctorOfNode>;
  /** Throws `contact-unknown`, `contact-ambiguous`. */
  contact(who: string): Promise<DoctorOfContact>;
}

export interface Network {
  peers(): readonly Peer[];
  /** Asks others now whether they reach us. */
  check(): Promise<NodeStatus["net"]["reach"]>;
  /** Goes on under a new host key. @returns its PeerId. */
  rotate(): Promise<string>;
  bootstrap(): readonly KnownBootstrap[];
  /** Shows others that we are here, or not, now and from the next start on. */
  setInvisible(on: boolean): Promise<void>;
  /** Uses the public DHT or not, now and from the next start on. */
  setPublic(on: boolean): Promise<void>;
  /** Puts decoys up to so many tags, now and from the next start on. */
  setDecoys(step: number): Promise<void>;
  /** Addresses of our bootstrap hosts, those first that are connected; of contacts' none. */
  best(): readonly string[];
  /** Takes over bootstrap hosts that an invite named, as far as there is room for them. */
  learn(addresses: readonly string[]): Promise<void>;
  /** Keeps the address in the settings and tries it. Throws `address-invalid`. */
  addBootstrap(address: string): Promise<void>;
  /** Throws `address-invalid` where it is not in the list. */
  removeBootstrap(address: string): Promise<void>;
}

/** One who asks, for as long as its connection lasts. */
export interface Caller {
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Starts, or replaces, the caller's stream of events. */
  subscribe(wanted: (event: NodeEvent) => boolean): void;
}

/** What can be done to a node as a whole. */
export interface Controls {
  state(): NodeState;
  /** Throws `lock-refused` where a key file guards the store. */
  lock(): Promise<void>;
  /**
   * Throws `passphrase-needed`, `passphrase-wrong`, and what a start throws: then it stays locked.
   */
  unlock(passphrase: string | undefined): Promise<void>;
  /**
   * Whether whoever asks knows what guards the store, where that can be known. Throws
   * `passphrase-needed`, `passphrase-wrong`.
   */
  prove(passphrase: string | undefined): Promise<void>;
  /** Gives the store's key another guard. @param current the passphrase that guards it now. */
  protect(current: string | undefined, next: NewKeyProtection): Promise<void>;
  /** Begins to stop the node; returns at once. */
  stop(): void;
}

export interface DispatchParts {
  readonly messenger: Messenger;
  readonly network: Network;
  readonly clock: Clock;
  readonly controls: Controls;
  status(): NodeStatus;
  readonly doctor: Doctor;
  audit(): Promise<Audit>;
  /** The 24 words of the account. */
  words(): Promise<string>;
  check(): Promise<StoreReport>;
}

type Table<Methods> = {
  readonly [Name in keyof Methods]: { readonly params: unknown; readonly result: unknown };
};

/**
 * What each method takes, checked at the border; held equal to the types in api/methods by the
 * compiler.
 */
export type Schemas<Methods extends Table<Methods>> = {
  readonly [Name in keyof Methods]: v.GenericSchema<unknown, Methods[Name]["params"]>;
};

export type Handlers<Methods extends Table<Methods>> = {
  readonly [Name in keyof Methods]: (
    params: Methods[Name]["params"],
    caller: Caller,
  ) => Methods[Name]["result"] | Promise<Methods[Name]["result"]>;
};
