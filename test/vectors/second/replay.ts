/** SPEC §13, The log, read aloud: slow and plain, without what src/ knows. */

export interface Entry {
  readonly member: string;
  readonly createdAt: number;
  readonly consent?: Uint8Array;
}

export interface Setting {
  readonly field: number;
  readonly value: Uint8Array;
}

export interface Action {
  readonly kind: string;
  readonly founder?: Entry;
  readonly name?: string;
  readonly settings?: readonly Setting[];
  readonly entries?: readonly Entry[];
  readonly entry?: Entry;
  readonly role?: string;
  readonly link?: string;
  readonly targets?: readonly string[];
  readonly target?: string;
  readonly asOf?: readonly string[];
  readonly field?: number;
  readonly value?: Uint8Array;
}

export interface Op {
  readonly id: string;
  readonly parents: readonly string[];
  readonly depth: number;
  readonly author: string;
  readonly action: Action;
}

type Rank = readonly Op[];
type At = (op: Op) => boolean;
const RIGHTS = ["membership", "role", "writing"];

const order = (a: Op, b: Op): number => a.depth - b.depth || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
/** Below 0: the first is senior. */
function compare(a: Rank, b: Rank): number {
  for (let i = 0; ; i++) {
    const [mine, theirs] = [a[i], b[i]];
    if (mine === undefined || theirs === undefined) return a.length - b.length;
    if (mine.id !== theirs.id) return order(mine, theirs);
  }
}

/** What is in the past of each op. */
function pasts(sorted: readonly Op[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { id, parents } of sorted)
    found.set(id, new Set(parents.flatMap((parent) => [parent, ...(found.get(parent) ?? [])])));
  return found;
}

interface Restriction {
  readonly op: Op;
  readonly rank: Rank | undefined;
  readonly targets: readonly string[];
}

