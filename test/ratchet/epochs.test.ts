import assert from "node:assert/strict";
import { concat, limits, toHex, u32, utf8 } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import { encodeSession, open, type Session, seal } from "../../src/ratchet/index.ts";
import { CT_BYTES, EK_BYTES } from "../../src/ratchet/scka.ts";
import { encodeFrame, encodeLinkFrame } from "../../src/wire/index.ts";
import {
  atRest,
  lying,
  restored,
  stageOf,
  type Two,
  toAnswerer,
  toMaker,
  until,
  withStage,
} from "./epochs.ts";
import { flip, node, opens, pair, pass, refusal, sealMany } from "./support.ts";

const hex = (session: Session) => toHex(encodeSession(session));
const u16 = (value: number) => u32(value).slice(2);
const frameOf = (message: Uint8Array) => encodeFrame(encodeLinkFrame({ type: "ratchet", message }));

function refusedAlike(session: Session, message: Uint8Array, why: string) {
  const before = hex(session);
  assert.equal(refusal(node, session, message), why);
  assert.equal(hex(session), before);
}

/** Runs both sides until each is at rest in the next epoch. */
function epochLater(two: Two, size?: number): Two {
  const taken = until(two, "maker", "taken", size);
  return until(taken, "maker", "awaiting", size);
}

