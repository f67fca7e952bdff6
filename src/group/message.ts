/** Group messages: sealed under a message key and signed (docs/SPEC.md, groups). */
import { concat, equal, labels, toHex, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider, SigningKeyPair } from "../crypto/index.ts";
import { encodeGroupHeader, type GroupMessageParts } from "../wire/index.ts";
import type { OpLog, PlacedOp } from "./causality.ts";
import {
  type GenerationId,
  type GroupId,
  generationId,
  groupId,
  type MemberId,
  memberId,
  type OpId,
  opId,
} from "./ids.ts";
import type { GroupMessageKey } from "./keys.ts";
import { inLogOrder } from "./op.ts";

/** Bytes of an operation's id that a message names. */
const PREFIX = 8;
/** Frontiers that are tried where several operations begin with one prefix. */
const MOST_FRONTIERS = 4;

/** Where a message is: its stream, its place there and what it follows. */
export interface MessagePlace {
  readonly group: GroupId;
  readonly generation: GenerationId;
  readonly member: MemberId;
  readonly slot: number;
  /** 8 bytes. */
  readonly stream: Uint8Array;
  readonly seq: number;
  /** `messageHash` of the message before, 32 bytes; zeros for the first. */
  readonly previous: Uint8Array;
  /** The heads of the log that the author knows, 1 to 16, in byte order. */
  readonly frontier: readonly OpId[];
}

/** Seals and signs a body. The nonce is random, so no machine that went back repeats one. */
export function sealMessage(
  crypto: CryptoProvider,
  place: MessagePlace,
  mk: GroupMessageKey,
  signingKey: SigningKeyPair,
  body: Uint8Array,
): Uint8Array {
  const { group, generation, member, slot, stream, seq, previous, frontier } = place;
  const nonce = crypto.random(12);
  const { key, check } = messageKeys(crypto, stream, mk);
  const header = encodeGroupHeader({
    generation: generationId.bytes(generation).subarray(0, 16),
    member: memberId.bytes(member),
    ...{ slot, stream, seq, previous, nonce, check },
    frontier: frontier.map((id) => opId.bytes(id).subarray(0, PREFIX)),
  });
  const unsigned = concat(header, crypto.seal(key, nonce, body, header));
  wipe(key);
  const claim = signatureClaim(group, generation, frontier, unsigned);
  return concat(unsigned, crypto.sign(signingKey, claim));
}

/**
 * Whether a message is signed by this key, which was stated for its generation, member and stream.
 * @param frontier whole ids that the prefixes of the message stand for: see `frontiersOf`.
 */
export function isSignedMessage(
  crypto: CryptoProvider,
  group: GroupId,
  generation: GenerationId,
  frontier: readonly OpId[],
  signingKey: Uint8Array,
  { unsigned, signature }: GroupMessageParts,
): boolean {
  return crypto.verify(
    signingKey,
    signatureClaim(group, generation, frontier, unsigned),
    signature,
  );
}

/**
 * The body of a message. The key is verified first: the cipher alone does not commit to it.
 * @returns `undefined` where the key is not the one that the author used.
 */
export function openMessage(
  crypto: CryptoProvider,
  mk: GroupMessageKey,
  { header, sealed, nonce, check, stream }: GroupMessageParts,
): Uint8Array | undefined {
  const keys = messageKeys(crypto, stream, mk);
  const body = equal(keys.check, check) ? crypto.open(keys.key, nonce, sealed, header) : undefined;
  wipe(keys.key);
  return body;
}

/** What the next message of the stream names: SHA-256(label ‖ whole message), 32 bytes. */
export function messageHash(crypto: CryptoProvider, message: Uint8Array): Uint8Array {
  return crypto.sha256(concat(utf8(labels.groupMessageHash), message));
}

/** How other messages name one: SHA-256(label ‖ member ‖ id)[0..16]. @param id 16 bytes. */
export function groupMessageId(
  crypto: CryptoProvider,
  member: MemberId,
  id: Uint8Array,
): Uint8Array {
  const named = concat(utf8(labels.groupMessageId), memberId.bytes(member), id);
  return crypto.sha256(named).slice(0, 16);
}

/**
 * The frontiers that the prefixes of a message may stand for, at most four: an author can make two
 * operations that begin alike. None where an operation is lacking.
 */
export function frontiersOf(log: OpLog, prefixes: readonly Uint8Array[]): readonly PlacedOp[][] {
  let found: PlacedOp[][] = [[]];
  for (const prefix of prefixes) {
    const fitting = [...(log.byPrefix.get(toHex(prefix)) ?? [])].sort(inLogOrder);
    found = found.flatMap((heads) => fitting.map((op) => [...heads, op])).slice(0, MOST_FRONTIERS);
  }
  return found;
}

/** HKDF(stream, mk, label, 32): the key of the cipher, and what commits to the message key. */
function messageKeys(crypto: CryptoProvider, stream: Uint8Array, mk: GroupMessageKey) {
  return {
    key: crypto.hkdf(stream, mk, utf8(labels.groupMessageKey), 32),
    check: crypto.hkdf(stream, mk, utf8(labels.groupMessageCheck), 32),
  };
}

/** label ‖ group ‖ generation ‖ n ‖ frontier ‖ everything before the signature. */
function signatureClaim(
  group: GroupId,
  generation: GenerationId,
  frontier: readonly OpId[],
  unsigned: Uint8Array,
): Uint8Array {
  return concat(
    utf8(labels.groupMessage),
    groupId.bytes(group),
    generationId.bytes(generation),
    Uint8Array.of(frontier.length),
    ...frontier.map(opId.bytes),
    unsigned,
  );
}
