import assert from "node:assert/strict";
import { concat, limits, toHex, u32, u64, utf8 } from "../../src/base/index.ts";
import { decodeSession, encodeSession, type Session, seal } from "../../src/ratchet/index.ts";
import type { Stage } from "../../src/ratchet/scka.ts";
import { atRest, stageOf, toAnswerer, toMaker, until, withStage } from "./epochs.ts";
import { noble, node, opens, pair, pass, sealMany } from "./support.ts";

const hex = (session: Session) => toHex(encodeSession(session));

function decoded(bytes: Uint8Array): Session {
  const session = decodeSession(bytes);
  assert.ok(session);
  return session;
}

/** A session of every kind, by what it is. */
function sessions(): Readonly<Record<string, Session>> {
  const { alice, bob } = pair();
  const there = pass(node, alice, bob);
  const back = pass(node, there.to, there.from);
  let old = back.to;
  let peer = back.from;
  for (let i = 0; i < 7; i++) {
    const { messages, next } = sealMany(node, old, 3);
    peer = opens(node, peer, messages[i % 2 === 0 ? 2 : 1], 1_800_000_000_000 + i).next;
    ({ from: peer, to: old } = pass(node, peer, next));
  }
  return {
    "an initiator": alice,
    "a responder": bob,
    "an initiator that has sent": there.from,
    "a responder that has received": there.to,
    "one with both chains": back.from,
    "one with old chains and skipped keys": peer,
  };
}