describe("a post-quantum epoch", () => {
  it("passes through its stages, and gives both sides the same new chains", () => {
    let at = atRest();
    const before = at;
    at = toAnswerer(at);
    stageOf(at.maker, "offering");
    stageOf(at.answerer, "awaiting");
    at = until(at, "answerer", "answering");
    at = until(at, "maker", "agreed");
    assert.equal(toHex(at.maker.scka.root), toHex(at.answerer.scka.root));
    assert.notEqual(toHex(at.maker.scka.root), toHex(before.maker.scka.root));
    const { chains } = stageOf(at.maker, "agreed");
    const { chains: same } = stageOf(at.answerer, "answering");
    assert.deepEqual([chains.CKs, chains.CKr], [same.CKr, same.CKs]);
    at = until(at, "maker", "taken");
    stageOf(at.answerer, "resting");
    assert.deepEqual([at.maker.scka.epoch, at.answerer.scka.epoch], [0, 1]);
    at = toMaker(at);
    stageOf(at.maker, "awaiting");
    assert.deepEqual([at.maker.scka.epoch, at.answerer.scka.epoch], [1, 1]);
  });

  it("has the other side make the key of the next one", () => {
    let { maker, answerer } = atRest();
    for (let epoch = 1; epoch <= 4; epoch++) {
      const after = epochLater({ maker, answerer }, 300);
      assert.equal(after.maker.scka.epoch, epoch);
      const { messages } = stageOf(after.answerer, "resting");
      assert.ok(messages < 5);
      answerer = after.maker;
      maker = withStage(after.answerer, { kind: "resting", messages: 40, since: 0 });
    }
  });

  it("begins after 40 messages of either direction", () => {
    let { alice, bob } = pair();
    for (let i = 0; i < 20; i++) {
      ({ from: alice, to: bob } = pass(node, alice, bob));
      ({ from: bob, to: alice } = pass(node, bob, alice));
      stageOf(bob, "resting");
    }
    ({ from: alice, to: bob } = pass(node, alice, bob));
    stageOf(pass(node, bob, alice).from, "offering");
  });

  it("begins a day after the epoch's first message that came, to the millisecond", () => {
    const { alice, bob } = pair();
    const born = 1_800_000_000_000;
    const first = pass(node, alice, bob, born);
    for (const [age, kind] of [
      [limits.pqEpochAge - 1, "resting"],
      [limits.pqEpochAge, "offering"],
      [-limits.pqEpochAge, "resting"],
    ] as const) {
      const { to } = pass(node, first.from, first.to, born + age);
      stageOf(seal(node, to, utf8("an answer")).next, kind);
    }
  });

  it("does not begin again for messages that come late from the epoch before", () => {
    const rest = until(atRest(), "maker", "agreed");
    const late = sealMany(node, rest.maker, 2);
    // Of the chain that takes up the epoch, the second comes first; the answerer is then at rest.
    const after = opens(node, rest.answerer, late.messages[1]).next;
    assert.equal(after.scka.epoch, 1);
    const { next } = opens(node, after, late.messages[0]);
    assert.equal(next.scka.epoch, 1);
    stageOf(next, "resting");
  });

  it("completes from either side's answers alone while the other one writes", () => {
    for (const writer of ["maker", "answerer"] as const) {
      let at = atRest();
      for (let i = 0; i < 30 && at.maker.scka.epoch === 0; i++) {
        for (let n = 0; n < 5; n++)
          at = writer === "maker" ? toAnswerer(at, 100) : toMaker(at, 100);
        at = writer === "maker" ? toMaker(at, 12) : toAnswerer(at, 12);
      }
      assert.equal(at.maker.scka.epoch, 1);
    }
  });

  it("never completes while nobody answers, and costs bounded bytes", () => {
    let { maker } = atRest();
    const lengths = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const { message, next } = seal(node, maker, new Uint8Array(150));
      if (i > 0) lengths.add(frameOf(message).length);
      maker = next;
    }
    stageOf(maker, "offering");
    assert.deepEqual([...lengths], [256]);
    assert.ok(encodeSession(maker).length < 3_000);
  });

  it("keeps a sending chain in one epoch from its first message to its last", () => {
    let at = until(atRest(), "maker", "offering");
    at = until(at, "answerer", "answering", 300);
    // The maker sends on one chain; the ciphertext comes meanwhile.
    at = toAnswerer(at);
    const { messages, next } = sealMany(node, at.answerer, 12);
    let { maker } = at;
    const chain = seal(node, maker, utf8("a chain's first"));
    maker = chain.next;
    for (const message of messages) maker = opens(node, maker, message).next;
    stageOf(maker, "agreed");
    const ended = opens(node, next, chain.message).next;
    assert.ok(maker.sending.kind === "due" || maker.sending.kind === "active");
    const more = seal(node, maker, utf8("more"));
    stageOf(more.next, maker.sending.kind === "due" ? "taken" : "agreed");
    opens(node, ended, more.message);
  });

  it("opens messages of the epoch before that come late, on the chains that are kept", () => {
    const start = until(atRest(), "maker", "agreed");
    // Late messages of both sides, sealed in epoch 0, of which the last of each arrives.
    const theirs = sealMany(node, start.answerer, 3);
    let maker = opens(node, start.maker, theirs.messages[2]).next;
    let answerer = theirs.next;
    const ours = sealMany(node, maker, 3);
    answerer = opens(node, answerer, ours.messages[2]).next;
    assert.equal(answerer.scka.epoch, 1);
    maker = ours.next;
    ({ maker, answerer } = toMaker({ maker, answerer }));
    assert.equal(maker.scka.epoch, 1);
    for (const i of [1, 0]) {
      maker = opens(node, restored(maker), theirs.messages[i]).next;
      answerer = opens(node, restored(answerer), ours.messages[i]).next;
    }
    refusedAlike(maker, theirs.messages[0] as Uint8Array, "replayed");
    toAnswerer(toMaker({ maker, answerer }));
  });

  it("has a session of at most 487 bytes at rest and 4.3 KB in flight", () => {
    const rest = atRest();
    const bare = (session: Session) => {
      assert.ok(session.receiving.kind === "active");
      const { receiving } = session;
      const MKSKIPPED = { ...receiving.MKSKIPPED, old: [] };
      const DHs = node.dhGenerate();
      const keys = { HKs: DHs.public, CKs: DHs.public };
      return encodeSession({
        ...session,
        sending: { kind: "active", DHs, ...keys, Ns: 1, PN: 1 },
        receiving: { ...receiving, MKSKIPPED },
      }).length;
    };
    assert.equal(bare(rest.maker), 487);
    let most = 0;
    let bound = 0;
    for (let at = rest; at.maker.scka.epoch === 0; ) {
      at = toMaker(toAnswerer(at));
      for (const session of [at.maker, at.answerer]) {
        most = Math.max(most, bare(session));
        bound = Math.max(bound, encodeSession(session).length);
      }
    }
    assert.ok(most > 3_800 && most <= 3_968, `${most}`);
    assert.ok(bound <= 4_300, `${bound}`);
  });
});

