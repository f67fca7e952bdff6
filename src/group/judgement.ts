/**
 * What the operations of a log amount to while some of them are invalidated: each operation is
 * judged by its own past, so the result does not depend on the order of arrival.
 *
 * Three things are granted and ended in one way: membership, a role, and the right to write. A
 * grant holds unless an end counts that does not lie in the grant's past. So a removal beats a
 * concurrent add, and a new add counts only if it was made in knowledge of the removal.
 */
import { never, toHex, utf8 } from "../base/index.ts";
import { type PlacedOp, precedes, type StatedEntry } from "./causality.ts";
import type { LinkId, MemberId, OpId } from "./ids.ts";
import { groupLimits } from "./limits.ts";
import { compareText, type Entry, inLogOrder, type Setting, settingFields } from "./op.ts";
import { compareRanks, isSenior, type Rank } from "./rank.ts";

/** Which operations a question regards: those in the past of an operation, or all. */
export type Past = (op: PlacedOp) => boolean;

/** All operations of the log. */
export const everything: Past = () => true;

/** What can be granted to a member, and ended. */
type Right = "membership" | "role" | "writing";

interface Grant {
  readonly op: PlacedOp;
  readonly rank: Rank;
}

interface End {
  readonly op: PlacedOp;
  readonly rights: readonly Right[];
}

/** An operation that takes something from its targets, with the rank of its author. */
export interface Restriction {
  readonly op: PlacedOp;
  /** `undefined`: a member without a role, who can only leave. */
  readonly rank: Rank | undefined;
  /** Those whose concurrent operations it invalidates. */
  readonly targets: readonly MemberId[];
}

/** An operation that does not count, or for an add with several entries, one of its entries. */
export type Invalidated = ReadonlySet<string>;

/** The name of one entry of an add among the invalidated. */
export const entryOf = (op: OpId, member: MemberId): string => `${op} ${member}`;

interface Link {
  readonly op: PlacedOp;
  readonly ends: PlacedOp[];
  readonly members: Set<MemberId>;
}

export interface Judgement {
  /** The operations that have an effect. */
  readonly effective: ReadonlySet<OpId>;
  readonly restrictions: readonly Restriction[];
  /** Every account that an effective operation names. */
  readonly named: ReadonlyMap<MemberId, readonly StatedEntry[]>;
  isMember(member: MemberId, past: Past): boolean;
  mayWrite(member: MemberId, past: Past): boolean;
  /** The rank of a member with a role; an owner is the one whose rank is the most senior. */
  rankOf(member: MemberId, past: Past): Rank | undefined;
  ownerOf(past: Past): MemberId | undefined;
  /** The operation that holds for a field of the settings, with its value. */
  setting(
    field: number,
    past: Past,
  ): { readonly op: PlacedOp; readonly value: Uint8Array } | undefined;
  /** Whether an invitation link of this admin still admits people. */
  linkIsOpen(author: MemberId, link: LinkId, past: Past): boolean;
}

const ALL: readonly Right[] = ["membership", "role", "writing"];

/**
 * Judges operations in log order (`inLogOrder`), the invalidated ones left out.
 */
