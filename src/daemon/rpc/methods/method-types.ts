/** Types of the methods of a node: handlers, and the parts that they use. */
import type {
  Audit,
  DoctorOfContact,
  DoctorOfNode,
  KnownBootstrap,
  NetState,
  NewKeyProtection,
  NodeEvent,
  NodeState,
  NodeStatus,
  Params,
  Peer,
  Scope,
  StoreReport,
  Token,
} from "../../../api/index.ts";
import type { AccountId } from "../../../base/index.ts";
import type { Messenger } from "../../../messenger/index.ts";
import type { Clock } from "../../../ports/index.ts";
import type { Access } from "./access.ts";

export interface Doctor {
  node(): Promise<DoctorOfNode>;
  /** Throws `contact-unknown`, `contact-ambiguous`. */
  contact(who: string): Promise<DoctorOfContact>;
}

export interface Network {
  state(): NetState;
  peers(): readonly Peer[];
  /** Asks peers now whether they can reach this node. */
  check(): Promise<NodeStatus["net"]["reach"]>;
  /** Rotates the libp2p host key. @returns the new PeerId. */
  rotate(): Promise<string>;
  bootstrap(): readonly KnownBootstrap[];
  /** Makes the node invisible or visible, now and at the next starts. */
  setInvisible(on: boolean): Promise<void>;
  /** Turns the public DHT on or off, now and at the next starts. */
  setPublic(on: boolean): Promise<void>;
  /** Publishes cover records up to a multiple of `step` tags, now and at the next starts. */
  setDecoys(step: number): Promise<void>;
  /** Addresses of the configured bootstrap nodes, connected ones first. */
  best(): readonly string[];
  /** Adds bootstrap nodes of an invite, up to the limit. */
  learn(addresses: readonly string[]): Promise<void>;
  /** Adds the address to the settings and connects to it. Throws `address-invalid`. */
  addBootstrap(address: string): Promise<void>;
  /** Throws `address-invalid` if it is not configured. */
  removeBootstrap(address: string): Promise<void>;
}

/** Credentials of programs: what they may do, and whether they were revoked. */
export interface Tokens {
  /** Throws token-exists, too-many-tokens, token-invalid for a name. */
  create(wanted: {
    readonly name: string;
    readonly scope: Token["scope"];
    readonly kind: Token["for"];
    readonly peers?: readonly AccountId[];
  }): Promise<{ readonly token: Token; readonly secret: string }>;
  list(): readonly Token[];
  /** Closes the connections that are restricted to it. Throws token-unknown. */
  revoke(name: string): Promise<void>;
  /** The token with this secret or name, for this endpoint. Throws token-refused. */
  find(
    by: { readonly secret: string } | { readonly name: string },
    kind: Token["for"],
  ): {
    readonly token: Token;
    readonly access: {
      readonly name: string;
      readonly scope: Scope;
      readonly peers?: ReadonlySet<AccountId>;
    };
  };
  /** Notes that the token was used, to the day. */
  noteUse(name: string): Promise<void>;
}

/** What a client subscribes to. */
export interface Subscription {
  /** What was asked for, the contact by its account id, and without a cursor. */
  readonly request: Omit<Params<"event.subscribe">, "since">;
  wants(event: NodeEvent): boolean;
  /** Events that come first, as they are. */
  readonly first: readonly NodeEvent[];
  /** Whether `first` begins with every event since one that the client has. */
  readonly resumes: boolean;
}

/** The latest events of an open node. */
export interface EventRing {
  /** Keeps an event. @returns it with its cursor. */
  add(event: NodeEvent): NodeEvent;
  /** A cursor after the newest event, another text at each call. */
  now(): string;
  /**
   * The events after a cursor, oldest first; absent where the cursor is none of this ring, or is of
   * an event before the oldest one that is kept.
   */
  since(cursor: string): readonly NodeEvent[] | undefined;
  /** Forgets every event, because the node is locked or stops: its parts may be held for longer. */
  clear(): void;
}

/** One call of a client. */
export interface Caller {
  readonly access: Access;
  /** Replaces what the connection of the client may do from now on. */
  restrict(access: Access): void;
  /**
   * Belongs to this call only, so that the listeners of many calls do not add up. Aborted when the
   * connection of the client is closed, or the node is locked or stops.
   */
  readonly signal: AbortSignal;
  /** Starts the event stream of the client, or replaces it. */
  subscribe(subscription: Subscription): void;
}

/** Operations on the node as a whole. */
export interface Controls {
  state(): NodeState;
  /** Throws `lock-refused` if the database key is in a key file. */
  lock(): Promise<void>;
  /** Throws `passphrase-needed`, `passphrase-wrong`, and what a start throws; stays locked then. */
  unlock(passphrase: string | undefined): Promise<void>;
  /**
   * Checks the passphrase, if one protects the database key. Throws `passphrase-needed`,
   * `passphrase-wrong`.
   */
  prove(passphrase: string | undefined): Promise<void>;
  /** Changes the protection of the database key. @param current the present passphrase. */
  protect(current: string | undefined, next: NewKeyProtection): Promise<void>;
  /** Starts to stop the node; returns at once. */
  stop(): void;
}

export interface DispatchParts {
  readonly messenger: Messenger;
  readonly network: Network;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly controls: Controls;
  readonly ring: EventRing;
  status(): NodeStatus;
  readonly doctor: Doctor;
  audit(): Promise<Audit>;
  /** The recovery phrase of the account. */
  words(): Promise<string>;
  check(): Promise<StoreReport>;
}

type Table<Methods> = {
  readonly [Name in keyof Methods]: { readonly params: unknown; readonly result: unknown };
};

/** What each method does; the compiler demands a handler for every method of the contract. */
export type Handlers<Methods extends Table<Methods>> = {
  readonly [Name in keyof Methods]: (
    params: Methods[Name]["params"],
    caller: Caller,
  ) => Methods[Name]["result"] | Promise<Methods[Name]["result"]>;
};
