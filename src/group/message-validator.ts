/**
 * Judges messages and notices of the mesh before they are forwarded: synchronous, the cheapest
 * check first, nothing is opened and nothing stored.
 */
import { equal, TokenBucket } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { MeshVerdict } from "../ports/index.ts";
import { decodeGroupMessage, type GroupMessageParts, groupMessageBytes } from "../wire/index.ts";
import type { PlacedOp } from "./causality.ts";
import {
  type GenerationId,
  type GroupId,
  generationId,
  type MemberId,
  memberId,
  type StreamId,
  streamId,
} from "./ids.ts";
import { groupLimits } from "./limits.ts";
import { isSignedMessage, messageHash } from "./message.ts";

/** What signs the messages of a stream. */
export interface StreamKey {
  readonly member: MemberId;
  readonly generation: GenerationId;
  /** Ed25519, 32 bytes. */
  readonly key: Uint8Array;
}

/** What the validator asks of the group. */
export interface ValidatorSource {
  readonly group: GroupId;
  /** Whether a member may write now. */
  mayWrite(member: MemberId): boolean;
  /** Whether a message is after the last one that counts of a member that was restricted. */
  isCut(member: MemberId, stream: StreamId, seq: number): boolean;
  /** The hash of the message that is here at this place, 32 bytes. */
  hashOf(stream: StreamId, seq: number): Uint8Array | undefined;
  /** The frontiers that the prefixes may stand for: none where an op is lacking (`frontiersOf`). */
  frontiers(prefixes: readonly Uint8Array[]): readonly (readonly PlacedOp[])[];
  /** The confirmed or unconfirmed key of a stream; `undefined` where its record is lacking. */
  streamKey(parts: GroupMessageParts): StreamKey | undefined;
  /** A message that cannot be judged yet: it may be kept until what it needs is here. */
  pending(message: Uint8Array, from: MemberId): void;
}

export class MessageValidator {
  readonly #crypto: CryptoProvider;
  readonly #clock: { now(): number };
  readonly #source: ValidatorSource;
  /** By author, each of whom may write. */
  readonly #buckets = new Map<MemberId, TokenBucket>();

  constructor(crypto: CryptoProvider, clock: { now(): number }, source: ValidatorSource) {
    this.#crypto = crypto;
    this.#clock = clock;
    this.#source = source;
  }

  /**
   * Judges a whole group message that a linked member sent.
   * @returns `ignore` also where the message is to be judged again later.
   */
  validate(message: Uint8Array, from: MemberId): MeshVerdict {
    const source = this.#source;
    const parts = message.length <= groupMessageBytes ? decodeGroupMessage(message) : undefined;
    if (parts === undefined) return "reject";
    const [author, stream] = [memberId.from(parts.member), streamId.from(parts.stream)];
    const frontiers = source.frontiers(parts.frontier);
    // Members learn of an add, a removal or a role at different times: that is nobody's fault.
    if (!source.mayWrite(author) && frontiers.length > 0) return "ignore";
    if (source.isCut(author, stream, parts.seq)) return "ignore";
    const known = source.hashOf(stream, parts.seq);
    if (known !== undefined && equal(known, messageHash(this.#crypto, message))) return "ignore";
    if (source.mayWrite(author) && !this.#bucketOf(author).take()) return "ignore";
    const key = source.streamKey(parts);
    if (key === undefined || frontiers.length === 0) {
      source.pending(message, from);
      return "ignore";
    }
    // Two members can state one stream: that is no fault of the one that gives its messages.
    if (key.member !== author) return "ignore";
    const named = generationId.bytes(key.generation).subarray(0, parts.generation.length);
    if (!equal(named, parts.generation)) return "reject";
    return this.#isSigned(parts, frontiers, key) ? "accept" : "reject";
  }

  #isSigned(
    parts: GroupMessageParts,
    frontiers: readonly (readonly PlacedOp[])[],
    { generation, key }: StreamKey,
  ): boolean {
    const { group } = this.#source;
    return frontiers.some((heads) => {
      const ids = heads.map(({ id }) => id);
      return isSignedMessage(this.#crypto, group, generation, ids, key, parts);
    });
  }

  #bucketOf(author: MemberId): TokenBucket {
    const known = this.#buckets.get(author);
    if (known !== undefined) return known;
    // Members that were removed since leave no bucket behind.
    for (const member of this.#buckets.keys())
      if (!this.#source.mayWrite(member)) this.#buckets.delete(member);
    const [rate, burst] = [groupLimits.messagesPerSecond, groupLimits.messageBurst];
    const bucket = new TokenBucket(this.#clock, rate, burst);
    this.#buckets.set(author, bucket);
    return bucket;
  }
}
