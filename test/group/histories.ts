/**
 * Random histories of a group: people who act on what they have, some of them hostile, with partial
 * exchange in between.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { AccountId } from "../../src/base/index.ts";
import {
  emptyLog,
  missingParents,
  type OpLog,
  place,
  precedes,
} from "../../src/group/causality.ts";
import type { LinkId, MemberId, OpId } from "../../src/group/ids.ts";
import type { Action, Entry, Op } from "../../src/group/op.ts";
import type { GroupState, replay } from "../../src/group/replay.ts";

const digest = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** The members of the tests are the letters A to G. */
export const people = [..."ABCDEFG"].map((name) => name as MemberId);
export const [founder] = people as [MemberId, ...MemberId[]];

export function entry(member: MemberId, createdAt = 0, consent?: number): Entry {
  const empty = new Uint8Array();
  return {
    member,
    account: `account of ${member}` as AccountId,
    certificate: empty,
    createdAt,
    device: empty,
    memberKey: empty,
    package: empty,
    name: member,
    ...(consent !== undefined && { consent: Uint8Array.of(consent >> 8, consent & 255) }),
  };
}

/** An operation on these parents. `nonce` tells apart what would be the same operation. */
export function makeOp(
  log: OpLog,
  parents: Iterable<OpId>,
  author: MemberId,
  action: Action,
  nonce = 0,
): Op {
  const sorted = [...parents].sort();
  const depths = sorted.map((id) => log.ops.get(id)?.depth ?? 0);
  const depth = sorted.length === 0 ? 0 : 1 + Math.max(...depths);
  const id = digest([sorted, depth, author, action, nonce]) as OpId;
  return { id, parents: sorted, depth, author, action };
}

/** Adds operations in any order; those whose parents come later wait for them. */
export function logOf(ops: Iterable<Op>): OpLog {
  const log = emptyLog();
  let waiting = [...ops];
  for (;;) {
    const lacking = waiting.filter((op) => {
      if (missingParents(log, op).length > 0) return true;
      place(log, op);
      return false;
    });
    if (lacking.length === waiting.length) return log;
    waiting = lacking;
  }
}

/** What decides whether two states are one, as a text. */
export function summary(state: GroupState): string {
  return digest([
    [...state.members].map(([member, { role, entry }]) => [member, role, entry.createdAt]).sort(),
    [...state.settings].map(([field, value]) => [field, [...value]]).sort(),
    state.dissolved,
    [...state.effective].sort(),
    [...state.cutoffs].map(([member, cutoffs]) => [member, cutoffs.map(({ op }) => op)]).sort(),
  ]);
}

/** Whether `x` is in the past of `o`. */
export function isBefore(log: OpLog, x: OpId, o: OpId): boolean {
  const [first, second] = [log.ops.get(x), log.ops.get(o)];
  return first !== undefined && second !== undefined && precedes(first, second);
}

/** The rule that turns a log into a state: that of the source, or one with a planted fault. */
export type Replay = typeof replay;

export interface History {
  readonly ops: readonly Op[];
  readonly log: OpLog;
  readonly state: GroupState;
  readonly replay: Replay;
}

