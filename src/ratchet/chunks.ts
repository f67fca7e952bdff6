/**
 * Long values that travel in pieces inside headers: the bytes that a header carries for the
 * post-quantum ratchet, and how far a value has come on either side.
 *
 * message = nothing | have (u16) | have (u16) ‖ offset (u16) ‖ piece (1 or more)
 *
 * `have` is how many bytes of the peer's value are here, from its front and without a gap. What
 * lies behind a gap is dropped: on a link bytes come in order, so a gap is a link that broke, and
 * the sender goes round again from what it knows to be there. That needs no memory, no erasure code
 * and no timer.
 */
import { concat } from "../base/index.ts";

/** How far a value of ours has come: both count bytes from its front, `acked` ≤ `cursor`. */
export interface Outgoing {
  /** What the peer has said it has. */
  readonly acked: number;
  /** Where the next piece begins; at the end it begins at `acked` again. */
  readonly cursor: number;
}

export interface Told {
  readonly have: number;
  readonly piece: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
}

/** Bytes that one message may carry. */
export interface Room {
  /** What its frame leaves free: to use it changes nothing that an observer of the wire sees. */
  readonly free: number;
  /** What a piece may take. */
  readonly piece: number;
}

export const nothingSent: Outgoing = { acked: 0, cursor: 0 };
const EMPTY = new Uint8Array(0);

const HAVE_BYTES = 2;
/** Where the piece begins. */
export const PIECE_AT = 4;

/** The bytes of a header that only says what has come. */
export function acknowledgement(have: number, room: Room): Uint8Array {
  return have > 0 && room.free >= HAVE_BYTES ? u16(have) : EMPTY;
}

/**
 * The bytes of a header that carries the next piece of `value`, as long as the room, and the count
 * after it.
 */
export function nextPiece(
  value: Uint8Array,
  out: Outgoing,
  have: number,
  room: Room,
): { message: Uint8Array; out: Outgoing } {
  if (out.acked === value.length || room.piece <= PIECE_AT)
    return { message: acknowledgement(have, room), out };
  const offset = out.cursor < value.length ? out.cursor : out.acked;
  const cursor = Math.min(value.length, offset + room.piece - PIECE_AT);
  const message = concat(u16(have), u16(offset), value.subarray(offset, cursor));
  return { message, out: { acked: out.acked, cursor } };
}

/** What a header's bytes say; `undefined` for a length that none has. */
export function readTold(message: Uint8Array): Told | undefined {
  const { length } = message;
  if (length === 0) return { have: 0, piece: undefined };
  if (length === HAVE_BYTES) return { have: readU16(message, 0), piece: undefined };
  if (length <= PIECE_AT) return undefined;
  const bytes = message.subarray(PIECE_AT);
  return { have: readU16(message, 0), piece: { offset: readU16(message, HAVE_BYTES), bytes } };
}

/** Whether it lies within the two values, the peer's of `theirs` bytes and ours of `ours`. */
export function isWithin({ have, piece }: Told, theirs: number, ours: number): boolean {
  return have <= ours && (piece === undefined || piece.offset + piece.bytes.length <= theirs);
}

/** The count after the peer has said what it has. It never falls: messages may come late. */
export function acknowledged({ acked, cursor }: Outgoing, have: number): Outgoing {
  const most = Math.max(acked, have);
  return { acked: most, cursor: Math.max(cursor, most) };
}

/** The front of the peer's value with a piece put on, if it fits on. */
export function extended(front: Uint8Array, piece: Told["piece"]): Uint8Array {
  if (piece === undefined || piece.offset > front.length) return front;
  return concat(front, piece.bytes.subarray(front.length - piece.offset));
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
