/**
 * What two members have of each stream, compared in few bytes: a digest for each of 32 buckets of
 * streams, then the heads of those that differ, then the ranges that one of them lacks
 * (docs/SPEC.md, groups). Work is bounded by what a peer sent, never by the numbers in it.
 */
import { concat, equal, labels, u64, utf8 } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { type MemberId, memberId, type StreamId, streamId } from "./ids.ts";
import { groupLimits } from "./limits.ts";
import { compareText } from "./op.ts";

export const BUCKETS = 32;
const DIGEST = 8;

/** Messages of a stream, both ends included; from 1. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/** What a member has of one stream. */
export interface StreamHead {
  readonly member: MemberId;
  readonly stream: StreamId;
  /** The greatest seq that is here, from 1. */
  readonly upTo: number;
  /** `messageHash` of that message, 32 bytes. */
  readonly hash: Uint8Array;
  /** What is lacking below it, in ascending order and apart; at most 8. */
  readonly missing: readonly SeqRange[];
}

/** A range of one stream that a member asks for. */
export interface WantedRange extends SeqRange {
  readonly member: MemberId;
  readonly stream: StreamId;
}

export interface Comparison {
  /** What they have and we lack. */
  readonly wanted: readonly WantedRange[];
  /** Streams of which the same seq has two hashes: their author made two versions. */
  readonly forked: readonly StreamHead[];
}

/**
 * The digests of all buckets, 256 bytes.
 * @param key of the link's handshake, 32 bytes: without it nobody can make two states look alike.
 */
export function streamDigests(
  crypto: CryptoProvider,
  key: Uint8Array,
  heads: readonly StreamHead[],
): Uint8Array {
  const buckets = Array.from({ length: BUCKETS }, (): StreamHead[] => []);
  for (const head of [...heads].sort(inOrder)) buckets[bucketOf(head)]?.push(head);
  const digests = buckets.map((bucket, number) => {
    const of = concat(utf8(labels.groupStreams), Uint8Array.of(number), ...bucket.map(stated));
    return crypto.hmac(key, of).subarray(0, DIGEST);
  });
  return concat(...digests);
}

/** The heads whose buckets differ; `undefined` where the other digests are none. */
export function differing(
  ours: Uint8Array,
  theirs: Uint8Array,
  heads: readonly StreamHead[],
): StreamHead[] | undefined {
  if (theirs.length !== BUCKETS * DIGEST) return undefined;
  return heads.filter((head) => {
    const at = DIGEST * bucketOf(head);
    return !equal(ours.subarray(at, at + DIGEST), theirs.subarray(at, at + DIGEST));
  });
}

/** Compares heads that a peer sent; `undefined` where one of them cannot be. */
export function compareHeads(
  ours: ReadonlyMap<StreamId, StreamHead>,
  theirs: readonly StreamHead[],
): Comparison | undefined {
  if (theirs.length > groupLimits.streamHeads || !theirs.every(isHead)) return undefined;
  const wanted: WantedRange[] = [];
  const forked: StreamHead[] = [];
  for (const head of theirs) {
    const { member, stream, upTo } = head;
    const known = ours.get(stream);
    // A stream belongs to one member; what another one states of it is not asked for.
    if (known !== undefined && known.member !== member) continue;
    if (known?.upTo === upTo && !equal(known.hash, head.hash)) forked.push(head);
    const lacking = [...(known?.missing ?? []), { from: (known?.upTo ?? 0) + 1, to: upTo }];
    for (const gap of lacking)
      for (const range of without({ from: gap.from, to: Math.min(gap.to, upTo) }, head.missing))
        wanted.push({ member, stream, ...range });
  }
  return { wanted, forked };
}

/** The parts of a range that are in none of the others, which ascend and are apart. */
export function without(range: SeqRange, others: readonly SeqRange[]): SeqRange[] {
  const left: SeqRange[] = [];
  let { from } = range;
  for (const other of others) {
    if (other.to < from || other.from > range.to) continue;
    if (other.from > from) left.push({ from, to: other.from - 1 });
    from = other.to + 1;
  }
  if (from <= range.to) left.push({ from, to: range.to });
  return left;
}

function isHead({ upTo, hash, missing }: StreamHead): boolean {
  if (!Number.isSafeInteger(upTo) || upTo < 1 || upTo > 0xffffffff) return false;
  if (hash.length !== 32 || missing.length > groupLimits.missingRanges) return false;
  let last = 0;
  for (const { from, to } of missing) {
    // Two ranges that touch would be one.
    const apart = last === 0 ? from >= 1 : from > last + 1;
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return false;
    if (!apart || to < from || to >= upTo) return false;
    last = to;
  }
  return true;
}

const bucketOf = ({ stream }: StreamHead): number => (streamId.bytes(stream)[0] ?? 0) % BUCKETS;

const inOrder = (a: StreamHead, b: StreamHead): number =>
  compareText(a.stream, b.stream) || compareText(a.member, b.member);

function stated({ member, stream, upTo, hash, missing }: StreamHead): Uint8Array {
  return concat(
    memberId.bytes(member),
    streamId.bytes(stream),
    u64(upTo),
    hash,
    Uint8Array.of(missing.length),
    ...missing.flatMap(({ from, to }) => [u64(from), u64(to)]),
  );
}
