/**
 * The order index: the lines of each conversation that are shown, one row for each rank, so that a
 * page in the order of the conversation is read without reading the conversation.
 */
import type { PositionRange } from "../../base/index.ts";
import type { RowKey, Store, StoreOp } from "../../ports/index.ts";
import { comparePositions, type Line, type Position, positionOf } from "../model/position.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

/** A line with its position in the order. */
export interface OrderedLine extends Line {
  readonly position: Position;
}

/** A line that leaves its rank, or comes to one: `undefined` for none. */
export interface Move {
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** As it is afterwards. */
  readonly line: Line;
}

const key = (ref: string, rank: number): RowKey => rowKey("order", ref, rank);

/** The lines that have a rank. */
export async function linesAt(store: Store, ref: string, rank: number): Promise<Line[]> {
  const bytes = await store.get(key(ref, rank));
  return bytes === undefined ? [] : decodeRow<Line[]>(bytes);
}

/** The operations that move lines. Requires the lock of the conversation. */
export async function moveLines(
  store: Store,
  ref: string,
  moves: readonly Move[],
): Promise<StoreOp[]> {
  const rows = new Map<number, Line[]>();
  const linesOf = async (rank: number): Promise<Line[]> => {
    const known = rows.get(rank);
    if (known !== undefined) return known;
    const lines = await linesAt(store, ref, rank);
    rows.set(rank, lines);
    return lines;
  };
  for (const { before, after, line } of moves) {
    if (before !== undefined) {
      const left = (await linesOf(before)).filter(({ at }) => at !== line.at);
      rows.set(before, left);
    }
    if (after !== undefined) {
      const others = (await linesOf(after)).filter(({ at }) => at !== line.at);
      rows.set(after, [...others, line]);
    }
  }
  return [...rows].map(([rank, lines]) =>
    lines.length > 0 ? put(key(ref, rank), encodeRow(lines)) : drop(key(ref, rank)),
  );
}

/** The operations that delete the order of a conversation. */
export async function dropOrder(store: Store, ref: string): Promise<StoreOp[]> {
  const ops: StoreOp[] = [];
  // A row that cannot be read is deleted, too; a page whose checksum is wrong names no row.
  const onDamage = ({ from, to }: PositionRange): void => {
    if (from === to) ops.push(drop(key(ref, from)));
  };
  for (const { at } of await store.list("order", ref, { onDamage })) ops.push(drop(key(ref, at)));
  return ops;
}

export interface ReadOptions {
  /** Only lines on this side of it, and not the line at it. */
  readonly beyond?: Position | undefined;
  /** Towards the oldest. */
  readonly reverse: boolean;
  readonly limit: number;
  /** Called where lines may be missing because the index is damaged. */
  readonly onDamage: () => void;
}

/** The next `limit` lines of a conversation in one direction, the nearest first. */
export async function readLines(
  store: Store,
  ref: string,
  { beyond, reverse, limit, onDamage }: ReadOptions,
): Promise<OrderedLine[]> {
  const sign = reverse ? -1 : 1;
  const rows = await store.list("order", ref, {
    ...(beyond !== undefined && { [reverse ? "to" : "from"]: beyond.rank }),
    reverse,
    // Each has a line at least, but for the one at `beyond`.
    limit: limit + 1,
    onDamage,
  });
  const found: OrderedLine[] = [];
  for (const { at: rank, value } of rows) {
    const lines = decodeRow<Line[]>(value)
      .map((line) => ({ ...line, position: positionOf(rank, line) }))
      .filter(({ position }) => !beyond || sign * comparePositions(position, beyond) > 0)
      .sort((a, b) => sign * comparePositions(a.position, b.position));
    found.push(...lines);
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}
