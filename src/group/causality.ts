/**
 * Which operation is in the past of which: one look-up, whatever the size of the log.
 *
 * The operations of one author form a chain while each has the one before it in its past; an
 * operation that lacks the last one of every chain of its author begins another chain (a restored
 * disk, or a member that states two things at once). With each operation it is kept how many of
 * each chain are in its past.
 */
import type { MemberId, OpId } from "./ids.ts";
import { type Entry, entriesIn, type Op } from "./op.ts";

/** Characters of an operation's id that a message names it by. */
const PREFIX = 16;

/** An operation with its place among the others of its log. */
export interface PlacedOp extends Op {
  /** Its chain, and how many of that chain are before it. */
  readonly chain: number;
  readonly index: number;
  /** How many of each chain are in its past. */
  readonly seen: readonly number[];
  /** How many operations of its author are in its past. */
  readonly ownBefore: number;
}

/** The lengths of all chains, and which are whose. */
interface Chains {
  readonly lengths: number[];
  readonly byAuthor: Map<MemberId, number[]>;
}

/** The operations of one group whose parents are all present. */
export interface OpLog {
  readonly ops: Map<OpId, PlacedOp>;
  /** The operations by the first 8 bytes of their ids, as hex: what messages name. */
  readonly byPrefix: Map<string, PlacedOp[]>;
  /** Operations that are no parent of another one. */
  readonly heads: Set<OpId>;
  /** What operations state about each account, whether they count or not. */
  readonly entries: Map<MemberId, StatedEntry[]>;
  readonly chains: Chains;
}

/** An entry with the operation that has it. */
export interface StatedEntry {
  readonly op: PlacedOp;
  readonly entry: Entry;
}

/** A log without operations. */
export function emptyLog(): OpLog {
  return {
    ops: new Map(),
    byPrefix: new Map(),
    heads: new Set(),
    entries: new Map(),
    chains: { lengths: [], byAuthor: new Map() },
  };
}

/** The parents of an operation that the log does not have. */
export function missingParents(log: OpLog, op: Pick<Op, "parents">): OpId[] {
  return op.parents.filter((parent) => !log.ops.has(parent));
}

/**
 * The past of an operation that may be added: what its form requires of it and of its parents.
 * @returns `undefined` where a parent is missing, the depth is not one more than the deepest
 * parent's, or a second create operation is given.
 */
export function pastOf(log: OpLog, op: Op): Pick<PlacedOp, "seen" | "ownBefore"> | undefined {
  const parents: PlacedOp[] = [];
  for (const id of op.parents) {
    const parent = log.ops.get(id);
    if (parent === undefined) return undefined;
    parents.push(parent);
  }
  const depth = parents.length === 0 ? 0 : 1 + Math.max(...parents.map((parent) => parent.depth));
  const first = op.action.kind === "create";
  if (op.depth !== depth || first !== (parents.length === 0)) return undefined;
  if (first && log.ops.size > 0 && !log.ops.has(op.id)) return undefined;
  const seen = seenBy(parents);
  const chains = log.chains.byAuthor.get(op.author) ?? [];
  return { seen, ownBefore: chains.reduce((sum, chain) => sum + (seen[chain] ?? 0), 0) };
}

/** Adds an operation. Throws a RangeError where `pastOf` finds none for it. */
export function place(log: OpLog, op: Op): PlacedOp {
  const known = log.ops.get(op.id);
  if (known !== undefined) return known;
  const past = pastOf(log, op);
  if (past === undefined) throw new RangeError("the operation does not fit its parents");
  const { lengths, byAuthor } = log.chains;
  const own = byAuthor.get(op.author) ?? [];
  let chain = own.find((candidate) => (past.seen[candidate] ?? 0) === lengths[candidate]);
  if (chain === undefined) {
    chain = lengths.length;
    lengths.push(0);
    byAuthor.set(op.author, [...own, chain]);
  }
  const index = lengths[chain] as number;
  lengths[chain] = index + 1;
  const placed = { ...op, chain, index, ...past };
  log.ops.set(op.id, placed);
  const prefix = op.id.slice(0, PREFIX);
  log.byPrefix.set(prefix, [...(log.byPrefix.get(prefix) ?? []), placed]);
  for (const parent of op.parents) log.heads.delete(parent);
  log.heads.add(op.id);
  for (const entry of entriesIn(op))
    log.entries.set(entry.member, [
      ...(log.entries.get(entry.member) ?? []),
      { op: placed, entry },
    ]);
  return placed;
}

/** Whether `x` is in the past of `o`; no operation is in its own past. */
export function precedes(x: PlacedOp, o: PlacedOp): boolean {
  return (o.seen[x.chain] ?? 0) > x.index;
}

/** Whether `x` is one of the heads or in the past of one. */
export function reaches(heads: readonly PlacedOp[], x: PlacedOp): boolean {
  return heads.some((head) => head.id === x.id || precedes(x, head));
}

/** How many of each chain are parents or in the past of one. Not copied where a parent's fits. */
function seenBy(parents: readonly PlacedOp[]): readonly number[] {
  const [only] = parents;
  const seen = only === undefined ? [] : [...only.seen];
  for (const parent of parents) {
    if (parent !== only)
      for (let chain = 0; chain < parent.seen.length; chain++)
        raise(seen, chain, parent.seen[chain] ?? 0);
    raise(seen, parent.chain, parent.index + 1);
  }
  return seen;
}

function raise(seen: number[], chain: number, least: number): void {
  while (seen.length <= chain) seen.push(0);
  if ((seen[chain] as number) < least) seen[chain] = least;
}
