import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fromHex, limits, toHex, utf8 } from "../../src/base/index.ts";
import { decodeSession, encodeSession, type Session, seal } from "../../src/ratchet/index.ts";
import { chainKey, headerKey } from "../../src/ratchet/keys.ts";
import { CT_BYTES } from "../../src/ratchet/scka.ts";
import { recordEpochs } from "../vectors/generate-epochs.ts";
import {
  atRest,
  epochLater,
  restored,
  stageOf,
  toAnswerer,
  toMaker,
  until,
  withStage,
} from "./epochs.ts";
import { frameOf, node, opens, pair, pass, refusedAlike, sealMany } from "./support.ts";

describe("a post-quantum epoch", () => {
  it("passes through its stages, and derives the same new chains on both sides", () => {
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

  it("encrypts to the recorded bytes over two epochs with late messages, and decrypts them", () => {
    const file = new URL("../vectors/ratchet_epochs.json", import.meta.url);
    const recorded: ReturnType<typeof recordEpochs> = JSON.parse(readFileSync(file, "utf8"));
    assert.deepEqual(recordEpochs(), recorded);
    const lone = decodeSession(fromHex(recorded.start.bob) ?? new Uint8Array(0));
    assert.ok(lone);
    const first = recorded.messages[0];
    assert.ok(first?.to === "bob");
    const { plaintext } = opens(node, lone, fromHex(first.message), first.now);
    assert.equal(toHex(plaintext), first.plaintext);
  });

  it("alternates the side that generates the encapsulation key", () => {
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

  it("begins a day after the epoch's first received message, to the millisecond", () => {
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

  it("does not begin again for late messages of the previous epoch", () => {
    const rest = until(atRest(), "maker", "agreed");
    const late = sealMany(node, rest.maker, 2);
    // Of the chain that takes up the epoch, the second comes first; the answerer is then at rest.
    const after = opens(node, rest.answerer, late.messages[1]).next;
    assert.equal(after.scka.epoch, 1);
    const { next } = opens(node, after, late.messages[0]);
    assert.equal(next.scka.epoch, 1);
    stageOf(next, "resting");
  });

  it("completes when one side only sends acknowledgements", () => {
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

  it("does not complete without answers, and costs bounded bytes", () => {
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

  it("keeps a sending chain in one epoch", () => {
    const at = toAnswerer(until(atRest(), "answerer", "answering"));
    const theirs = sealMany(node, at.answerer, 20);
    // The maker answers the first, and so has a chain of its own when the rest of the ciphertext
    // comes.
    let maker = opens(node, at.maker, theirs.messages[0]).next;
    const first = seal(node, maker, utf8("a chain's first"));
    maker = first.next;
    for (const message of theirs.messages.slice(1)) maker = opens(node, maker, message).next;
    stageOf(maker, "agreed");
    assert.equal(maker.sending.kind, "active");
    const more = sealMany(node, maker, 3);
    stageOf(more.next, "agreed");
    let answerer = opens(node, theirs.next, first.message).next;
    for (const message of more.messages) answerer = opens(node, answerer, message).next;
    // On the chain of the old epoch the maker says that it has all, so that no more of it is sent.
    assert.equal(stageOf(answerer, "answering").out.acked, CT_BYTES);
    // The next chain takes it up.
    const turned = toMaker({ maker: more.next, answerer });
    stageOf(toAnswerer(turned).maker, "taken");
  });

  it("decrypts late messages of the previous epoch with the stored chains", () => {
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

  it("needs at most 488 bytes of session state between exchanges and 4.3 KB during one", () => {
    const rest = atRest();
    const bare = (session: Session) => {
      assert.ok(session.receiving.kind === "active");
      const { receiving } = session;
      const MKSKIPPED = { ...receiving.MKSKIPPED, old: [] };
      const DHs = node.dhGenerate();
      const keys = { HKs: headerKey(DHs.public), CKs: chainKey(DHs.public) };
      return encodeSession({
        ...session,
        sending: { kind: "active", DHs, ...keys, Ns: 1, PN: 1 },
        receiving: { ...receiving, MKSKIPPED },
      }).length;
    };
    assert.equal(bare(rest.maker), 488);
    let most = 0;
    let bound = 0;
    for (let at = rest; at.maker.scka.epoch === 0; ) {
      at = toMaker(toAnswerer(at));
      for (const session of [at.maker, at.answerer]) {
        most = Math.max(most, bare(session));
        bound = Math.max(bound, encodeSession(session).length);
      }
    }
    assert.ok(most > 3_800 && most <= 3_969, `${most}`);
    assert.ok(bound <= 4_300, `${bound}`);
  });
});
