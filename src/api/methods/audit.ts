/** Evidence for the security properties of the running node. */
import type { KeyProtection } from "../views.ts";
import type { Method, Nothing } from "./method-types.ts";

/** Kinds of plaintext that the scan searches for; their text is never reported. */
export type Sought = "own name" | "contact's name" | "account id" | "message text";

export interface Scan {
  readonly files: number;
  readonly bytes: number;
  /** How many of each kind were searched for. */
  readonly sought: readonly { readonly kind: Sought; readonly count: number }[];
  /** Files in which plaintext was found, relative to the home directory. */
  readonly found: readonly { readonly kind: Sought; readonly file: string }[];
}

export interface Audit {
  readonly version: string;
  /** The cryptographic libraries in use, with their versions. */
  readonly engine: string;
  /** Names of the protocols that this node answers. */
  readonly protocols: readonly string[];
  /** Whether one of them relays connections of others. */
  readonly relays: boolean;
  /** Encrypted records that should be published, and how many DHT peers hold now. */
  readonly records: { readonly wanted: number; readonly held: number };
  readonly protection: KeyProtection;
  readonly contacts: {
    readonly total: number;
    /** Names of contacts whose safety number was compared. */
    readonly verified: readonly string[];
    readonly links: number;
    readonly sessions: number;
  };
  /** Whether messages are kept, and the time of each contact's last connection. */
  readonly history: boolean;
  readonly lastSeen: boolean;
  /** Number of durable subscriptions. */
  readonly followers: number;
  readonly scan: Scan;
}

export interface AuditMethods {
  /** Reads every file in the home directory. */
  "audit.show": Method<Nothing, Audit>;
}