describe("the bytes of an exchange", () => {
  it("are none while the sides are at rest", () => {
    const { maker, answerer } = epochLater(atRest());
    for (const session of [maker, answerer])
      assert.equal(seal(node, session, new Uint8Array(7)).message.length, 7 + 94);
  });

  it("fill their frame and never change its size, but for a chain's first message without 32 free", () => {
    const { maker } = atRest();
    const first = seal(node, toAnswerer(toMaker(atRest())).maker, new Uint8Array(0)).next;
    stageOf(first, "offering");
    const left = EK_BYTES - stageOf(first, "offering").out.cursor;
    for (let size = 0; size < 1_000; size++) {
      const text = new Uint8Array(size);
      const bare = seal(node, withStage(maker, { kind: "taken", CKr: maker.AD }), text).message;
      const usual = frameOf(bare).length;
      // On a running chain.
      const running = seal(node, first, text).message;
      assert.equal(frameOf(running).length, usual, `${size}`);
      const free = usual - 5 - bare.length;
      if (free > 4) assert.equal(running.length - bare.length, Math.min(free, 4 + left));
      // At the front of a chain.
      const { message } = seal(node, maker, text);
      if (maker.sending.kind === "due") {
        assert.ok(message.length - bare.length >= 36);
        assert.equal(frameOf(message).length, free >= 36 ? usual : usual * 4);
      }
    }
    for (const size of [65_536, 81_000, 81_815, 81_820]) {
      const { message } = seal(node, first, new Uint8Array(size));
      assert.ok(message.length <= 81_915);
    }
  });

  it("go round again from what has arrived when some were lost", () => {
    let at = toAnswerer(atRest(), 100);
    const here = stageOf(at.answerer, "awaiting").ek.length;
    assert.ok(here > 0);
    // Everything else of the first round is lost.
    let { maker } = at;
    while (stageOf(maker, "offering").out.cursor < EK_BYTES)
      maker = seal(node, maker, new Uint8Array(100)).next;
    at = toMaker({ ...at, maker }, 100);
    assert.equal(stageOf(at.maker, "offering").out.acked, here);
    at = toAnswerer(at, 100);
    assert.ok(stageOf(at.answerer, "awaiting").ek.length > here);
    at = epochLater(at);
    assert.equal(at.maker.scka.epoch, 1);
  });

  it("count only once the body was authentic", () => {
    const { maker, answerer } = atRest();
    const noKem: CryptoProvider = {
      ...node,
      kemEncapsulate: () => assert.fail("a key was used before its message was authentic"),
    };
    const { message } = seal(node, maker, new Uint8Array(2_000));
    const damaged = flip(message, message.length - 1);
    const before = hex(answerer);
    const result = open(noKem, answerer, damaged, 0);
    assert.equal(result.kind === "refused" && result.why, "forged");
    assert.equal(hex(answerer), before);
    stageOf(opens(node, answerer, message).next, "answering");
  });

  it("draw no chance and make no key in any message that completes no value", () => {
    const still: CryptoProvider = {
      ...node,
      random: () => assert.fail("chance was drawn"),
      kemGenerate: () => assert.fail("a key was made"),
      kemEncapsulate: () => assert.fail("a secret was made"),
      kemDecapsulate: () => assert.fail("a secret was opened"),
    };
    let { maker, answerer } = atRest();
    for (let i = 0; i < 5; i++) {
      const there = seal(node, maker, new Uint8Array(10));
      answerer = opens(still, answerer, there.message).next;
      const back = seal(node, answerer, new Uint8Array(10));
      maker = opens(still, there.next, back.message).next;
      answerer = back.next;
    }
  });
});

