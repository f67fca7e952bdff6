/**
 * The state of a group as a pure function of the set of operations: every member that has the same
 * operations has the same members, roles and settings, in whatever order they arrived
 * (docs/SPEC.md, groups).
 *
 * Only a senior can restrict. A restriction invalidates what its targets did without knowing of it,
 * unless its author had seen that. Restrictions are settled from the most senior on, and a settled
 * one is never undone, so the loop ends after as many rounds as there are restrictions at most.
 */
import type { OpLog, PlacedOp } from "./causality.ts";
import { precedes, reaches } from "./causality.ts";
import type { MemberId, OpId } from "./ids.ts";
import {
  entryOf,
  everything,
  type Judgement,
  judge,
  newestEntry,
  type Past,
  type Restriction,
} from "./judgement.ts";
import { type Cut, type Entry, inLogOrder, type Op, settingFields } from "./op.ts";
import { compareRanks } from "./rank.ts";

export type Role = "owner" | "admin" | "member" | "reader";

export interface Member {
  /** From the newest certificate of the account. */
  readonly entry: Entry;
  readonly role: Role;
}

/** A restriction of a member, with the last messages of theirs that count. */
export interface Cutoff {
  readonly op: OpId;
  readonly cuts: readonly Cut[];
}

export interface GroupState {
  readonly members: ReadonlyMap<MemberId, Member>;
  /** The value of each field of the settings that was set. */
  readonly settings: ReadonlyMap<number, Uint8Array>;
  readonly dissolved: boolean;
  /** The operations that have an effect. */
  readonly effective: ReadonlySet<OpId>;
  /** By member: the removals and demotions to reader that count. */
  readonly cutoffs: ReadonlyMap<MemberId, readonly Cutoff[]>;
  /** The judgement that questions about an earlier frontier are asked. */
  readonly judgement: Judgement;
}

/** The state of all operations of a log. */
export function replay(log: OpLog): GroupState {
  const list = [...log.ops.values()].sort(inLogOrder);
  const invalidated = new Set<string>();
  const settled = new Set<OpId>();
  for (;;) {
    const judgement = judge(list, invalidated);
    const open = judgement.restrictions.filter(({ op }) => !settled.has(op.id));
    const found = settle(open.sort(bySeniority), list, log, judgement, settled, invalidated);
    if (!found) return stateOf(judgement, list);
  }
}

/**
 * Settles restrictions in their order up to the first one that invalidates something: then the
 * others have to be judged again.
 */
function settle(
  open: readonly Restriction[],
  list: readonly PlacedOp[],
  log: OpLog,
  judgement: Judgement,
  settled: Set<OpId>,
  invalidated: Set<string>,
): boolean {
  for (const restriction of open) {
    settled.add(restriction.op.id);
    const before = invalidated.size;
    for (const name of victims(restriction, list, log, judgement))
      if (!settled.has(name as OpId)) invalidated.add(name);
    if (invalidated.size > before) return true;
  }
  return false;
}

function bySeniority(a: Restriction, b: Restriction): number {
  const byRank =
    a.rank === undefined || b.rank === undefined
      ? Number(a.rank === undefined) - Number(b.rank === undefined)
      : compareRanks(a.rank, b.rank);
  return byRank || inLogOrder(a.op, b.op);
}

/** The operations, and entries of adds, that a restriction invalidates. */
function* victims(
  { op: restriction, targets }: Restriction,
  list: readonly PlacedOp[],
  log: OpLog,
  { restrictions }: Judgement,
): Iterable<string> {
  const { action } = restriction;
  if (action.kind === "leave") return;
  const seen = seenBy(restriction, log);
  const lowering = new Set(restrictions.map(({ op }) => op.id));
  for (const op of list) {
    if (op.id === restriction.id || op.action.kind === "create" || seen(op)) continue;
    if (action.kind === "dissolve") {
      yield op.id;
      continue;
    }
    // An operation that knows of the restriction is judged by what it knows.
    if (precedes(restriction, op)) continue;
    const { kind } = op.action;
    if (targets.includes(op.author)) {
      if (kind !== "leave" && (kind !== "renew" || action.kind !== "role")) yield op.id;
    } else if (kind === "role") {
      if (targets.includes(op.action.target) && !lowering.has(op.id)) yield op.id;
    } else if (kind === "add" && action.kind === "remove") {
      for (const { member } of op.action.entries)
        if (targets.includes(member)) yield entryOf(op.id, member);
    }
  }
}

/**
 * Which operations the author of a restriction had seen and leaves valid. `asOf` of a removal
 * counts only where it names operations in the removal's past: others could come and go.
 */
function seenBy(restriction: PlacedOp, log: OpLog): Past {
  const { action } = restriction;
  const asOf = action.kind === "remove" ? action.asOf : undefined;
  const heads = asOf
    ?.map((id) => log.ops.get(id))
    .filter((head) => head !== undefined && precedes(head, restriction)) as PlacedOp[] | undefined;
  return (op) => precedes(op, restriction) && (heads === undefined || reaches(heads, op));
}

function stateOf(judgement: Judgement, list: readonly PlacedOp[]): GroupState {
  const { named, effective } = judgement;
  const owner = judgement.ownerOf(everything);
  const members = new Map<MemberId, Member>();
  for (const [member, entries] of named) {
    const entry = newestEntry(entries, everything);
    if (entry !== undefined && judgement.isMember(member, everything))
      members.set(member, { entry, role: roleOf(judgement, member, owner) });
  }
  const settings = new Map<number, Uint8Array>();
  const cutoffs = new Map<MemberId, Cutoff[]>();
  let dissolved = false;
  for (const { op, targets } of judgement.restrictions) {
    const { id, action } = op;
    if (action.kind === "dissolve") dissolved = true;
    if (action.kind !== "remove" && (action.kind !== "role" || action.role !== "reader")) continue;
    for (const target of targets) {
      const cuts = action.cuts.filter((cut) => cut.member === target);
      cutoffs.set(target, [...(cutoffs.get(target) ?? []), { op: id, cuts }]);
    }
  }
  for (const op of list)
    for (const field of fieldsSetBy(op)) {
      const holding = judgement.setting(field, everything);
      if (holding !== undefined) settings.set(field, holding.value);
    }
  return { members, settings, dissolved, effective, cutoffs, judgement };
}

function fieldsSetBy({ action }: Op): number[] {
  if (action.kind === "set") return [action.field];
  return action.kind === "create"
    ? [settingFields.name, ...action.settings.map(({ field }) => field)]
    : [];
}

function roleOf(judgement: Judgement, member: MemberId, owner: MemberId | undefined): Role {
  if (member === owner) return "owner";
  if (judgement.rankOf(member, everything) !== undefined) return "admin";
  return judgement.mayWrite(member, everything) ? "member" : "reader";
}
