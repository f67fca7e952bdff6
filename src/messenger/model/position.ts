/**
 * Where a line is in the order of its conversation (docs/SPEC.md §8, Order): by its rank, which is
 * its Lamport value, then by its tie. What is not sealed yet comes last, in the order in which it
 * was written; what will never be sealed stays after what it was written after. Pure.
 */
import { limits, type MessageId, messageId, SottoError, toHex } from "../../base/index.ts";
import { PENDING } from "./order.ts";

export interface Position {
  /** Below 2^53. */
  readonly rank: number;
  /** Compares as text with others of the same rank. */
  readonly tie: string;
}

/** A line in the row of its rank (state/order-index.ts). */
export interface Line {
  /** Its position by arrival. */
  readonly at: number;
  readonly id: MessageId;
  /** A message of ours that has no Lamport value. */
  readonly local?: true;
}

/** What of a stored message decides where it is. */
interface Placed {
  readonly id: MessageId;
  readonly lamport: number;
  /** The Lamport value after which it stays, where it has none. */
  readonly after?: number;
  readonly hidden?: true;
}

/** Digits of a rank and of a position by arrival in hex. */
const DIGITS = 14;
/** Sorts after every digit: a local line comes after those whose value is its rank. */
const LOCAL = "~";

/** The rank of a message that is shown. */
export function rankOfShown(
  { lamport, after }: Pick<Placed, "lamport" | "after">,
  at: number,
): number {
  return lamport === PENDING ? (after ?? limits.lamport + at) : lamport;
}

/** The rank of a message; `undefined` where it is not shown. */
export function rankOf(
  row: Pick<Placed, "hidden" | "lamport" | "after">,
  at: number,
): number | undefined {
  return row.hidden ? undefined : rankOfShown(row, at);
}

/** The line of a row. */
export function lineOf({ id, lamport }: Pick<Placed, "id" | "lamport">, at: number): Line {
  return { at, id, ...(lamport === PENDING && { local: true }) };
}

export function positionOf(rank: number, { at, id, local }: Line): Position {
  const tie = local ? LOCAL + hex(at) : toHex(messageId.bytes(id));
  return { rank, tie };
}

/** Negative where `a` comes before `b`. */
export function comparePositions(a: Position, b: Position): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.tie < b.tie ? -1 : Number(a.tie > b.tie);
}

/** The position as text. Texts compare as the positions do. */
export function encodePosition({ rank, tie }: Position): string {
  return `${hex(rank)}.${tie}`;
}

const ENCODED = /^([0-9a-f]{14})\.([0-9a-f]{32}|~[0-9a-f]{14})$/;

/** Throws `cursor-unknown` where the text is no position. */
export function decodePosition(text: string): Position {
  const [, rank, tie] = ENCODED.exec(text) ?? [];
  const value = Number.parseInt(rank ?? "", 16);
  if (tie === undefined || !Number.isSafeInteger(value))
    throw new SottoError("cursor-unknown", "This is no position in a conversation.");
  return { rank: value, tie };
}

function hex(value: number): string {
  return value.toString(16).padStart(DIGITS, "0");
}