const step = fc.record({
  actor: fc.nat(1_000),
  /** Above 1: a member with a role acts, if there is one. */
  asAdmin: fc.integer({ min: 0, max: 9 }),
  exchange: fc.integer({ min: 0, max: 9 }),
  from: fc.nat(1_000),
  /** Whether the parents are old ones. */
  old: fc.integer({ min: 0, max: 3 }),
  kind: fc.nat(1_000),
  target: fc.nat(1_000),
  other: fc.nat(1_000),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Histories of 5 to 45 steps among seven people, of whom up to four are promoted at the start. */
export function historiesOf(replay: Replay): fc.Arbitrary<History> {
  return fc
    .record({
      admins: fc.integer({ min: 1, max: 4 }),
      founderLeaves: fc.integer({ min: 0, max: 3 }),
      steps: fc.array(step, { minLength: 5, maxLength: 45 }),
    })
    .map(({ admins, founderLeaves, steps }) => run(replay, admins, founderLeaves === 0, steps));
}

function run(replay: Replay, admins: number, leaving: boolean, steps: readonly Step[]): History {
  // By log and its number of operations, since most steps change one log.
  const states = new WeakMap<OpLog, { size: number; state: GroupState }>();
  const hasRole = (log: OpLog, person: MemberId): boolean => {
    let known = states.get(log);
    if (known?.size !== log.ops.size) {
      known = { size: log.ops.size, state: replay(log) };
      states.set(log, known);
    }
    return ["owner", "admin"].includes(known.state.members.get(person)?.role ?? "");
  };
  const logs = new Map(people.map((person) => [person, emptyLog()]));
  const logFor = (person: MemberId) => logs.get(person) as OpLog;
  const world: Op[] = [];
  const act = (author: MemberId, parents: Iterable<OpId>, action: Action): void => {
    const op = makeOp(logFor(author), parents, author, action, world.length);
    world.push(op);
    place(logFor(author), op);
  };
  const own = logFor(founder);
  act(founder, [], { kind: "create", founder: entry(founder), name: "g", settings: [] });
  for (const person of people.slice(1))
    act(founder, own.heads, {
      kind: "add",
      entries: [entry(person, 0, world.length)],
      role: "member",
    });
  for (const target of people.slice(1, 1 + admins))
    act(founder, own.heads, { kind: "role", target, role: "admin", cuts: [] });
  for (const person of people) for (const op of world) place(logFor(person), op);
  if (leaving) act(founder, own.heads, { kind: "leave" });

  for (const [number, at] of steps.entries()) {
    const withRole = people.filter((person) => hasRole(logFor(person), person));
    const among = at.asAdmin > 1 && withRole.length > 0 ? withRole : people;
    const author = pick(among, at.actor);
    const log = logFor(author);
    if (at.exchange < 5) {
      for (const [i, op] of [...logFor(pick(people, at.from)).ops.values()].entries())
        if ((i * 7 + at.other) % 10 > 0 && missingParents(log, op).length === 0) place(log, op);
      continue;
    }
    const all = [...log.ops.keys()];
    if (all.length === 0) continue;
    const parents = at.old === 0 ? [pick(all, at.other)] : [...log.heads].slice(0, 16);
    act(author, parents, actionOf(at, number, log, all));
  }
  const log = logOf(world);
  return { ops: world, log, state: replay(log), replay };
}

function actionOf(at: Step, number: number, log: OpLog, all: readonly OpId[]): Action {
  const target = pick(people, at.target);
  const links = [...log.ops.values()].flatMap(({ action }) =>
    action.kind === "invite" ? [action.link] : [],
  );
  const link = links.length > 0 ? pick(links, at.other) : (`${number}` as LinkId);
  // Now and then with the consent of an entry before.
  const consent = 1_000 + (at.other % 5 === 0 ? at.other % (number + 1) : number);
  const adding = { entries: [entry(target, 0, consent)] };
  const actions: readonly (() => Action)[] = [
    () => ({ kind: "add", ...adding, role: "member" }),
    () => ({ kind: "add", ...adding, role: at.other % 2 === 0 ? "reader" : "member", link }),
    () => ({
      kind: "add",
      role: "member",
      entries: [target, pick(people, at.other)].map((one, i) =>
        entry(one, 0, 2_000 + 2 * number + i),
      ),
    }),
    () => ({ kind: "role", target, role: "admin", cuts: [] }),
    () => ({ kind: "role", target, role: "admin", cuts: [] }),
    () => ({ kind: "role", target, role: "member", cuts: [] }),
    () => ({ kind: "role", target, role: "reader", cuts: [] }),
    () => ({ kind: "remove", targets: [target], cuts: [] }),
    () => ({ kind: "remove", targets: [target, pick(people, at.other)], cuts: [] }),
    () => ({ kind: "remove", targets: [target], cuts: [], asOf: [pick(all, at.other)] }),
    () => ({ kind: "set", field: 1, value: Uint8Array.of(number) }),
    () => ({ kind: "set", field: 8, value: Uint8Array.of(at.other % 2) }),
    () => ({ kind: "leave" }),
    () => ({ kind: "invite", link: `link ${number}` as LinkId, open: true }),
    () => ({ kind: "revoke", link }),
    () => ({ kind: "renew", entry: entry(target, number) }),
    () => (at.other % 8 === 0 ? { kind: "dissolve" } : { kind: "newer" }),
  ];
  return pick(actions, at.kind)();
}

export function pick<Value>(list: readonly Value[], at: number): Value {
  return list[at % list.length] as Value;
}

/** A history in lines, for a failure: each operation by its number, with those it follows. */
export function shown({ log, state }: Pick<History, "log" | "state">): string {
  const numbers = new Map([...log.ops.keys()].map((id, i) => [id as string, `${i}`]));
  const named = (_key: string, value: unknown): unknown => {
    if (typeof value === "string") return numbers.get(value) ?? value;
    const isEntry = typeof value === "object" && value !== null && "certificate" in value;
    return isEntry ? (value as Entry).member : value;
  };
  return [...log.ops.values()]
    .map(({ id, author, parents, action }) => {
      const after = parents.map((parent) => numbers.get(parent)).join(" ");
      const effect = state.effective.has(id) ? "" : " (no effect)";
      return `${numbers.get(id)} ${author} after ${after}: ${JSON.stringify(action, named)}${effect}`;
    })
    .join("\n");
}