function judge(sorted: readonly Op[], past: Map<string, Set<string>>, invalid: ReadonlySet<string>) {
  const grants: { right: string; member: string; op: Op; rank: Rank }[] = [];
  const ends: { right: string; member: string; op: Op }[] = [];
  const entries: { op: Op; entry: Entry }[] = [];
  const settings: { op: Op; field: number; value: Uint8Array }[] = [];
  const links: { op: Op; id: string; members: Set<string>; ends: Op[] }[] = [];
  const effective = new Set<string>();
  const restrictions: Restriction[] = [];
  const before = (x: Op, o: Op): boolean => past.get(o.id)?.has(x.id) ?? false;

  const held = (right: string, member: string, at: At) =>
    grants.filter(
      (grant) =>
        grant.right === right &&
        grant.member === member &&
        at(grant.op) &&
        !ends.some((end) => end.right === right && end.member === member && at(end.op) && !before(end.op, grant.op)),
    );
  const isMember = (member: string, at: At): boolean => held("membership", member, at).length > 0;
  const writes = (member: string, at: At): boolean => isMember(member, at) && held("writing", member, at).length > 0;
  const granted = (member: string, at: At): Rank | undefined =>
    isMember(member, at) ? held("role", member, at).map(({ rank }) => rank).sort(compare)[0] : undefined;
  const everyone = (): string[] => [...new Set(grants.map(({ member }) => member))];
  const successor = (at: At): { member: string; rank: Rank } | undefined => {
    if (everyone().some((member) => granted(member, at) !== undefined)) return undefined;
    const [first] = everyone()
      .flatMap((member) => held("membership", member, at))
      .sort((a, b) => order(a.op, b.op) || (a.member < b.member ? -1 : 1));
    return first && { member: first.member, rank: [first.op] };
  };
  const rankOf = (member: string, at: At): Rank | undefined => {
    const next = successor(at);
    return granted(member, at) ?? (next?.member === member ? next.rank : undefined);
  };
  const owner = (at: At): string | undefined => {
    const ranked = everyone().flatMap((member) => {
      const rank = rankOf(member, at);
      return rank ? [{ member, rank }] : [];
    });
    return ranked.sort((a, b) => compare(a.rank, b.rank))[0]?.member;
  };
  const senior = (rank: Rank, other: Rank | undefined): boolean => other === undefined || compare(rank, other) < 0;
  const grant = (right: string, member: string, op: Op, rank: Rank = []) => grants.push({ right, member, op, rank });
  const end = (rights: readonly string[], member: string, op: Op) => {
    for (const right of rights) ends.push({ right, member, op });
  };

  function withRole(op: Op, rank: Rank, at: At): boolean {
    const { author, action } = op;
    const restrict = (targets: readonly string[]): boolean => {
      if (targets.length > 0 || action.kind === "dissolve") restrictions.push({ op, rank, targets });
      return targets.length > 0 || action.kind === "dissolve";
    };
    if (action.kind === "add") {
      const link = links.find(({ id, op: made }) => id === action.link && made.author === author);
      if (action.link !== undefined) {
        if (link === undefined || !at(link.op) || link.ends.some(at)) return false;
        const gone = ends.some((one) => one.op.action.kind === "remove" && at(one.op) && link.members.has(one.member));
        if (gone) return false;
      }
      const counting = (action.entries ?? []).filter((entry) => {
        const used = sorted.some(
          (other) => at(other) && other.action.kind === "add" && other.action.entries?.some((one) => `${one.consent}` === `${entry.consent}`),
        );
        return !used && !invalid.has(`${op.id} ${entry.member}`);
      });
      for (const entry of counting) {
        entries.push({ op, entry });
        grant("membership", entry.member, op);
        if (action.role === "member") grant("writing", entry.member, op);
        if (action.link !== undefined) link?.members.add(entry.member);
      }
      return counting.length > 0;
    }
    if (action.kind === "remove") {
      const targets = (action.targets ?? []).filter((target) => {
        if (target === author) return false;
        if (isMember(target, at)) return senior(rank, rankOf(target, at));
        const left = restrictions.findLast((one) => one.op.action.kind === "leave" && one.op.author === target && at(one.op));
        return left !== undefined && senior(rank, left.rank);
      });
      for (const target of targets) end(RIGHTS, target, op);
      return restrict(targets);
    }
    if (action.kind === "role") {
      const target = action.target ?? "";
      if (target === author || !isMember(target, at)) return false;
      const theirs = granted(target, at);
      const mayWrite = writes(target, at);
      if (action.role === "admin") {
        if (theirs !== undefined) return false;
        grant("role", target, op, [...rank, op]);
        if (!mayWrite) grant("writing", target, op);
        return true;
      }
      if (action.role === "member" && theirs === undefined) {
        if (!mayWrite) grant("writing", target, op);
        return !mayWrite;
      }
      if ((theirs === undefined && !mayWrite) || !senior(rank, theirs)) return false;
      end(action.role === "reader" ? ["role", "writing"] : ["role"], target, op);
      return restrict([target]);
    }
    if (action.kind === "set") {
      settings.push({ op, field: action.field ?? 0, value: action.value ?? new Uint8Array() });
      return true;
    }
    if (action.kind === "invite") {
      const allowed = settings.filter(({ field, op: set }) => field === 8 && at(set)).at(-1)?.value[0] !== 0;
      const known = links.some(({ id, op: made }) => id === action.link && made.author === author);
      if (allowed && !known) links.push({ op, id: action.link ?? "", members: new Set(), ends: [] });
      return allowed && !known;
    }
    if (action.kind === "revoke") {
      const ended = links.filter(({ id, op: made }) => id === action.link && at(made));
      for (const link of ended) link.ends.push(op);
      return ended.length > 0;
    }
    return action.kind === "dissolve" && owner(at) === author && restrict([]);
  }

  function apply(op: Op): boolean {
    const at: At = (other) => before(other, op);
    const { author, action } = op;
    if (action.kind === "create" && action.founder) {
      entries.push({ op, entry: action.founder });
      for (const right of RIGHTS) grant(right, author, op);
      settings.push({ op, field: 1, value: new TextEncoder().encode(action.name) });
      for (const set of action.settings ?? []) settings.push({ op, ...set });
      return true;
    }
    if (!isMember(author, at)) return false;
    const rank = rankOf(author, at);
    if (action.kind === "leave") {
      restrictions.push({ op, rank, targets: [] });
      end(RIGHTS, author, op);
      return true;
    }
    const { entry } = action;
    if (action.kind === "renew" && entry) {
      const mine = entries.filter((one) => one.entry.member === author && at(one.op));
      if (mine.some((one) => one.entry.createdAt >= entry.createdAt)) return false;
      entries.push({ op, entry: { ...entry, member: author } });
      return true;
    }
    const without = granted(author, at) === undefined;
    if (rank === undefined || !withRole(op, rank, at)) return false;
    if (without) grant("role", author, op, rank);
    return true;
  }

  for (const op of sorted) if (!invalid.has(op.id) && apply(op)) effective.add(op.id);
  return { effective, restrictions, entries, settings, everyone, isMember, writes, granted, owner };
}

