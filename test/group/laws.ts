/**
 * What holds for every history of a group, however hostile. Each law is asked of `replay` and, so
 * that the laws are known to notice, of copies of it with a fault.
 */
import assert from "node:assert/strict";
import { place } from "../../src/group/causality.ts";
import type { LinkId, MemberId, OpId } from "../../src/group/ids.ts";
import { everything } from "../../src/group/judgement.ts";
import { type Action, type Op, settingFields } from "../../src/group/op.ts";
import { isSenior, type Rank } from "../../src/group/rank.ts";
import { replay as replayAgain } from "../vectors/second/replay.ts";
import {
  entry,
  founder,
  type History,
  isBefore,
  logOf,
  makeOp,
  people,
  pick,
  shown,
  summary,
} from "./histories.ts";

/** Throws where it does not hold. `other` is any number, for choices that a law makes. */
export type Law = (history: History, other: number) => void;

/** Operations of one kind that count. */
function counting<Kind extends Action["kind"]>({ ops, state }: History, kind: Kind) {
  return ops.filter(
    (op): op is Op & { action: Extract<Action, { kind: Kind }> } =>
      op.action.kind === kind && state.effective.has(op.id),
  );
}

/** What counts and took a role or the membership of `member`. */
function restrictionsOf(history: History, member: MemberId): Op[] {
  return history.state.judgement.restrictions
    .filter(({ targets }) => targets.includes(member))
    .map(({ op }) => op);
}

/** The same group with more operations, each on all that came before or on given parents. */
function continued({ ops, state, replay }: History) {
  const log = logOf(ops);
  const owner = [...state.members].find(([, { role }]) => role === "owner")?.[0];
  const act = (author: MemberId, action: Action, parents: Iterable<OpId> = log.heads): Op => {
    const op = makeOp(log, parents, author, action, 1_000_000 + log.ops.size);
    place(log, op);
    return op;
  };
  return {
    log,
    /** None where the group is dissolved: nothing counts there. */
    owner: state.dissolved ? undefined : owner,
    act,
    add: (author: MemberId, member: MemberId, consent: number, link?: LinkId): Op =>
      act(author, {
        kind: "add",
        entries: [entry(member, 1_000_000, consent)],
        role: "member",
        ...(link && { link }),
      }),
    effective: ({ id }: Op): boolean => replay(log).effective.has(id),
  };
}

/** Whether the entry of an effective add admitted its member: the add may count for others only. */
function countsIn({ state }: History, { id, member }: { id: OpId; member: MemberId }): boolean {
  return (state.judgement.named.get(member) ?? []).some(({ op }) => op.id === id);
}