describe("a peer that lies about an exchange", () => {
  const message = (...parts: Uint8Array[]) => concat(...parts);
  const says = (from: Session, bytes: Uint8Array) =>
    lying(from, ({ epoch }) => ({ epoch, message: bytes }));
  const inEpoch = (from: Session, epoch: number) =>
    lying(from, ({ message: bytes }) => ({ epoch, message: bytes }));

  it("is refused with an epoch that is not this one, at every stage but where the next must come", () => {
    const rest = epochLater(atRest());
    for (const [from, to] of [
      [rest.answerer, rest.maker],
      [rest.maker, rest.answerer],
    ] as const)
      for (const epoch of [0, 2, 3, 0xffff_ffff])
        refusedAlike(to, inEpoch(from, epoch), "malformed");

    let at = toAnswerer(atRest());
    for (let kind = ""; at.maker.scka.epoch === 0; at = toMaker(toAnswerer(at))) {
      if (kind === at.answerer.scka.stage.kind) continue;
      kind = at.answerer.scka.stage.kind;
      // An epoch jump, and one that the answerer cannot begin.
      refusedAlike(at.answerer, inEpoch(at.maker, 2), "malformed");
      refusedAlike(at.maker, inEpoch(at.answerer, 1), "malformed");
      if (kind === "awaiting") refusedAlike(at.answerer, inEpoch(at.maker, 1), "malformed");
    }
  });

  it("is refused when it goes back to an old epoch, with an old chain's number too", () => {
    let at = until(atRest(), "maker", "agreed");
    const early = sealMany(node, at.answerer, 2);
    const maker = opens(node, at.maker, early.messages[1]).next;
    at = epochLater({ maker, answerer: early.next });
    at = toMaker(toAnswerer(at));
    refusedAlike(at.maker, inEpoch(at.answerer, 0), "malformed");
    // Its late message of epoch 0 must say so.
    const old = lying({ ...early.next, scka: at.answerer.scka }, () => ({
      epoch: 1,
      message: new Uint8Array(0),
    }));
    assert.match(refusal(node, at.maker, old), /malformed/);
    opens(node, at.maker, early.messages[0]);
  });

  it("is refused with post-quantum bytes of a length or place that there is not", () => {
    const { maker, answerer } = atRest();
    const offering = seal(node, maker, new Uint8Array(150)).next;
    const long = new Uint8Array(EK_BYTES + 1);
    for (const bytes of [
      Uint8Array.of(0),
      new Uint8Array(3),
      new Uint8Array(4),
      message(u16(0), u16(1), long.subarray(1)),
      message(u16(0), u16(EK_BYTES), u16(0)),
      message(u16(0), u16(0xffff), u16(0)),
      message(u16(1), u16(0), u16(0)),
      u16(1),
    ])
      refusedAlike(answerer, says(maker, bytes), "malformed");
    for (const bytes of [
      u16(EK_BYTES + 1),
      message(u16(EK_BYTES), u16(1), long.subarray(0, CT_BYTES)),
      message(u16(EK_BYTES), u16(0), long.subarray(0, CT_BYTES + 1)),
      message(u16(EK_BYTES), u16(CT_BYTES), u16(1)),
    ])
      refusedAlike(offering, says(answerer, bytes), "malformed");
    const answering = until(atRest(), "answerer", "answering");
    refusedAlike(answering.answerer, says(answering.maker, u16(CT_BYTES + 1)), "malformed");
    const resting = epochLater(atRest());
    refusedAlike(resting.answerer, says(resting.maker, u16(1)), "malformed");
  });

  it("is refused with bytes beyond what any header holds", () => {
    const { maker, answerer } = atRest();
    refusedAlike(answerer, says(maker, new Uint8Array(limits.sckaMessage + 1)), "malformed");
  });

  it("is refused with an encapsulation key that fails its checks", () => {
    const { maker, answerer } = atRest();
    const bad = new Uint8Array(EK_BYTES).fill(0xff);
    refusedAlike(answerer, says(maker, message(u16(0), u16(0), bad)), "bad-key");
  });

  for (const value of ["key", "ciphertext"] as const)
    it(`and changes the ${value} ends in refused messages, and never in a split that nobody sees`, () => {
      const rest = atRest();
      let { maker, answerer } = rest;
      const there = seal(node, maker, new Uint8Array(2_000));
      if (value === "key") {
        const { public: ek } = stageOf(there.next, "offering").pair;
        const changed = message(u16(0), u16(0), flip(ek, 1_180));
        answerer = opens(node, answerer, says(maker, changed)).next;
      } else answerer = opens(node, answerer, there.message).next;
      maker = there.next;
      // A message without room begins the chain on which the lie is told.
      answerer = seal(node, answerer, new Uint8Array(81_820)).next;
      const { ct } = stageOf(answerer, "answering");
      const sent = value === "key" ? ct : flip(ct, 7);
      const back = says(answerer, message(u16(EK_BYTES), u16(0), sent));
      maker = opens(node, maker, back).next;
      stageOf(maker, "agreed");
      // Until the maker takes the epoch up all goes on; its very first message of the epoch is refused, and each after it.
      const { messages } = sealMany(node, maker, 3);
      for (const message of messages) refusedAlike(answerer, message, "forged");
      // The answerer, who has not followed, is understood.
      opens(node, maker, sealMany(node, answerer, 2).messages[1]);
    });
});
