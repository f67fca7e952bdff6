/** What one search for a contact met, step by step: kept until the next one, for whoever asks why there is no link. */
import { type HoleTried, Unreachable } from "../../base/index.ts";
import type { RecordRefusal } from "../../dht/index.ts";

/** linked: the channel is the contact's live link. ended: the peer gave a final word. Else try again later. */
export type CallResult = "linked" | "ended" | "silent" | "refused" | "pending";

/** What became of an address. */
export interface Dialled {
  readonly address: string;
  /** The address is where they were linked last, stands in their record, or was named by the public DHT, where anybody may leave any. */
  readonly from: "last" | "record" | "public";
  /** Somebody answered who speaks our protocol, and is the host that was meant. */
  readonly reached: boolean;
  /** Why nobody did, in a few words. */
  readonly reason?: string;
  /** What whoever answered made of our hello. */
  answer?: CallResult;
}

export interface Trail {
  readonly startedAt: number;
  /** Whether the rendezvous was asked, which takes a key of the pair and somebody to ask. */
  asked: boolean;
  /** The newest sound record of theirs. */
  record: FoundRecord | undefined;
  /** Why the newest of the others was of no use; its time where they signed it. */
  refused: { readonly why: RecordRefusal; readonly time: number | undefined } | undefined;
  readonly dials: Dialled[];
  /** What came of a hole through the routers, the last time that one was tried. */
  hole: HoleTried | undefined;
}

export interface FoundRecord {
  /** ms, by their clock. */
  readonly time: number;
  /** ms, by ours. */
  readonly foundAt: number;
  readonly addresses: readonly string[];
}

export function newTrail(startedAt: number): Trail {
  return {
    startedAt,
    asked: false,
    record: undefined,
    refused: undefined,
    dials: [],
    hole: undefined,
  };
}

/** Notes a dial that nobody answered. @param error what the transport threw; absent where the time was over. */
export function noteUnreached(
  trail: Trail,
  from: Dialled["from"],
  addresses: readonly string[],
  error: unknown,
): void {
  const known = error instanceof Unreachable ? error.failures : [];
  if (error instanceof Unreachable) trail.hole = error.hole ?? trail.hole;
  for (const address of addresses) {
    const reason = known.find((each) => each.address === address)?.reason ?? "timed out";
    trail.dials.push({ address, from, reached: false, reason });
  }
}
