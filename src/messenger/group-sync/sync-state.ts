/** The state by which two members find out whether they have the same. */
import { concat, equal, toHex } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  differing,
  generationId,
  opId,
  recordsFingerprint,
  type StreamHead,
  streamDigests,
} from "../../group/index.ts";
import { linkLists, type SentHead, type SyncState } from "../../wire/index.ts";
import { sentHead } from "./sync-ask.ts";
import type { StatedByMember, SyncSource } from "./sync-source.ts";

/** The state of this node. @param key of the link's handshake, 32 bytes. */
export function stateOf(crypto: CryptoProvider, source: SyncSource, key: Uint8Array): SyncState {
  const generation = source.newestGeneration();
  return {
    digests: streamDigests(crypto, key, source.heads()),
    records: recordsFingerprint(crypto, key, source.records()),
    ...(generation && { generation: generationId.bytes(generation).slice(0, 16) }),
    frontier: source.frontier().map(opId.bytes),
    lamport: source.lamport(),
  };
}

/** What of a state is compared. */
export function comparedBytes({ digests, records }: SyncState): Uint8Array {
  return concat(digests, records);
}

/** What a member states of itself. */
export function statedIn({ frontier, generation, lamport }: SyncState): StatedByMember {
  const newest = generation && toHex(generation);
  return { frontier: frontier.map(opId.from), ...(newest && { generation: newest }), lamport };
}

/** The heads of the buckets in which another state differs, in lists that a message has. */
export function differingHeads(
  crypto: CryptoProvider,
  key: Uint8Array,
  heads: readonly StreamHead[],
  digests: Uint8Array,
): SentHead[][] {
  const differ = differing(streamDigests(crypto, key, heads), digests, heads) ?? [];
  const lists: SentHead[][] = [];
  for (let at = 0; at < differ.length; at += linkLists.heads)
    lists.push(differ.slice(at, at + linkLists.heads).map(sentHead));
  return lists;
}

/** Whether two states have the same streams, and the same records. */
export function compareStates(one: SyncState, other: SyncState) {
  return {
    sameStreams: equal(one.digests, other.digests),
    sameRecords: equal(one.records, other.records),
  };
}
