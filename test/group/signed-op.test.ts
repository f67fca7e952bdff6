import assert from "node:assert/strict";
import fc from "fast-check";
import { certify } from "../../src/crypto/index.ts";
import { emptyLog, place } from "../../src/group/causality.ts";
import { makeEntry } from "../../src/group/entry.ts";
import { opId } from "../../src/group/ids.ts";
import { replay } from "../../src/group/replay.ts";
import { authorOp, readOp, renewClaim, type SignedOp } from "../../src/group/signed-op.ts";
import {
  decodeGroupOp,
  encodeGroupOp,
  type GroupOp,
  joinSignature,
  splitSignature,
} from "../../src/wire/index.ts";
import { crypto, newGroup, person } from "./people.ts";

const [alice, bob, carol] = [person(1), person(2), person(3)];

describe("group/signed-op", () => {
  it("is read by another node as its author made it", () => {
    const { group, created, act, log } = newGroup(alice);
    const ops = [
      created,
      act(alice, { kind: "add", entries: [bob.entry(group)], role: 2 }),
      act(alice, {
        kind: "role",
        target: idOf(group, bob),
        role: 1,
        cuts: [],
      }),
      act(bob, { kind: "add", entries: [carol.entry(group)], role: 3 }),
      act(carol, { kind: "leave" }),
      act(bob, { kind: "set", field: 1, value: Uint8Array.of(65) }),
      act(alice, { kind: "dissolve" }),
    ];
    const theirs = emptyLog();
    for (const { signed, op } of ops) {
      const read = readOp(crypto, group, theirs, signed);
      assert.equal(read.kind, "op");
      if (read.kind !== "op") return;
      assert.deepEqual(read.op, op);
      place(theirs, read.op);
    }
    assert.deepEqual(
      [...replay(theirs).members.values()].map(({ entry, role }) => [entry.name, role]),
      [...replay(log).members.values()].map(({ entry, role }) => [entry.name, role]),
    );
  });

  it("waits for parents that are not there yet", () => {
    const { group, created, act } = newGroup(alice);
    const add = act(alice, { kind: "add", entries: [bob.entry(group)], role: 2 });
    const read = readOp(crypto, group, emptyLog(), add.signed);
    assert.deepEqual(read, { kind: "waits", id: add.op.id, missing: [created.op.id] });
  });

  it("is refused with any byte changed, and never throws", () => {
    const { group, log, act } = newGroup(alice);
    const before = log.ops.size;
    const add = act(alice, { kind: "add", entries: [bob.entry(group)], role: 2 });
    fc.assert(
      fc.property(fc.nat(add.signed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = add.signed.slice();
        bytes[at] = (bytes[at] as number) ^ flip;
        assert.notEqual(readOp(crypto, group, log, bytes).kind, "op");
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.equal(readOp(crypto, group, log, bytes).kind, "refused");
      }),
    );
    assert.equal(log.ops.size, before + 1);
  });

  it("is refused where it is signed by another key than the author's", () => {
    const { group, log, act } = newGroup(alice);
    act(alice, { kind: "add", entries: [bob.entry(group)], role: 2 });
    const forged = authorOp(
      crypto,
      group,
      log,
      { ...alice.author(group), key: bob.parts.memberKey },
      { kind: "leave" },
      7,
    );
    assert.deepEqual(readOp(crypto, group, log, forged.signed), refusal("signature"));
    const stranger = authorOp(crypto, group, log, carol.author(group), { kind: "leave" }, 7);
    assert.deepEqual(readOp(crypto, group, log, stranger.signed), refusal("signature"));
  });

  it("is refused in another group, also with an entry that was made for another one", () => {
    const one = newGroup(alice);
    const other = newGroup(alice);
    const add = one.act(alice, { kind: "add", entries: [bob.entry(one.group)], role: 2 });
    assert.deepEqual(readOp(crypto, other.group, other.log, add.signed), refusal("group"));
    assert.throws(
      () => other.act(alice, { kind: "add", entries: [bob.entry(one.group)], role: 2 }),
      RangeError,
    );
    const own = other.act(alice, { kind: "add", entries: [bob.entry(other.group)], role: 2 });
    const borrowed = resigned(own, alice, other.group, (bytes) => {
      const decoded = decodeGroupOp(bytes) as GroupOp;
      const action = { kind: "add" as const, entries: [bob.entry(one.group)], role: 2 };
      return encodeGroupOp({ ...decoded, action });
    });
    assert.deepEqual(readOp(crypto, other.group, other.log, borrowed), refusal("entry"));
  });

  it("is refused without the consent of who is added", () => {
    const { group, act } = newGroup(alice);
    const { consent: _, ...without } = bob.entry(group);
    assert.throws(() => act(alice, { kind: "add", entries: [without], role: 2 }), RangeError);
  });

  it("is refused where the depth is not one above the deepest parent's", () => {
    const { group, log, act } = newGroup(alice);
    const set = act(alice, { kind: "set", field: 2, value: Uint8Array.of(1) });
    // The depth is the field after the parent: tag 0x18, then 1.
    const forged = resigned(set, alice, group, (bytes) => {
      const at = bytes.findIndex((byte, i) => byte === 0x18 && bytes[i + 1] === 1 && i > 50);
      bytes[at + 1] = 2;
      return bytes;
    });
    assert.deepEqual(readOp(crypto, group, log, forged), refusal("past"));
  });

  it("is signed by a renewed member key afterwards, and by the old one no more", () => {
    const { group, log, act } = newGroup(alice);
    const later = person(1, 2_000);
    const heads = [...log.heads];
    const entry = makeEntry(crypto, later.parts);
    const accountSignature = crypto.sign(alice.account, renewClaim(group, entry, heads));
    const renewal = act(later, { kind: "renew", entry, accountSignature });
    assert.equal(readOp(crypto, group, log, renewal.signed).kind, "op");
    const now = act(later, { kind: "set", field: 1, value: Uint8Array.of(65) });
    assert.equal(readOp(crypto, group, log, now.signed).kind, "op");
    const old = authorOp(crypto, group, log, alice.author(group), { kind: "leave" }, 8);
    assert.deepEqual(readOp(crypto, group, log, old.signed), refusal("signature"));
    const [member] = [...replay(log).members.values()];
    assert.equal(member?.entry.createdAt, 2_000);
  });

  it("is signed by the key of the later of two entries with one certificate, in any order", () => {
    const { group, log, created, act } = newGroup(alice);
    const other = { ...bob.parts, memberKey: crypto.signingFromSeed(new Uint8Array(32).fill(77)) };
    const base = [
      created,
      act(alice, { kind: "role", target: idOf(group, alice), role: 2, cuts: [] }),
    ];
    const adds = [bob.entry(group), makeEntry(crypto, other, group)].map((entry) =>
      authorOp(
        crypto,
        group,
        log,
        alice.author(group),
        { kind: "add", entries: [entry], role: 2 },
        entry.memberKey[0] as number,
      ),
    );
    const verdicts = [adds, [...adds].reverse()].map((order) => {
      const theirs = emptyLog();
      for (const { op } of [...base, ...order]) place(theirs, op);
      return [bob.parts.memberKey, other.memberKey].map((key) => {
        const author = { ...bob.author(group), key };
        const { signed } = authorOp(crypto, group, theirs, author, { kind: "leave" }, 8);
        return readOp(crypto, group, theirs, signed).kind;
      });
    });
    assert.deepEqual(verdicts[0], verdicts[1]);
    assert.deepEqual([...(verdicts[0] ?? [])].sort(), ["op", "refused"]);
  });

  it("renews only with the signature of the account, for these parents", () => {
    const { group, log } = newGroup(alice);
    const later = person(1, 2_000);
    const entry = makeEntry(crypto, later.parts);
    const elsewhere = renewClaim(group, entry, [opId.from(new Uint8Array(32))]);
    for (const accountSignature of [
      crypto.sign(alice.account, elsewhere),
      crypto.sign(later.parts.memberKey, renewClaim(group, entry, [...log.heads])),
    ]) {
      const renewal = { kind: "renew" as const, entry, accountSignature };
      const op = authorOp(crypto, group, log, later.author(group), renewal, 8);
      assert.deepEqual(readOp(crypto, group, log, op.signed), refusal("signature"));
    }
  });

  it("binds the device of an entry to its account", () => {
    const { group } = newGroup(alice);
    const mallory = person(9);
    // The certificate of Bob's account with a member key that Mallory's account signed.
    const entry = { ...bob.entry(group), keySignature: mallory.entry(group).keySignature };
    const { act } = newGroup(alice);
    assert.throws(() => act(alice, { kind: "add", entries: [entry], role: 2 }), RangeError);
    const foreign = certify(crypto, mallory.account, new Uint8Array(32).fill(9), 1);
    assert.throws(
      () => act(alice, { kind: "add", entries: [{ ...entry, certificate: foreign }], role: 2 }),
      RangeError,
    );
  });
});

const refusal = (why: string) => ({ kind: "refused", why });

function idOf(group: SignedOp["group"], who: ReturnType<typeof person>): Uint8Array {
  return Uint8Array.from(Buffer.from(who.author(group).member, "hex"));
}

/** The operation with its bytes changed and signed again by the same member. */
function resigned(
  { signed }: SignedOp,
  author: ReturnType<typeof person>,
  group: SignedOp["group"],
  change: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const bytes = change((splitSignature(signed) as { bytes: Uint8Array }).bytes);
  const claim = Buffer.concat([
    Buffer.from("sotto/1 group op signature"),
    Buffer.from(group, "hex"),
    bytes,
  ]);
  return joinSignature(bytes, crypto.sign(author.parts.memberKey, claim));
}
