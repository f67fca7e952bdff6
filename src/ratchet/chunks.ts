/**
 * Long values that are sent in pieces inside headers: the bytes that a header carries for the
 * post-quantum ratchet, and how much of a value has arrived on either side.
 *
 * message = nothing | have (u16) | have (u16) ‖ offset (u16) ‖ piece (1 or more)
 *
 * `have` counts the bytes of the peer's value that have arrived, from its start and without a gap.
 * What follows a gap is dropped: on a link bytes arrive in order, so a gap means that a link broke,
 * and the sender starts again from what it knows to have arrived. That needs no memory, no erasure
 * code and no timer.
 */
import { concat } from "../base/index.ts";

/** How much of a value was sent: both count bytes from its start, `acked` ≤ `cursor`. */
export interface Outgoing {
  /** What the peer has acknowledged. */
  readonly acked: number;
  /** Where the next piece begins; after the last piece, at `acked` again. */
  readonly cursor: number;
}

/** What a header carries. */
export interface KemMessage {
  readonly have: number;
  readonly piece: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
}

/** How many bytes one message may carry. */
export interface Capacity {
  /** What its frame leaves free. To use it changes nothing that an observer of the wire sees. */
  readonly free: number;
  /** The bytes of a header with a piece, at most. */
  readonly piece: number;
}

export const nothingSent: Outgoing = { acked: 0, cursor: 0 };
const EMPTY = new Uint8Array(0);

const HAVE_BYTES = 2;
/** Where the piece begins. */
export const PIECE_AT = 4;

/** The bytes of a header that only acknowledges. */
export function acknowledgement(have: number, capacity: Capacity): Uint8Array {
  return have > 0 && capacity.free >= HAVE_BYTES ? u16(have) : EMPTY;
}

/**
 * The bytes of a header that carries the next piece of `value`, up to the capacity, and the count
 * after it.
 */
export function nextPiece(
  value: Uint8Array,
  out: Outgoing,
  have: number,
  capacity: Capacity,
): { message: Uint8Array; out: Outgoing } {
  if (out.acked === value.length || capacity.piece <= PIECE_AT)
    return { message: acknowledgement(have, capacity), out };
  const offset = out.cursor < value.length ? out.cursor : out.acked;
  const cursor = Math.min(value.length, offset + capacity.piece - PIECE_AT);
  const message = concat(u16(have), u16(offset), value.subarray(offset, cursor));
  return { message, out: { acked: out.acked, cursor } };
}

/** Decodes a header's bytes; `undefined` for an impossible length. */
export function readKemMessage(message: Uint8Array): KemMessage | undefined {
  const { length } = message;
  if (length === 0) return { have: 0, piece: undefined };
  if (length === HAVE_BYTES) return { have: readU16(message, 0), piece: undefined };
  if (length <= PIECE_AT) return undefined;
  const bytes = message.subarray(PIECE_AT);
  return { have: readU16(message, 0), piece: { offset: readU16(message, HAVE_BYTES), bytes } };
}

/** Whether it is within the two values, the peer's of `theirs` bytes and ours of `ours`. */
export function isWithin({ have, piece }: KemMessage, theirs: number, ours: number): boolean {
  return have <= ours && (piece === undefined || piece.offset + piece.bytes.length <= theirs);
}

/** The count after an acknowledgement. It never falls, since messages may arrive late. */
export function acknowledged({ acked, cursor }: Outgoing, have: number): Outgoing {
  const most = Math.max(acked, have);
  return { acked: most, cursor: Math.max(cursor, most) };
}

/** The start of the peer's value with a piece appended, if the piece continues it. */
export function extended(front: Uint8Array, piece: KemMessage["piece"]): Uint8Array {
  if (piece === undefined || piece.offset > front.length) return front;
  return concat(front, piece.bytes.subarray(front.length - piece.offset));
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
