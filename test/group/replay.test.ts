import assert from "node:assert/strict";
import fc from "fast-check";
import type { MemberId, OpId } from "../../src/group/ids.ts";
import { everything } from "../../src/group/judgement.ts";
import type { Action, Op } from "../../src/group/op.ts";
import { replay } from "../../src/group/replay.ts";
import {
  entry,
  founder,
  type History,
  histories,
  isBefore,
  logOf,
  makeOp,
  people,
  pick,
  shown,
  summary,
} from "./histories.ts";

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

const holds = (law: (history: History, other: number) => void) =>
  fc.assert(fc.property(histories, fc.nat(10_000), law), {
    numRuns: Number(process.env.RUNS ?? 400),
    ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}),
  });

describe("group/replay, for every history", () => {
  it("comes to one state in whatever order the operations arrive", () => {
    fc.assert(
      fc.property(
        histories.chain((history) =>
          fc.record({
            history: fc.constant(history),
            order: fc.shuffledSubarray([...history.ops], { minLength: history.ops.length }),
          }),
        ),
        ({ history, order }) => {
          assert.equal(summary(replay(logOf(order))), summary(history.state));
          assert.equal(summary(replay(logOf([...order, ...history.ops]))), summary(history.state));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("keeps the founder owner until it leaves", () =>
    holds((history) => {
      const left = counting(history, "leave").some(({ author }) => author === founder);
      if (!left && !history.state.dissolved)
        assert.equal(history.state.members.get(founder)?.role, "owner");
    }));

  it("leaves an owner in every group that has members", () =>
    holds(({ state }) => {
      const roles = [...state.members.values()].map(({ role }) => role);
      if (roles.length > 0) assert.equal(roles.filter((role) => role === "owner").length, 1);
    }));

  it("lets a removed member return only by an add that knows of the removal", () =>
    holds((history) => {
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
    }));

  it("returns a role only by a promotion that knows of the demotion", () =>
    holds((history) => {
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
    }));

  it("lets a reader write again only by an operation that knows of the restriction", () =>
    holds((history) => {
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
    }));

  it("gives no effect to what a member did beside its own removal or demotion", () =>
    holds((history) => {
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
    }));

  it("lets nobody restrict a senior", () =>
    holds(({ log, state }) => {
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
    }));

  it("is not changed by what removed members forge on old parents", () =>
    holds((history, other) => {
      const { ops, state } = history;
      const leavers = counting(history, "leave").map(({ author }) => author);
      const removals = state.judgement.restrictions.filter(({ op }) => {
        return op.action.kind === "remove" && op.action.asOf === undefined;
      });
      const forger = removals
        .flatMap(({ targets }) => targets)
        .find(
          // Who left keeps the rank that it had before: a leave invalidates nothing.
          (x) => !state.members.has(x) && !leavers.includes(x),
        );
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
      const after = replay(logOf([...ops, ...forgeries]));
      for (const { id } of forgeries)
        assert.ok(
          !after.effective.has(id),
          `${forger}\n${shown({ ops, log: logOf([...ops, ...forgeries]), state: after })}`,
        );
      assert.equal(summary(after), summary(state));
    }));

  it("adds nobody by a link that is revoked or by which a removed member came", () =>
    holds((history) => {
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
                ({ id, action: { kind } }) =>
                  kind === "remove" && known(id) && isBefore(log, by, id),
              ),
            );
      }
    }));

  it("counts nothing that a dissolution did not know, but what a senior restricted", () =>
    holds((history) => {
      const { log, state } = history;
      const restrictions = new Set(state.judgement.restrictions.map(({ op }) => op.id));
      for (const { id } of counting(history, "dissolve"))
        for (const op of state.effective) {
          const known = op === id || isBefore(log, op, id) || log.ops.get(op)?.depth === 0;
          assert.ok(known || restrictions.has(op));
        }
    }));
});