export function judge(list: readonly PlacedOp[], invalidated: Invalidated): Judgement {
  const grants: Record<Right, Map<MemberId, Grant[]>> = {
    membership: new Map(),
    role: new Map(),
    writing: new Map(),
  };
  const ends = new Map<MemberId, End[]>();
  const named = new Map<MemberId, StatedEntry[]>();
  const settings = new Map<number, { op: PlacedOp; value: Uint8Array }[]>();
  const links = new Map<string, Link>();
  const consents = new Map<string, PlacedOp[]>();
  const effective = new Set<OpId>();
  const restrictions: Restriction[] = [];
  let founder: MemberId | undefined;

  const holds = (right: Right, member: MemberId, grant: Grant, past: Past): boolean =>
    past(grant.op) &&
    !(ends.get(member) ?? []).some(
      (end) => end.rights.includes(right) && past(end.op) && !precedes(end.op, grant.op),
    );
  const has = (right: Right, member: MemberId, past: Past): boolean =>
    (grants[right].get(member) ?? []).some((grant) => holds(right, member, grant, past));
  const isMember = (member: MemberId, past: Past) => has("membership", member, past);
  const mayWrite = (member: MemberId, past: Past) =>
    isMember(member, past) && has("writing", member, past);

  const grantedRank = (member: MemberId, past: Past): Rank | undefined => {
    if (!isMember(member, past)) return undefined;
    let best: Rank | undefined;
    for (const grant of grants.role.get(member) ?? [])
      if (holds("role", member, grant, past) && (best === undefined || isSenior(grant.rank, best)))
        best = grant.rank;
    return best;
  };

  /** Where no member has a role, the one that was added first has the rank of its add. */
  const successor = (past: Past): { member: MemberId; rank: Rank } | undefined => {
    // A role of the founder ends by leaving alone: nobody is senior to it.
    if (founder === undefined || grantedRank(founder, past) !== undefined) return undefined;
    for (const member of grants.role.keys())
      if (grantedRank(member, past) !== undefined) return undefined;
    let first: { member: MemberId; op: PlacedOp } | undefined;
    for (const [member, adds] of grants.membership)
      for (const grant of adds)
        if (
          holds("membership", member, grant, past) &&
          (first === undefined || isBefore(grant.op, member, first))
        )
          first = { member, op: grant.op };
    return first && { member: first.member, rank: [first.op] };
  };
  const rankOf = (member: MemberId, past: Past): Rank | undefined => {
    const granted = grantedRank(member, past);
    if (granted !== undefined) return granted;
    const next = isMember(member, past) ? successor(past) : undefined;
    return next?.member === member ? next.rank : undefined;
  };
  const ownerOf = (past: Past): MemberId | undefined => {
    let owner: { member: MemberId; rank: Rank } | undefined;
    for (const member of grants.role.keys()) {
      const rank = grantedRank(member, past);
      if (rank !== undefined && (owner === undefined || compareRanks(rank, owner.rank) < 0))
        owner = { member, rank };
    }
    return (owner ?? successor(past))?.member;
  };

  const leavingOf = (member: MemberId, past: Past): Restriction | undefined =>
    restrictions.findLast(
      ({ op }) => op.action.kind === "leave" && op.author === member && past(op),
    );

  const setting = (field: number, past: Past) =>
    // The list is in log order, so the last one in the past is the greatest.
    settings.get(field)?.findLast((set) => past(set.op));

  const linkIsOpen = (author: MemberId, id: LinkId, past: Past): boolean => {
    const link = links.get(linkName(author, id));
    if (link === undefined || !past(link.op) || link.ends.some(past)) return false;
    for (const member of link.members)
      if ((ends.get(member) ?? []).some((end) => removes(end.op) && past(end.op))) return false;
    return true;
  };

  const grant = (right: Right, member: MemberId, op: PlacedOp, rank: Rank = []): void =>
    append(grants[right], member, { op, rank });
  const end = (member: MemberId, op: PlacedOp, rights: readonly Right[]): void =>
    append(ends, member, { op, rights });
  const set = (op: PlacedOp, { field, value }: Setting): void =>
    append(settings, field, { op, value });

  const admit = (op: PlacedOp, entry: Entry, mayAlsoWrite: boolean): void => {
    append(named, entry.member, { op, entry });
    grant("membership", entry.member, op);
    if (mayAlsoWrite) grant("writing", entry.member, op);
  };

  /** Whether the entry of an add counts if there is room: its consent is new and its id free. */
  const admissible = (op: PlacedOp, entry: Entry, past: Past): boolean => {
    if (invalidated.has(entryOf(op.id, entry.member))) return false;
    if ((consents.get(consentOf(entry)) ?? []).some(past)) return false;
    const holder = named.get(entry.member)?.find((known) => past(known.op));
    return holder === undefined || holder.entry.account === entry.account;
  };
  /** The entries of an add that count: each new member among them takes one of the places left. */
  const admissibleOf = (op: PlacedOp, all: readonly Entry[], past: Past): readonly Entry[] => {
    const joining = new Set<MemberId>();
    return all.filter((entry) => {
      if (!admissible(op, entry, past)) return false;
      if (isMember(entry.member, past) || joining.has(entry.member)) return true;
      if (!hasRoom("membership", groupLimits.members - joining.size, past)) return false;
      joining.add(entry.member);
      return true;
    });
  };
  const hasRoom = (right: "membership" | "role", most: number, past: Past): boolean => {
    if (grants[right].size < most) return true;
    let held = 0;
    for (const member of grants[right].keys())
      if (isMember(member, past) && has(right, member, past)) held++;
    return held < most;
  };

  /** Whether the operation counts; its effects are recorded if so. */
  function apply(op: PlacedOp): boolean {
    const past: Past = (other) => precedes(other, op);
    const { author, action } = op;
    if (action.kind === "create") {
      founder = author;
      admit(op, action.founder, true);
      grant("role", author, op);
      set(op, { field: settingFields.name, value: utf8(action.name) });
      for (const value of action.settings) set(op, value);
      return true;
    }
    if (!isMember(author, past)) return false;
    if (action.kind === "leave") {
      restrictions.push({ op, rank: rankOf(author, past), targets: [] });
      end(author, op, ALL);
      return true;
    }
    if (action.kind === "renew") {
      const before = newestEntry(named.get(author) ?? [], past);
      if (before !== undefined && before.createdAt >= action.entry.createdAt) return false;
      append(named, author, { op, entry: action.entry });
      return true;
    }
    const rank = rankOf(author, past);
    if (rank === undefined || !applyAs(op, rank, past)) return false;
    // By acting, who took over without a grant keeps the role, also beside those it promotes.
    if (grantedRank(author, past) === undefined) grant("role", author, op, rank);
    return true;
  }

  /** What only a member with a role can do. */
  function applyAs(op: PlacedOp, rank: Rank, past: Past): boolean {
    const { author, action } = op;
    switch (action.kind) {
      case "add": {
        const { link } = action;
        if (link !== undefined && !linkIsOpen(author, link, past)) return false;
        const entries = admissibleOf(op, action.entries, past);
        for (const entry of entries) {
          admit(op, entry, action.role === "member");
          if (link !== undefined) links.get(linkName(author, link))?.members.add(entry.member);
        }
        return entries.length > 0;
      }
      case "remove": {
        const targets = action.targets.filter((target) => {
          if (target === author) return false;
          if (isMember(target, past)) return isSenior(rank, rankOf(target, past));
          // One that left can still act on parents from before, with the rank that it had then.
          const left = leavingOf(target, past);
          return left !== undefined && isSenior(rank, left.rank);
        });
        for (const target of targets) end(target, op, ALL);
        if (targets.length > 0) restrictions.push({ op, rank, targets });
        return targets.length > 0;
      }
      case "role":
        return applyRole(op, action.target, action.role, rank, past);
      case "set":
        set(op, action);
        return true;
      case "invite": {
        const name = linkName(author, action.link);
        const allowed = setting(settingFields.links, past)?.value[0] !== 0;
        if (!allowed || links.has(name)) return false;
        links.set(name, { op, ends: [], members: new Set() });
        return true;
      }
      case "revoke": {
        let found = false;
        for (const [name, link] of links)
          if (name.endsWith(action.link) && past(link.op)) {
            link.ends.push(op);
            found = true;
          }
        return found;
      }
      case "dissolve":
        if (ownerOf(past) !== author) return false;
        restrictions.push({ op, rank, targets: [] });
        return true;
      case "newer":
        return false;
      case "create":
      case "leave":
      case "renew":
        return false; // judged before: these need no role
      default:
        return never(action);
    }
  }

  function applyRole(
    op: PlacedOp,
    target: MemberId,
    role: "admin" | "member" | "reader",
    rank: Rank,
    past: Past,
  ): boolean {
    if (target === op.author || !isMember(target, past)) return false;
    const theirs = grantedRank(target, past);
    const writes = mayWrite(target, past);
    switch (role) {
      case "admin":
        if (theirs !== undefined || !hasRoom("role", groupLimits.admins, past)) return false;
        grant("role", target, op, [...rank, op]);
        if (!writes) grant("writing", target, op);
        return true;
      case "member":
        if (theirs === undefined) {
          if (!writes) grant("writing", target, op);
          return !writes;
        }
        break;
      case "reader":
        if (theirs === undefined && !writes) return false;
        break;
      default:
        return never(role);
    }
    if (!isSenior(rank, theirs)) return false;
    end(target, op, role === "reader" ? ["role", "writing"] : ["role"]);
    restrictions.push({ op, rank, targets: [target] });
    return true;
  }

  for (const op of list) {
    if (!invalidated.has(op.id) && apply(op)) effective.add(op.id);
    // A consent is used up also by an add that does not count.
    if (op.action.kind === "add")
      for (const entry of op.action.entries) append(consents, consentOf(entry), op);
  }

  return {
    effective,
    restrictions,
    named,
    isMember,
    mayWrite,
    rankOf,
    ownerOf,
    setting,
    linkIsOpen,
  };
}

/**
 * The entry with the newest certificate among those of one account, whatever the order of the list;
 * of several with one certificate the last one in log order, as of a member that came back.
 */
export function newestEntry(entries: readonly StatedEntry[], past: Past): Entry | undefined {
  let newest: StatedEntry | undefined;
  for (const stated of entries)
    if (past(stated.op) && (newest === undefined || isNewer(stated, newest))) newest = stated;
  return newest?.entry;
}

function isNewer(one: StatedEntry, other: StatedEntry): boolean {
  const difference = one.entry.createdAt - other.entry.createdAt;
  return (difference || inLogOrder(one.op, other.op)) > 0;
}

const linkName = (author: MemberId, link: LinkId): string => `${author} ${link}`;
const consentOf = ({ member, consent }: Entry): string =>
  consent === undefined ? member : toHex(consent);
const removes = (op: PlacedOp): boolean => op.action.kind === "remove";

function isBefore(op: PlacedOp, member: MemberId, other: { member: MemberId; op: PlacedOp }) {
  return (inLogOrder(op, other.op) || compareText(member, other.member)) < 0;
}

function append<Name, Value>(lists: Map<Name, Value[]>, name: Name, value: Value): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [value]);
  else list.push(value);
}