/** What a restriction invalidates: ids of ops, and of single entries as `op member`. */
function victims({ op: by, targets }: Restriction, sorted: readonly Op[], past: Map<string, Set<string>>, all: readonly Restriction[]): string[] {
  if (by.action.kind === "leave") return [];
  const known = past.get(by.id) ?? new Set();
  const heads = by.action.kind === "remove" ? by.action.asOf?.filter((id) => known.has(id)) : undefined;
  const seen = ({ id }: Op) => known.has(id) && (heads === undefined || heads.some((head) => head === id || past.get(head)?.has(id)));
  return sorted.flatMap((op) => {
    const { id, author, action } = op;
    if (id === by.id || action.kind === "create" || seen(op)) return [];
    if (by.action.kind === "dissolve") return [id];
    if (past.get(id)?.has(by.id)) return [];
    if (targets.includes(author)) {
      const stays = action.kind === "leave" || (action.kind === "renew" && by.action.kind === "role");
      return stays ? [] : [id];
    }
    if (action.kind === "role" && targets.includes(action.target ?? "")) return all.some((one) => one.op.id === id) ? [] : [id];
    if (action.kind !== "add" || by.action.kind !== "remove") return [];
    return (action.entries ?? []).filter(({ member }) => targets.includes(member)).map(({ member }) => `${id} ${member}`);
  });
}

/** The state of a set of ops. */
export function replay(ops: readonly Op[]) {
  const sorted = [...new Map(ops.map((op) => [op.id, op])).values()].sort(order);
  const past = pasts(sorted);
  const [invalid, settled] = [new Set<string>(), new Set<string>()];
  for (;;) {
    const judged = judge(sorted, past, invalid);
    const [next] = judged.restrictions
      .filter(({ op }) => !settled.has(op.id))
      .sort((a, b) => {
        if (a.rank && b.rank) return compare(a.rank, b.rank) || order(a.op, b.op);
        return a.rank ? -1 : b.rank ? 1 : order(a.op, b.op);
      });
    if (next === undefined) {
      const all = () => true;
      const members = judged.everyone().filter((member) => judged.isMember(member, all));
      const owner = judged.owner(all);
      return {
        members: new Map(
          members.map((member) => {
            const role = judged.granted(member, all) ? "admin" : judged.writes(member, all) ? "member" : "reader";
            const times = judged.entries.filter(({ entry }) => entry.member === member).map(({ entry }) => entry.createdAt);
            return [member, { role: member === owner ? "owner" : role, createdAt: Math.max(...times) }];
          }),
        ),
        settings: new Map(judged.settings.map(({ field, value }) => [field, value])),
        dissolved: judged.restrictions.some(({ op }) => op.action.kind === "dissolve"),
        effective: judged.effective,
      };
    }
    settled.add(next.op.id);
    for (const name of victims(next, sorted, past, judged.restrictions)) if (!settled.has(name)) invalid.add(name);
  }
}
