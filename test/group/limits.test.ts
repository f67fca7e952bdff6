/** The limits of a group, each at its last value that is allowed and one above. */
import assert from "node:assert/strict";
import { emptyLog, type OpLog, place } from "../../src/group/causality.ts";
import type { GroupId, MemberId, OpId } from "../../src/group/ids.ts";
import { groupLimits } from "../../src/group/limits.ts";
import type { Action } from "../../src/group/op.ts";
import { replay } from "../../src/group/replay.ts";
import { authorOp, newestHeads, opCapacity, readOp } from "../../src/group/signed-op.ts";
import { entry, founder, makeOp } from "./histories.ts";
import { crypto, newGroup, person } from "./people.ts";

const ENTRIES = 32;
const memberAt = (number: number) => `m${`${number}`.padStart(5, "0")}` as MemberId;

/** A log in which the founder acts alone. */
function started(): { readonly log: OpLog; act(action: Action): OpId } {
  const log = emptyLog();
  let count = 0;
  const act = (action: Action): OpId => {
    const op = makeOp(log, newestHeads(log), founder, action, count++);
    return place(log, op).id;
  };
  act({ kind: "create", founder: entry(founder), name: "g", settings: [] });
  return { log, act };
}

/** Adds members with these numbers, each op with up to 32 of them. */
function addAll(act: (action: Action) => OpId, from: number, to: number): OpId[] {
  const ops: OpId[] = [];
  for (let at = from; at < to; at += ENTRIES) {
    const numbers = Array.from({ length: Math.min(ENTRIES, to - at) }, (_, i) => at + i);
    const entries = numbers.map((number) => entry(memberAt(number), 0, number));
    ops.push(act({ kind: "add", entries, role: "member" }));
  }
  return ops;
}

describe("group/limits", () => {
  it("admits 1,000 members, and another one only after a removal", () => {
    const { log, act } = started();
    addAll(act, 1, groupLimits.members + 2);
    const full = replay(log);
    assert.equal(full.members.size, groupLimits.members);
    assert.ok(full.members.has(memberAt(groupLimits.members - 1)));
    assert.ok(!full.members.has(memberAt(groupLimits.members)));

    act({ kind: "remove", targets: [memberAt(1)], cuts: [] });
    const [later] = addAll(act, 5_000, 5_002);
    const after = replay(log);
    assert.equal(after.members.size, groupLimits.members);
    assert.ok(after.members.has(memberAt(5_000)));
    assert.ok(!after.members.has(memberAt(5_001)));
    assert.ok(later !== undefined && after.effective.has(later));
  });

  it("gives 64 members a role, and another one only after a demotion", () => {
    const { log, act } = started();
    addAll(act, 1, groupLimits.admins + 2);
    const promote = (number: number) =>
      act({ kind: "role", target: memberAt(number), role: "admin", cuts: [] });
    // The founder has one of them.
    const promoted = Array.from({ length: groupLimits.admins - 1 }, (_, i) => promote(i + 1));
    const refused = promote(groupLimits.admins);
    const full = replay(log);
    assert.ok(promoted.every((id) => full.effective.has(id)));
    assert.ok(!full.effective.has(refused));

    act({ kind: "role", target: memberAt(1), role: "member", cuts: [] });
    const accepted = promote(groupLimits.admins);
    const more = promote(groupLimits.admins + 1);
    const after = replay(log);
    assert.ok(after.effective.has(accepted));
    assert.ok(!after.effective.has(more));
  });

  it("refuses an operation with 10,000 of its author in its past, and none is authored then", () => {
    const [alice, bob] = [person(1), person(2)];
    const { group, log, act, created } = newGroup(alice);
    act(alice, { kind: "add", entries: [bob.entry(group)], role: 2 });
    const { author } = created.op;
    // These two are hers already.
    fill(log, author, groupLimits.opsOfAuthor - 3);
    const last = authorOp(crypto, group, log, alice.author(group), { kind: "leave" }, 7);
    assert.equal(readOp(crypto, group, log, last.signed).kind, "op");

    const before = copyOf(log);
    fill(log, author, 1);
    assert.equal(opCapacity(log, author, "leave"), "full");
    assert.throws(
      () => authorOp(crypto, group, log, alice.author(group), { kind: "leave" }, 8),
      RangeError,
    );
    assert.deepEqual(readOp(crypto, group, log, signedOnHeads(group, log, before)), {
      kind: "refused",
      why: "limit",
    });
    assert.equal(opCapacity(log, bob.author(group).member, "leave"), "free");

    /** Signed by one whose log has fewer operations of hers: on the heads of the whole one. */
    function signedOnHeads(of: GroupId, whole: OpLog, fewer: OpLog): Uint8Array {
      const heads = { ...fewer, ops: whole.ops, heads: whole.heads };
      return authorOp(crypto, of, heads, alice.author(of), { kind: "leave" }, 8).signed;
    }
  });

  it("warns of 40,000 operations, and at 50,000 authors only what ends something", () => {
    const log = emptyLog();
    const [ours] = [founder];
    const capacityAt = (size: number, kind: Action["kind"]) =>
      opCapacity({ ...log, ops: { size } as OpLog["ops"] }, ours, kind);
    const kinds = ["add", "role", "set", "invite", "revoke", "renew"] as const;
    for (const kind of kinds) {
      assert.equal(capacityAt(39_999, kind), "free");
      assert.equal(capacityAt(40_000, kind), "scarce");
      assert.equal(capacityAt(49_999, kind), "scarce");
      assert.equal(capacityAt(50_000, kind), "full");
    }
    for (const kind of ["leave", "remove", "dissolve"] as const)
      for (const size of [50_000, 90_000]) assert.equal(capacityAt(size, kind), "scarce");
  });
});

/** Operations of this author, one after the other, without signatures. */
function fill(log: OpLog, author: MemberId, count: number): void {
  for (let i = 0; i < count; i++) {
    const action: Action = { kind: "set", field: 2, value: Uint8Array.of(i >> 8, i) };
    place(log, makeOp(log, newestHeads(log), author, action, i));
  }
}

/** The log as it is now, for what only counts. */
function copyOf({ chains, ...log }: OpLog): OpLog {
  const { lengths, byAuthor } = chains;
  return { ...log, chains: { lengths: [...lengths], byAuthor: new Map(byAuthor) } };
}
