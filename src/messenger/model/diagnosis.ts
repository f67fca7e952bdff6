/**
 * The search trace of a contact: every step of the last search, kept until the next one, from which
 * the cause of a missing link is derived.
 */
import {
  type ContactCause,
  type HoleFailure,
  type HoleTried,
  type RouterKind,
  Unreachable,
} from "../../base/index.ts";
import type { RecordRefusal } from "../../dht/index.ts";
import type { ContactView } from "../../model/index.ts";

/**
 * linked: the channel is the contact's live link. ended: the peer gave a final word. Else try again
 * later.
 */
export type CallResult = "linked" | "ended" | "silent" | "refused" | "pending";

/** The result of dial an address. */
export interface Dialled {
  readonly address: string;
  /**
   * Where the address is from: the last link, their record, or the public DHT, where anyone may
   * publish any address.
   */
  readonly from: "last" | "record" | "public";
  /** The peer that was meant answered, and speaks our protocol. */
  readonly reached: boolean;
  /** Why not, in a few words. */
  readonly reason?: string;
  /** The result of our hello. */
  answer?: CallResult;
}

/** A dial as a search notes it. */
export interface TracedDial extends Dialled {
  /** Time in the record that named the address; absent where it is from elsewhere. */
  readonly recordTime?: number;
}

/** Where the address of a dial is from. */
export type DialSource = Pick<TracedDial, "from" | "recordTime">;

export interface SearchTrace {
  readonly startedAt: number;
  /** Whether the rendezvous was asked, which requires a key of the pair and a peer to ask. */
  asked: boolean;
  /** The newest sound record of theirs. */
  record: FoundRecord | undefined;
  /** Why the newest of the others was of no use; its time where they signed it. */
  refused: { readonly why: RecordRefusal; readonly time: number | undefined } | undefined;
  readonly dials: TracedDial[];
  /** The result of the last hole punch, if one was tried. */
  hole: HoleTried | undefined;
}

export interface FoundRecord {
  /** ms, by their clock. */
  readonly time: number;
  /** ms, by ours. */
  readonly foundAt: number;
  readonly addresses: readonly string[];
}

export function newSearchTrace(startedAt: number): SearchTrace {
  return {
    startedAt,
    asked: false,
    record: undefined,
    refused: undefined,
    dials: [],
    hole: undefined,
  };
}

/** Notes a dial without an answer. @param error of the transport; absent after a timeout. */
export function noteUnreached(
  trace: SearchTrace,
  source: DialSource,
  addresses: readonly string[],
  error: unknown,
): void {
  const known = error instanceof Unreachable ? error.failures : [];
  if (error instanceof Unreachable) trace.hole = error.hole ?? trace.hole;
  for (const address of addresses) {
    const reason = known.find((each) => each.address === address)?.reason ?? "timed out";
    trace.dials.push({ ...source, address, reached: false, reason });
  }
}

/** The diagnosis of a contact: why there is a link, or none. */
export interface Diagnosis {
  readonly contact: ContactView;
  /** Absent where the contact is linked. */
  readonly cause?: ContactCause;
  readonly link?: LinkFacts;
  /** `broken`: the two cannot read each other any more, and the next link makes another one. */
  readonly session: "none" | "kept" | "broken";
  /**
   * The newest record of theirs that was found now, with its age; `ahead`: how far its time was in
   * our future when it was found.
   */
  readonly record?: {
    readonly age: number;
    readonly ahead: number;
    readonly addresses: readonly string[];
  };
  /**
   * Why what was found is of no use; `off` is by how much their clock seems to be ahead of ours,
   * negative where behind, ms.
   */
  readonly recordRefused?: { readonly why: string; readonly off?: number };
  readonly dials: readonly Dialled[];
  /** Why there was no hole through the routers either, where one was tried. */
  readonly hole?: HoleFailure;
  /** What their router does to ports, if they reported it during hole punching. */
  readonly theirRouter?: RouterKind;
  /** When the oldest message of ours that waits was written, ms since 1970. */
  readonly waitingSince?: number;
  /** Messages of theirs that are not shown, as their Lamport values are refused (order.ts). */
  readonly refused?: { readonly held: number; readonly dropped: number };
  /** Unsuccessful searches since the last link. */
  readonly failures: number;
  /** ms until the next one; absent where none is due. */
  readonly nextTryIn?: number;
}

export interface LinkFacts {
  readonly since: number;
  readonly heardAt: number;
  readonly address: string;
  readonly outbound: boolean;
}

/** What the node knows of itself. */
export interface Health {
  readonly invisible: boolean;
  /** Free space on the disk, bytes, and whether it is too low to accept content. */
  readonly disk: { readonly low: boolean; readonly free?: number };
  /** Tags that are put at least, decoys among them; 0: no decoys. */
  readonly decoys: number;
  /** Contacts with whom there is a session. */
  readonly sessions: number;
  readonly records: PublishState;
  /** Keys under which our addresses are left on the public DHT; none where it is off. */
  readonly publicKeys: PublishState;
  /**
   * By how much the newest of the contacts' records was ahead of our clock when it was found, ms;
   * absent where none was found.
   */
  readonly theirsAhead?: number;
  /** Contacts of whom a record was found. */
  readonly compared: number;
}

export interface PublishState {
  /** Records that contacts and holders of our invites look for. */
  readonly wanted: number;
  /** Of these, how many another node took. */
  readonly held: number;
  /** How many could not be published the last time. */
  readonly refused: number;
}
