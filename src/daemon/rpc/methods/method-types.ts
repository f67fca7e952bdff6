/** What the methods of a node are made of: a check of what they take, and what they do. */
import type * as v from "valibot";
import type {
  Audit,
  NewGuard,
  NodeEvent,
  NodeState,
  NodeStatus,
  StoreReport,
} from "../../../api/index.ts";
import type { Messenger } from "../../../messenger/index.ts";
import type { Clock } from "../../../ports/index.ts";
import type { Doctor } from "../../node/doctor.ts";
import type { Network } from "../../node/network.ts";

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
  /** Throws `passphrase-needed`, `passphrase-wrong`, and what a start throws: then it stays locked. */
  unlock(passphrase: string | undefined): Promise<void>;
  /** Whether whoever asks knows what guards the store, where that can be known. Throws `passphrase-needed`, `passphrase-wrong`. */
  prove(passphrase: string | undefined): Promise<void>;
  /** Gives the store's key another guard. @param current the passphrase that guards it now. */
  protect(current: string | undefined, next: NewGuard): Promise<void>;
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

/** What each method takes, checked at the border; held equal to the types in api/methods by the compiler. */
export type Schemas<Methods extends Table<Methods>> = {
  readonly [Name in keyof Methods]: v.GenericSchema<unknown, Methods[Name]["params"]>;
};

export type Handlers<Methods extends Table<Methods>> = {
  readonly [Name in keyof Methods]: (
    params: Methods[Name]["params"],
    caller: Caller,
  ) => Methods[Name]["result"] | Promise<Methods[Name]["result"]>;
};
