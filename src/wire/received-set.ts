/**
 * Which messages of a peer have arrived: everything up to a sequence, and a window of bits after
 * the first gap. Pure: each change returns a new value.
 */
import { limits } from "../base/index.ts";

/** An acknowledgement, as a content contains it (docs/WIRE.md). */
export interface Ack {
  /** Every sequence up to this one was received; 0 for none. */
  readonly upTo: number;
  /**
   * Bit i, least significant first, is set if sequence upTo + 2 + i was received; upTo + 1 was
   * not, by definition. At most `limits.ackBits` / 8 bytes, the last of them not zero.
   */
  readonly bits: Uint8Array;
  /** Every message up to this one was read by the user; 0 if that is not shared. */
  readonly readUpTo: number;
}

/** Received sequences, in the form of an `Ack`. */
export type ReceivedSet = Pick<Ack, "upTo" | "bits">;

/** Nothing received. */
export const emptySet: ReceivedSet = { upTo: 0, bits: new Uint8Array(0) };

/** The last sequence that the set can note while its first gap stays open. */
export function windowEnd(set: ReceivedSet): number {
  return set.upTo + 1 + limits.ackBits;
}

/** Whether a sequence is in the set. */
export function has(set: ReceivedSet, sequence: number): boolean {
  if (sequence <= set.upTo) return sequence >= 1;
  const bit = sequence - set.upTo - 2;
  return bit >= 0 && (((set.bits[Math.floor(bit / 8)] ?? 0) >> (bit % 8)) & 1) === 1;
}

/**
 * The set with one more sequence; the same object if the set has it already, if it is not a
 * sequence, or if it is beyond `windowEnd`: then it is not acknowledged, and the sender sends it
 * again.
 */
export function add(set: ReceivedSet, sequence: number): ReceivedSet {
  if (!Number.isSafeInteger(sequence) || sequence < 1 || sequence > windowEnd(set)) return set;
  if (has(set, sequence)) return set;
  if (sequence === set.upTo + 1) return closeGap(set);
  const bit = sequence - set.upTo - 2;
  const at = Math.floor(bit / 8);
  const bits = new Uint8Array(Math.max(set.bits.length, at + 1));
  bits.set(set.bits);
  bits[at] = (bits[at] ?? 0) | (1 << (bit % 8));
  return { upTo: set.upTo, bits };
}

/** The set after the first missing sequence arrived: the gap closes up to the next one. */
function closeGap(set: ReceivedSet): ReceivedSet {
  let upTo = set.upTo + 1;
  while (has(set, upTo + 1)) upTo++;
  // upTo + 1 is the new gap; the bits after it move down to bit 0.
  const shift = upTo - set.upTo;
  const bits = new Uint8Array(set.bits.length);
  let length = 0;
  for (let bit = shift; bit < set.bits.length * 8; bit++) {
    if (((set.bits[Math.floor(bit / 8)] ?? 0) >> (bit % 8)) % 2 === 0) continue;
    const at = Math.floor((bit - shift) / 8);
    bits[at] = (bits[at] ?? 0) | (1 << ((bit - shift) % 8));
    length = at + 1;
  }
  return { upTo, bits: bits.slice(0, length) };
}

/** The set without a gap up to `floor`: the sender no longer sends anything below it. */
export function raise(set: ReceivedSet, floor: number): ReceivedSet {
  if (!Number.isSafeInteger(floor) || floor <= set.upTo) return set;
  // Nothing beyond the window is recorded, so the set starts empty there.
  if (floor > windowEnd(set)) return { upTo: floor, bits: new Uint8Array(0) };
  let raised = set;
  for (let sequence = set.upTo + 1; sequence <= floor; sequence++) raised = add(raised, sequence);
  return raised;
}

/** The acknowledgement of a set. */
export function toAck(set: ReceivedSet, readUpTo: number): Ack {
  return { upTo: set.upTo, bits: set.bits, readUpTo };
}

/** Whether the peer acknowledges a sequence. */
export function acknowledged(ack: Ack, sequence: number): boolean {
  return has(ack, sequence);
}
