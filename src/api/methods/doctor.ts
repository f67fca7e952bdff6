/** Diagnosis of the node, and of a contact that is not connected: facts, findings and causes. */
import type {
  ContactCause,
  HoleFailure,
  NodeFinding,
  RouterKind,
  Severity,
} from "../../base/index.ts";
import type { Contact, NodeStatus } from "../views.ts";
import type { Method, Nothing, Who } from "./method-types.ts";

export type { ContactCause, NodeFinding };

/** How far an address reaches; `invalid`: it is not an address. */
export type AddressReach = "public" | "private" | "loopback" | "invalid";

/** How many records should be published, how many peers hold, and how many were not accepted. */
export interface PublishedRecords {
  readonly wanted: number;
  readonly held: number;
  readonly refused: number;
}

export interface DoctorOfNode {
  readonly status: NodeStatus;
  /** The texts are in `nodeFindings` of src/base/findings.ts. */
  readonly findings: readonly { readonly what: NodeFinding; readonly severity: Severity }[];
  readonly records: PublishedRecords;
  /** The keys on the public DHT under which the addresses of this node are published. */
  readonly publicKeys: PublishedRecords;
  readonly clock: {
    /** By how much the clock was changed while the node ran, ms; negative: set back. */
    readonly setBy: number;
    /** Contacts whose records were compared with this clock since the start. */
    readonly compared: number;
    /** By how much the latest of these records was ahead of this clock, ms. */
    readonly theirsAhead?: number;
  };
}

export interface DoctorOfContact {
  readonly contact: Contact;
  /** Why they are not connected; absent if they are. The texts are in `contactCauses`. */
  readonly cause?: ContactCause;
  readonly link?: {
    readonly since: number;
    readonly heardAt: number;
    readonly address: string;
    /** True if this node dialed. */
    readonly outbound: boolean;
  };
  /** `broken`: neither side can decrypt the other; the next connection makes a new session. */
  readonly session: "none" | "kept" | "broken";
  /** Their newest record that was found now. `ahead`: by how much its time is in our future, ms. */
  readonly record?: {
    readonly age: number;
    readonly ahead: number;
    readonly addresses: readonly string[];
  };
  /** Why a found record is not usable; `off`: their clock minus ours, ms, if it is signed. */
  readonly recordRefused?: { readonly why: string; readonly off?: number };
  /** Each address that was dialed, and the result. */
  readonly dials: readonly {
    readonly address: string;
    readonly reach: AddressReach;
    /** Source of the address: their last connection, their record, or the public DHT. */
    readonly from: "last" | "record" | "public";
    readonly reached: boolean;
    readonly reason?: string;
    readonly answer?: string;
  }[];
  /** Why hole punching failed; absent if it was not tried. */
  readonly hole?: HoleFailure;
  /** What the routers on both sides do to ports; `theirs` if they reported it. */
  readonly routers: { readonly ours: RouterKind; readonly theirs?: RouterKind };
  /** When the oldest undelivered message to them was written. */
  readonly waitingSince?: number;
  /**
   * Messages of theirs that are not shown, because they claim a place too far ahead in the order of
   * the conversation: `held` ones are shown once the order gets there, `dropped` ones never.
   */
  readonly refused?: { readonly held: number; readonly dropped: number };
  /** Failed searches since the last connection. */
  readonly failures: number;
  /** ms until the next search. */
  readonly nextTryIn?: number;
}

export interface DoctorMethods {
  "doctor.node": Method<Nothing, DoctorOfNode>;
  /** Searches for the contact now: dials and looks up their record, up to 45 s. */
  "doctor.contact": Method<Who, DoctorOfContact>;
}
