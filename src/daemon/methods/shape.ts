/** What the methods of a node are made of: a check of what they take, and what they do. */
import type * as v from "valibot";
import type { NodeEvent, NodeStatus } from "../../api/index.ts";
import type { Messenger } from "../../messenger/index.ts";
import type { Clock } from "../../ports/index.ts";
import type { Network } from "../network.ts";

/** One who asks, for as long as its connection lasts. */
export interface Caller {
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Starts, or replaces, the caller's stream of events. */
  subscribe(wanted: (event: NodeEvent) => boolean): void;
}

export interface DispatchParts {
  readonly messenger: Messenger;
  readonly network: Network;
  readonly clock: Clock;
  status(): NodeStatus;
  /** Begins to stop the node; returns at once. */
  stop(): void;
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
