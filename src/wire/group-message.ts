/** The header of a group message as bytes (docs/WIRE.md, groups). */
import { concat, readU32, u32 } from "../base/index.ts";
import { groupHeads } from "./group-op.ts";

const VERSION = 1;
const PREFIX = 8;
const TAG = 16;
const SIGNATURE = 64;
/** Up to the frontier: version, generation, member, slot, stream, seq, previous, nonce, check. */
const FIXED = 1 + 16 + 16 + 1 + 8 + 4 + 32 + 12 + 32;

export interface GroupMessageHeader {
  /** First 16 bytes of the generation's id. */
  readonly generation: Uint8Array;
  /** Member id of the author, 16 bytes. */
  readonly member: Uint8Array;
  /** Device of the author; 0 in this version. */
  readonly slot: number;
  /** 8 bytes. */
  readonly stream: Uint8Array;
  /** Place in the stream, from 1. */
  readonly seq: number;
  /** Hash of the stream's message before, 32 bytes; zeros for the first. */
  readonly previous: Uint8Array;
  /** Random, 12 bytes. */
  readonly nonce: Uint8Array;
  /** What commits to the message key, 32 bytes. */
  readonly check: Uint8Array;
  /** First 8 bytes of each head of the membership log that the author knew: 1 to 16. */
  readonly frontier: readonly Uint8Array[];
}

/** A group message in its parts, which are views of the bytes. */
export interface GroupMessageParts extends GroupMessageHeader {
  /** Everything before the sealed body: its associated data. */
  readonly header: Uint8Array;
  /** Ciphertext and tag. */
  readonly sealed: Uint8Array;
  /** Everything before the signature. */
  readonly unsigned: Uint8Array;
  readonly signature: Uint8Array;
}

/** The bytes of a header. Throws a RangeError where a field has another length. */
export function encodeGroupHeader(header: GroupMessageHeader): Uint8Array {
  const { generation, member, slot, stream, seq, previous, nonce, check, frontier } = header;
  const bytes = concat(
    Uint8Array.of(VERSION),
    generation,
    member,
    Uint8Array.of(slot),
    stream,
    u32(seq),
    previous,
    nonce,
    check,
    Uint8Array.of(frontier.length),
    ...frontier,
  );
  const fits = frontier.length >= 1 && frontier.length <= groupHeads;
  if (!fits || bytes.length !== FIXED + 1 + PREFIX * frontier.length)
    throw new RangeError("a field of a group message has a wrong length");
  return bytes;
}

/** The parts of a group message, or `undefined`. */
export function decodeGroupMessage(bytes: Uint8Array): GroupMessageParts | undefined {
  const count = bytes[FIXED];
  if (bytes[0] !== VERSION || count === undefined) return undefined;
  if (count < 1 || count > groupHeads) return undefined;
  const body = FIXED + 1 + PREFIX * count;
  const end = bytes.length - SIGNATURE;
  if (end < body + TAG) return undefined;
  let at = 1;
  const take = (length: number): Uint8Array => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const [generation, member] = [take(16), take(16)];
  const slot = take(1)[0] as number;
  const stream = take(8);
  const seq = readU32(take(4));
  const [previous, nonce, check] = [take(32), take(12), take(32)];
  if (seq === 0) return undefined;
  const frontier = Array.from({ length: count }, (_, i) =>
    bytes.subarray(FIXED + 1 + PREFIX * i, FIXED + 1 + PREFIX * (i + 1)),
  );
  return {
    ...{ generation, member, slot, stream, seq, previous, nonce, check, frontier },
    header: bytes.subarray(0, body),
    sealed: bytes.subarray(body, end),
    unsigned: bytes.subarray(0, end),
    signature: bytes.subarray(end),
  };
}