describe("an encoded session", () => {
  it("decodes to the same session in every state", () => {
    for (const [name, session] of Object.entries(sessions())) {
      const again = decoded(encodeSession(session));
      assert.deepEqual(again, session, name);
      assert.equal(hex(again), hex(session), name);
    }
  });

  it("is rejected when truncated, too long, or of another version", () => {
    for (const [name, session] of Object.entries(sessions())) {
      const bytes = encodeSession(session);
      for (let length = 0; length < bytes.length; length++)
        assert.equal(decodeSession(bytes.slice(0, length)), undefined, `${name}: ${length}`);
      assert.equal(decodeSession(concat(bytes, Uint8Array.of(0))), undefined, name);
      for (const version of [0, 1, 2, 4, 255]) {
        const other = bytes.slice();
        other[0] = version;
        assert.equal(decodeSession(other), undefined, name);
      }
    }
  });

  it("is rejected with an unknown kind", () => {
    const { alice, bob } = pair();
    for (const session of [alice, bob]) {
      const bytes = encodeSession(session);
      const sendingAt = 161 + (session === alice ? 103 : 113);
      for (const at of [261, sendingAt, bytes.length - 1]) {
        const other = bytes.slice();
        other[at] = 6;
        assert.equal(decodeSession(other), undefined);
      }
    }
    // Nor where the rest would fit: 3 in the place of an active sender's 2, and 2 in that of a
    // receiver's 1.
    const there = pass(node, alice, bob);
    const sender = encodeSession(there.from);
    const receiver = encodeSession(there.to);
    for (const [bytes, at, kind] of [
      [sender, 161 + 103, 2],
      [receiver, 161 + 113 + 37, 1],
    ] as const) {
      assert.equal(bytes[at], kind);
      bytes[at] = kind + 1;
      assert.equal(decodeSession(bytes), undefined);
    }
  });

  it("is rejected with skipped keys out of order, beyond the chain, missing, too many, or without a time", () => {
    const { alice, bob } = pair();
    const there = pass(node, alice, bob).to;
    const mk = new Uint8Array(32);
    const { receiving } = there;
    assert.ok(receiving.kind === "active");
    const key = (N: number, at = 7) => concat(u32(N), u64(at), mk);
    const head = encodeSession({ ...there, receiving: { kind: "none" } }).slice(0, -1);
    const form = (Nr: number, lost: number, keys: Uint8Array[], tail: Uint8Array) =>
      concat(
        head,
        Uint8Array.of(1),
        receiving.HKr,
        receiving.CKr,
        u32(Nr),
        Uint8Array.of(0),
        u32(lost),
        u32(keys.length).slice(2),
        ...keys,
        tail,
      );
    const none = Uint8Array.of(0);
    const chain = concat(mk, u32(0), u32(3), u32(0), Uint8Array.of(0, 1), key(2));
    const takes = (bytes: Uint8Array) => decodeSession(bytes) !== undefined;
    assert.ok(takes(form(9, 2, [key(2), key(5), key(8)], none)));
    assert.ok(!takes(form(9, 2, [key(5), key(2)], none)));
    assert.ok(!takes(form(9, 2, [key(5), key(5)], none)));
    assert.ok(!takes(form(9, 2, [key(9)], none)));
    assert.ok(!takes(form(9, 2, [key(1)], none)));
    assert.ok(takes(form(9, 9, [], none)));
    assert.ok(!takes(form(9, 10, [], none)));
    const late = concat(u32(3), u64(0).fill(0xff), mk);
    assert.ok(!takes(form(9, 2, [late], none)));

    const chains = (count: number) => concat(Uint8Array.of(count), ...Array(count).fill(chain));
    assert.ok(takes(form(9, 0, [], chains(limits.oldChains))));
    assert.ok(!takes(form(9, 0, [], chains(limits.oldChains + 1))));
    const many = Array.from({ length: limits.skippedKeys }, (_, N) => key(N));
    assert.ok(takes(form(3000, 0, many, none)));
    assert.ok(!takes(form(3000, 0, [...many, key(2500)], none)));
    assert.ok(!takes(form(3000, 0, many, chains(1))));
  });

  it("decodes every stage of a post-quantum exchange, and rejects any other prefix", () => {
    const kinds = ["resting", "offering", "agreed", "taken", "awaiting", "answering"];
    const left = new Set(kinds);
    for (let at = atRest(), i = 0; i < 100; i++, at = i % 2 === 0 ? toMaker(at) : toAnswerer(at))
      for (const session of [at.maker, at.answerer]) {
        const bytes = encodeSession(session);
        const { kind } = session.scka.stage;
        assert.equal(hex(decoded(bytes)), toHex(bytes));
        if (!left.delete(kind)) continue;
        assert.equal(bytes[261], kinds.indexOf(kind));
        for (let length = 0; length < bytes.length; length++)
          assert.equal(decodeSession(bytes.slice(0, length)), undefined, `${kind}: ${length}`);
        assert.equal(decodeSession(concat(bytes, Uint8Array.of(0))), undefined, kind);
        const other = bytes.slice();
        other[261] = 6;
        assert.equal(decodeSession(other), undefined);
      }
    assert.deepEqual([...left], []);
  });

  it("is rejected with a complete value, more acknowledged than sent, or more sent than exists", () => {
    const rest = atRest();
    const takes = (session: Session, stage: Stage) =>
      decodeSession(encodeSession(withStage(session, stage))) !== undefined;
    const awaiting = (length: number) =>
      ({ kind: "awaiting", ek: new Uint8Array(length) }) as const;
    assert.ok(takes(rest.answerer, awaiting(1183)));
    assert.ok(!takes(rest.answerer, awaiting(1184)));
    const offering = stageOf(seal(node, rest.maker, utf8("begins")).next, "offering");
    const answering = stageOf(until(rest, "answerer", "answering").answerer, "answering");
    assert.ok(takes(rest.maker, { ...offering, ct: new Uint8Array(1087) }));
    assert.ok(!takes(rest.maker, { ...offering, ct: new Uint8Array(1088) }));
    for (const [stage, length] of [
      [offering, 1184],
      [answering, 1088],
    ] as const) {
      const at = (acked: number, cursor: number) =>
        takes(rest.maker, { ...stage, out: { acked, cursor } });
      assert.ok(at(0, 0) && at(5, 5) && at(0, length) && at(length, length));
      assert.ok(!at(6, 5) && !at(0, length + 1) && !at(length + 1, length + 1));
    }
  });

  it("shares no memory with the session", () => {
    const { alice } = pair();
    const before = hex(alice);
    const bytes = encodeSession(alice);
    const session = decoded(bytes);
    bytes.fill(0);
    assert.equal(hex(session), before);
    encodeSession(alice).fill(0);
    assert.equal(hex(alice), before);
  });

  it("continues a conversation with either provider on each side", () => {
    let { alice, bob } = pair(node, noble);
    for (let i = 0; i < 6; i++) {
      const [ours, theirs] = i % 2 === 0 ? [node, noble] : [noble, node];
      const { messages, next } = sealMany(ours, decoded(encodeSession(alice)), 3);
      let at = opens(theirs, decoded(encodeSession(bob)), messages[2]).next;
      at = opens(theirs, decoded(encodeSession(at)), messages[0]).next;
      const answer = seal(theirs, decoded(encodeSession(at)), utf8("answer"));
      alice = opens(ours, decoded(encodeSession(next)), answer.message).next;
      bob = answer.next;
    }
  });
});