export const laws: Readonly<Record<string, Law>> = {
  "comes to one state in whatever order the operations arrive": (history, other) => {
    const { ops, state, replay } = history;
    const turned = ops.map((_, i) => pick(ops, i * 7 + other));
    for (const order of [[...ops].reverse(), [...turned, ...ops], [...ops, ...turned]])
      assert.equal(summary(replay(logOf(order))), summary(state));
  },
  "keeps the founder owner until it leaves": (history) => {
    const left = counting(history, "leave").some(({ author }) => author === founder);
    if (!left && !history.state.dissolved)
      assert.equal(history.state.members.get(founder)?.role, "owner");
  },
  "leaves an owner in every group that has members": ({ state }) => {
    const roles = [...state.members.values()].map(({ role }) => role);
    if (roles.length > 0) assert.equal(roles.filter((role) => role === "owner").length, 1);
  },
  "lets a removed member return only by an add that knows of the removal": (history) => {
    const { log, state } = history;
    for (const removal of counting(history, "remove"))
      for (const target of removal.action.targets) {
        if (!state.members.has(target) || !restrictionsOf(history, target).includes(removal))
          continue;
        const back = counting(history, "add").some(
          (add) =>
            add.action.entries.some(({ member }) => member === target) &&
            isBefore(log, removal.id, add.id),
        );
        assert.ok(back, `${target} returned without knowledge of the removal`);
      }
  },
  "returns a role only by a promotion that knows of the demotion": (history) => {
    const { log, state } = history;
    const vacant = counting(history, "leave").some(({ author }) => author === founder);
    for (const demotion of counting(history, "role")) {
      const { target } = demotion.action;
      if (!restrictionsOf(history, target).includes(demotion)) continue;
      if (state.members.get(target)?.role !== "admin") continue;
      const promoted = counting(history, "role").some(
        ({ id, action }) =>
          action.role === "admin" && action.target === target && isBefore(log, demotion.id, id),
      );
      assert.ok(promoted || vacant, `${target} has a role from beside its demotion`);
    }
  },
  "lets a reader write again only by an operation that knows of the restriction": (history) => {
    const { log, state } = history;
    for (const silencing of counting(history, "role")) {
      const { target, role } = silencing.action;
      if (role !== "reader" || !state.members.has(target)) continue;
      if (!state.judgement.mayWrite(target, everything)) continue;
      const allowed = history.ops.some(
        ({ id, action }) =>
          state.effective.has(id) &&
          isBefore(log, silencing.id, id) &&
          ((action.kind === "role" && action.target === target && action.role !== "reader") ||
            (action.kind === "add" && action.entries.some(({ member }) => member === target))),
      );
      assert.ok(allowed, `${target} writes without knowledge of the restriction`);
    }
  },
  "gives no effect to what a member did beside its own removal or demotion": (history) => {
    const { log, ops, state } = history;
    for (const { op: restriction, targets } of state.judgement.restrictions)
      for (const op of ops) {
        const kind = op.action.kind;
        if (!targets.includes(op.author) || !state.effective.has(op.id)) continue;
        if (kind === "leave" || kind === "renew" || kind === "create") continue;
        const knows = isBefore(log, restriction.id, op.id);
        const seen = isBefore(log, op.id, restriction.id);
        assert.ok(knows || seen, `${kind} beside a restriction of its author counts`);
      }
  },
  "lets nobody restrict a senior": ({ log, state }) => {
    for (const { op, rank, targets } of state.judgement.restrictions)
      for (const target of targets) {
        const past = (other: Op) => isBefore(log, other.id, op.id);
        const theirs = state.judgement.rankOf(target, past);
        assert.ok(rank !== undefined && target !== op.author);
        if (theirs === undefined) continue;
        // Every step of a rank counts for more than those after it; the prefix is senior.
        const ours = rank.map(({ depth, id }) => `${String(depth).padStart(8, "0")}${id}`);
        const juniors = theirs.map(({ depth, id }) => `${String(depth).padStart(8, "0")}${id}`);
        assert.ok(ours.join() < juniors.join() || ours.length === 0);
      }
  },
  "is not changed by what removed members forge on old parents": (history, other) => {
    const { ops, state, replay } = history;
    const { restrictions } = state.judgement;
    const removals = restrictions.filter(
      ({ op }) => op.action.kind === "remove" && op.action.asOf === undefined,
    );
    // A leave invalidates nothing, so one that left keeps the rank that it had, except towards a
    // removal by a senior of that rank.
    const stopped = (member: MemberId, rank: Rank | undefined): boolean =>
      restrictions.every(
        (left) =>
          left.op.action.kind !== "leave" ||
          left.op.author !== member ||
          (rank !== undefined && isSenior(rank, left.rank)),
      );
    const forger = removals
      .flatMap(({ targets, rank }) => targets.filter((target) => stopped(target, rank)))
      .find((target) => !state.members.has(target));
    if (forger === undefined || state.dissolved) return;
    const log = logOf(ops);
    const unaware = [...log.ops.keys()].filter((id) =>
      removals.every(({ op, targets }) => !targets.includes(forger) || isBefore(log, id, op.id)),
    );
    const target = pick(people, other);
    const forged: Action[] = [
      { kind: "add", entries: [entry(target, 0, 60_000 + (other % 5_000))], role: "member" },
      { kind: "role", target, role: "admin", cuts: [] },
      { kind: "role", target, role: "member", cuts: [] },
      { kind: "remove", targets: [target], cuts: [] },
      { kind: "set", field: 1, value: Uint8Array.of(255) },
      { kind: "dissolve" },
    ];
    const forgeries = forged.map((action, i) =>
      makeOp(log, [pick(unaware, other + i)], forger, action, 1_000_000 + i),
    );
    const forgedLog = logOf([...ops, ...forgeries]);
    const after = replay(forgedLog);
    for (const { id } of forgeries)
      assert.ok(
        !after.effective.has(id),
        `by ${forger}:\n${shown({ log: forgedLog, state: after })}`,
      );
    assert.equal(summary(after), summary(state));
  },
  "adds nobody by a link that is revoked or by which a removed member came": (history) => {
    const { log } = history;
    for (const add of counting(history, "add")) {
      const { link } = add.action;
      if (link === undefined) continue;
      const known = (id: OpId) => isBefore(log, id, add.id);
      assert.ok(
        counting(history, "invite").some(
          ({ id, author, action }) => author === add.author && action.link === link && known(id),
        ),
      );
      assert.ok(
        !counting(history, "revoke").some(({ id, action }) => action.link === link && known(id)),
      );
      const came = counting(history, "add").filter(
        ({ author, action }) => author === add.author && action.link === link,
      );
      for (const { id: by, action } of came)
        for (const { member } of action.entries)
          assert.ok(
            !restrictionsOf(history, member).some(
              ({ id, action: { kind } }) => kind === "remove" && known(id) && isBefore(log, by, id),
            ),
          );
    }
  },
  "counts nothing that a dissolution did not know, but what a senior restricted": (history) => {
    const { log, state } = history;
    const restrictions = new Set(state.judgement.restrictions.map(({ op }) => op.id));
    for (const { id } of counting(history, "dissolve"))
      for (const op of state.effective) {
        const known = op === id || isBefore(log, op, id) || log.ops.get(op)?.depth === 0;
        assert.ok(known || restrictions.has(op));
      }
  },
  "is dissolved by its owner alone": (history) => {
    for (const { id, author } of counting(history, "dissolve")) {
      const past = (other: Op) => isBefore(history.log, other.id, id);
      assert.equal(history.state.judgement.ownerOf(past), author);
    }
  },

  "counts a consent once along every path": (history) => {
    const entries = counting(history, "add").flatMap(({ id, action }) =>
      action.entries.map(({ member, consent }) => ({ id, member, consent: `${consent}` })),
    );
    for (const one of entries)
      for (const other of entries)
        if (one.member === other.member && one.consent === other.consent)
          assert.ok(
            !isBefore(history.log, one.id, other.id) || !countsIn(history, other),
            `${one.member} was added twice by one consent`,
          );
  },

  "lets the owner add back one that is no member": (history, other) => {
    const { ops, state, replay } = history;
    const owner = [...state.members].find(([, { role }]) => role === "owner")?.[0];
    const target = pick(people, other);
    if (owner === undefined || state.dissolved || state.members.has(target)) return;
    const log = logOf(ops);
    const entries = [entry(target, 1_000_000, 65_535)];
    const add = makeOp(log, log.heads, owner, { kind: "add", entries, role: "member" }, 1_000_000);
    assert.ok(replay(logOf([...ops, add])).members.has(target), `${target} cannot return`);
  },

  "lets a senior stop one that left": (history) => {
    const [leaver] = [...history.state.members].find(([, { role }]) => role === "admin") ?? [];
    const { owner, act, log, effective } = continued(history);
    if (owner === undefined || leaver === undefined) return;
    const before = [...log.heads];
    act(leaver, { kind: "leave" });
    act(owner, { kind: "remove", targets: [leaver], cuts: [] });
    const forged = act(leaver, { kind: "set", field: 1, value: Uint8Array.of(255) }, before);
    assert.ok(!effective(forged), `${leaver} acts on parents from before`);
  },

  "ends a link with the removal of a member that came by it": (history) => {
    const [first, second] = people.filter((person) => !history.state.members.has(person));
    const { owner, act, add, effective } = continued(history);
    if (owner === undefined || first === undefined || second === undefined) return;
    const link = "a link of this law" as LinkId;
    act(owner, { kind: "set", field: settingFields.links, value: Uint8Array.of(1) });
    act(owner, { kind: "invite", link, open: true });
    assert.ok(effective(add(owner, first, 65_535, link)));
    act(owner, { kind: "remove", targets: [first], cuts: [] });
    assert.ok(!effective(add(owner, second, 65_534, link)), "the link admits people");
  },

  "adds nobody again by the consent of an earlier add": (history) => {
    const newcomer = people.find((person) => !history.state.members.has(person));
    const { owner, act, add, effective } = continued(history);
    if (owner === undefined || newcomer === undefined) return;
    assert.ok(effective(add(owner, newcomer, 65_535)));
    act(owner, { kind: "remove", targets: [newcomer], cuts: [] });
    assert.ok(!effective(add(owner, newcomer, 65_535)), "the consent counts twice");
    assert.ok(effective(add(owner, newcomer, 65_534)));
  },

  "makes the admin that was promoted first the senior": (history) => {
    const [first, second] = people.filter((person) => !history.state.members.has(person));
    const { owner, act, add, effective } = continued(history);
    if (owner === undefined || first === undefined || second === undefined) return;
    for (const [i, target] of [first, second].entries()) {
      add(owner, target, 65_535 - i);
      act(owner, { kind: "role", target, role: "admin", cuts: [] });
    }
    assert.ok(!effective(act(second, { kind: "remove", targets: [first], cuts: [] })));
    assert.ok(effective(act(first, { kind: "remove", targets: [second], cuts: [] })));
  },

  "agrees with a second implementation that knows nothing but SPEC": ({ ops, state }) => {
    const second = replayAgain(ops);
    assert.deepEqual([...second.effective].sort(), [...state.effective].sort());
    const members = new Map<string, unknown>();
    for (const [member, { role, entry }] of state.members)
      members.set(member, { role, createdAt: entry.createdAt });
    assert.deepEqual(second.members, members);
    assert.deepEqual(second.settings, state.settings);
    assert.equal(second.dissolved, state.dissolved);
  },

  "takes the newest certificate of a member": (history) => {
    for (const [member, { entry: held }] of history.state.members)
      for (const renewal of counting(history, "renew"))
        if (renewal.author === member)
          assert.ok(held.createdAt >= renewal.action.entry.createdAt, `${member} fell back`);
  },
};
