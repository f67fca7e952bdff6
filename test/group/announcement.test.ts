/** Which announcements of key generations count. */
import assert from "node:assert/strict";
import { concat, labels, utf8 } from "../../src/base/index.ts";
import type { SigningKeyPair } from "../../src/crypto/index.ts";
import { judgeAnnouncement } from "../../src/group/audience.ts";
import { emptyLog, type OpLog, place } from "../../src/group/causality.ts";
import { groupId, memberId, type OpId } from "../../src/group/ids.ts";
import { type Announced, makeGeneration } from "../../src/group/key-generation.ts";
import { keysOf, newKeyPackage } from "../../src/group/key-package.ts";
import { authorOp, newestHeads, type SignedOp } from "../../src/group/signed-op.ts";
import { encodeKeyAnnouncement, type KeyAnnouncement } from "../../src/wire/index.ts";
import { crypto, newGroup, type Person, person } from "./people.ts";

const [alice, bob, carol] = [person(1), person(2), person(3)];
const { group, log, act } = newGroup(alice);
act(alice, { kind: "add", entries: [bob.entry(group), carol.entry(group)], role: 2 });
const before = newestHeads(log);
const idOf = (who: Person) => who.author(group).member;
const recipients = [bob, carol].map((who) => ({
  member: idOf(who),
  package: keysOf(newKeyPackage(crypto, 1)),
}));

function announce(
  maker: Person,
  frontier: readonly OpId[],
  within: "removal" | "log" = "log",
): KeyAnnouncement {
  const made = makeGeneration(crypto, group, maker.author(group), recipients, frontier, within);
  assert.ok(made);
  return made.announcement;
}

/** A removal of Carol by Alice that carries this announcement, in the log. */
function removalWith(announcement: KeyAnnouncement): SignedOp {
  const removed = { targets: [memberId.bytes(idOf(carol))], cuts: [] };
  const action = { kind: "remove" as const, ...removed, asOf: [], announcement };
  const removal = authorOp(crypto, group, log, alice.author(group), action, 9);
  place(log, removal.op);
  return removal;
}

const judge = (
  announcement: KeyAnnouncement,
  known: readonly Announced[] = [],
  from: OpLog = log,
) => judgeAnnouncement(crypto, from, { group, announcement }, known);

describe("group/audience, announcements", () => {
  const first = announce(alice, before);

  it("count where a member at the frontier signed them, also a second time", () => {
    assert.equal(judge(first), "counts");
    assert.equal(judge(first, [{ group, announcement: first }]), "counts");
    assert.equal(judge(announce(bob, before), [{ group, announcement: first }]), "counts");
  });

  it("wait for the operations of their frontier", () => {
    assert.equal(judge(first, [], emptyLog()), "waits");
  });

  it("are void by a stranger, with a changed field, and without a frontier", () => {
    assert.equal(judge(announce(person(9), before)), "void");
    assert.equal(judge({ ...first, e: crypto.dhGenerate().public }), "void");
    assert.equal(judge(announce(alice, [])), "void");
  });

  it("are void where they repeat the commitment of another one that counts", () => {
    const known = [
      { group, announcement: announce(bob, before) },
      { group, announcement: first },
    ];
    // Signed by a member, over a commitment that it only copied.
    const { key } = carol.author(group);
    const copied = resign(announce(carol, before), first.commit, key);
    assert.equal(judge(copied), "counts");
    assert.equal(judge(copied, known), "void");
    assert.equal(judge(first, known), "counts");
  });

  it("count inside a removal by its author, without a frontier, and nowhere else", () => {
    const heads = newestHeads(log);
    const carried = announce(alice, heads, "removal");
    const { op } = removalWith(carried);
    const removal = { id: op.id, parents: op.parents };
    const within = (announcement: KeyAnnouncement, known: readonly Announced[] = []) =>
      judgeAnnouncement(crypto, log, { group, announcement, removal }, known);
    assert.equal(within(carried), "counts");
    assert.equal(judge(carried), "void");
    assert.equal(within(announce(bob, heads, "removal")), "void");
    assert.equal(within(first), "void");
    const copied = resign(carried, first.commit, alice.author(group).key);
    assert.equal(within(copied, [{ group, announcement: first }]), "void");
    // After the removal Carol is none of those at the frontier.
    assert.equal(judge(announce(carol, newestHeads(log))), "void");
  });
});

/** The announcement with another commitment, signed for that. */
function resign(
  announcement: KeyAnnouncement,
  commit: Uint8Array,
  key: SigningKeyPair,
): KeyAnnouncement {
  const unsigned = { ...announcement, commit, signature: new Uint8Array(64) };
  const claim = concat(
    utf8(labels.groupAnnouncement),
    groupId.bytes(group),
    encodeKeyAnnouncement(unsigned),
  );
  return { ...unsigned, signature: crypto.sign(key, claim) };
}
