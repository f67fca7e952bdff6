/** Evidence for what a messenger promises, from the running node. */
import type { Guard } from "../views.ts";
import type { Method, Nothing } from "./method-types.ts";

/** What is looked for at rest; never told by its text. */
export type Sought = "own name" | "contact's name" | "account id" | "message text";

export interface Scan {
  readonly files: number;
  readonly bytes: number;
  /** How many of each kind were looked for. */
  readonly sought: readonly { readonly kind: Sought; readonly count: number }[];
  /** Where something was found in plain sight: paths below the home. */
  readonly found: readonly { readonly kind: Sought; readonly file: string }[];
}

export interface Audit {
  readonly version: string;
  /** The cryptographic libraries in use, with their versions. */
  readonly engine: string;
  /** Protocols that this node answers, as their names are negotiated. */
  readonly protocols: readonly string[];
  /** Whether one of them would relay other people's links. */
  readonly relays: boolean;
  /** Sealed records that others are to find, and how many of them others hold now. */
  readonly records: { readonly wanted: number; readonly held: number };
  readonly protection: Guard;
  readonly contacts: {
    readonly total: number;
    /** Names of those whose safety number was compared. */
    readonly verified: readonly string[];
    readonly links: number;
    readonly sessions: number;
  };
  /** Whether messages stay on this disk, and when contacts were last linked. */
  readonly history: boolean;
  readonly lastSeen: boolean;
  /** Programs for which events are kept until they take them. */
  readonly followers: number;
  readonly scan: Scan;
}

export interface AuditMethods {
  /** Reads every file of the home, which takes as long as that does. */
  "audit.show": Method<Nothing, Audit>;
}
