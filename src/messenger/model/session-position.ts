/**
 * The positions that both sides compare before a session is resumed, in the 32-byte id of a hello
 * and its answer. They reveal a side that was restored from an older copy of its disk before a
 * single byte is sent under an old key.
 */
import { concat, equal, readU32, u64 } from "../../base/index.ts";
import type { Peer } from "./peer.ts";

/** Bytes of the session's id that stand for it: as hard to guess as any key here. */
const NAME = 16;

export interface Position {
  /** First 16 bytes of the session's id; zeros where there is none. */
  readonly session: Uint8Array;
  /** Every message of the sender's stream up to this sequence was sealed once, or abandoned. */
  readonly sealed: number;
  /** Highest sequence of the other side's stream that the sender has. */
  readonly received: number;
}

/** Where we stand with this contact. */
export function positionOf({ contact, session, outbox }: Peer): Position {
  const { conversation } = contact;
  let sealed = conversation.sequence;
  for (const entry of outbox.values())
    if (entry.sealed === undefined) sealed = Math.min(sealed, entry.sequence - 1);
  const { upTo, bits } = conversation.received;
  const last = bits.at(-1);
  const received =
    last === undefined ? upTo : upTo + 2 + 8 * (bits.length - 1) + 31 - Math.clz32(last);
  return { session: session?.id.slice(0, NAME) ?? new Uint8Array(NAME), sealed, received };
}

/** 32 bytes. */
export function encodePosition({ session, sealed, received }: Position): Uint8Array {
  return concat(session, u64(sealed), u64(received));
}

/** @param bytes 32 bytes. Numbers that no count reaches come out beyond every count. */
export function decodePosition(bytes: Uint8Array): Position {
  const count = (at: number): number => readU32(bytes, at) * 2 ** 32 + readU32(bytes, at + 4);
  return { session: bytes.slice(0, NAME), sealed: count(NAME), received: count(NAME + 8) };
}

/**
 * Whether the other side has messages of ours that we know nothing of: our disk is an older copy.
 */
export function fellBehind(ours: Position, theirs: Position): boolean {
  return theirs.received > ours.sealed;
}

/** Whether the two may go on where they stopped: the same session, and neither side fell behind. */
export function resumable(ours: Position, theirs: Position): boolean {
  return (
    equal(ours.session, theirs.session) && !fellBehind(ours, theirs) && !fellBehind(theirs, ours)
  );
}
