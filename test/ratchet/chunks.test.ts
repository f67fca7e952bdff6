import assert from "node:assert/strict";
import { toHex } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import {
  encodeSession,
  MESSAGE_OVERHEAD,
  open,
  type Session,
  seal,
} from "../../src/ratchet/index.ts";
import { pqChainKey } from "../../src/ratchet/keys.ts";
import { EK_BYTES } from "../../src/ratchet/scka.ts";
import { atRest, epochLater, stageOf, toAnswerer, toMaker, withStage } from "./epochs.ts";
import { flip, frameOf, node, opens } from "./support.ts";

const hex = (session: Session) => toHex(encodeSession(session));

describe("the chunks of a post-quantum exchange", () => {
  it("are not sent between exchanges", () => {
    const { maker, answerer } = epochLater(atRest());
    for (const session of [maker, answerer])
      assert.equal(seal(node, session, new Uint8Array(7)).message.length, 7 + 94);
  });

  it("fill their frame without changing its size, except a chain's first message with under 32 bytes free", () => {
    const { maker } = toMaker(atRest());
    assert.equal(maker.sending.kind, "due");
    const first = seal(node, toAnswerer(toMaker(atRest())).maker, new Uint8Array(0)).next;
    stageOf(first, "offering");
    const left = EK_BYTES - stageOf(first, "offering").out.cursor;
    for (let size = 0; size < 1_000; size++) {
      const text = new Uint8Array(size);
      const bare = seal(
        node,
        withStage(maker, { kind: "taken", CKr: pqChainKey(maker.AD) }),
        text,
      ).message;
      const usual = frameOf(bare).length;
      // On a running chain.
      const running = seal(node, first, text).message;
      assert.equal(frameOf(running).length, usual, `${size}`);
      const free = usual - 5 - bare.length;
      const more = free > 4 ? Math.min(free, 4 + left) : 0;
      assert.equal(running.length - bare.length, more, `${size}`);
      // At the front of a chain.
      const { message } = seal(node, maker, text);
      assert.ok(message.length - bare.length >= 36);
      assert.equal(frameOf(message).length, free >= 36 ? usual : usual * 4);
    }
    for (const size of [65_536, 81_000, 81_815, 81_820]) {
      const { message } = seal(node, first, new Uint8Array(size));
      assert.ok(message.length <= 81_915);
    }
  });

  it("acknowledge received chunks where two bytes are free, without changing the frame's size", () => {
    const { answerer } = toAnswerer(atRest(), 100);
    assert.ok(stageOf(answerer, "awaiting").ek.length > 0);
    const told = new Set<number>();
    for (let size = 100; size < 200; size++) {
      const bare = size + MESSAGE_OVERHEAD;
      const { message } = seal(node, answerer, new Uint8Array(size));
      const usual = frameOf(new Uint8Array(bare)).length;
      assert.equal(frameOf(message).length, usual);
      const free = usual - 5 - bare;
      assert.equal(message.length - bare, free >= 2 ? 2 : 0);
      told.add(free);
    }
    for (const free of [0, 1, 2]) assert.ok(told.has(free));
  });

  it("are sent again from the first unacknowledged byte when some were lost", () => {
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

  it("are accepted only if the body is authentic", () => {
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

  it("draw no randomness and generate no key unless a message completes a value", () => {
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
