import assert from "node:assert/strict";
import { limits, toHex, u32, utf8 } from "../../src/base/index.ts";
import { HENCRYPT, sealMessage } from "../../src/ratchet/header.ts";
import { canSeal, encodeSession, type Session, seal } from "../../src/ratchet/index.ts";
import { messageKey } from "../../src/ratchet/keys.ts";
import { node, opens, pair, pass, refusal, sealMany } from "./support.ts";

const hex = (session: Session) => toHex(encodeSession(session));
const skip = limits.skipPerMessage;
const text = (plaintext: Uint8Array) => toHex(plaintext);

describe("the bounds of a session", () => {
  it("accepts a message that skips 1000 others, and rejects 1001", () => {
    const { alice, bob } = pair();
    const { messages } = sealMany(node, alice, skip + 3);
    const before = hex(bob);
    assert.equal(refusal(node, bob, messages[skip + 1]), "too-far");
    assert.equal(hex(bob), before);
    assert.equal(text(opens(node, bob, messages[skip]).plaintext), text(u32(skip)));
    // And on a chain that is running.
    const running = opens(node, bob, messages[0]).next;
    assert.equal(refusal(node, running, messages[skip + 2]), "too-far");
    opens(node, running, messages[skip + 1]);
  });

  it("accepts a closed chain that lacks 1000 messages, and rejects 1001", () => {
    const { alice, bob } = pair();
    for (const [count, why] of [
      [skip + 1, "opened"],
      [skip + 2, "too-far"],
    ] as const) {
      const { messages, next } = sealMany(node, alice, count);
      const answer = seal(node, opens(node, bob, messages[0]).next, utf8("answer"));
      const turned = opens(node, next, answer.message).next;
      const { message } = seal(node, turned, utf8("on the new chain"));
      if (why === "opened") {
        const { next: after } = opens(node, answer.next, message);
        assert.equal(text(opens(node, after, messages[skip]).plaintext), text(u32(skip)));
      } else {
        const before = hex(answer.next);
        assert.equal(refusal(node, answer.next, message), why);
        assert.equal(hex(answer.next), before);
      }
    }
  });

  it("keeps 2000 skipped keys, and drops the oldest for one more", () => {
    const { alice, bob } = pair();
    const { messages } = sealMany(node, alice, 2 * skip + 4);
    let at = opens(node, bob, messages[skip]).next;
    at = opens(node, at, messages[2 * skip + 1]).next;
    const full = encodeSession(at).length;
    opens(node, at, messages[0]);
    at = opens(node, at, messages[2 * skip + 3]).next;
    assert.equal(encodeSession(at).length, full);
    assert.equal(refusal(node, at, messages[0]), "expired");
    assert.equal(text(opens(node, at, messages[1]).plaintext), text(u32(1)));
    assert.equal(text(opens(node, at, messages[2 * skip + 2]).plaintext), text(u32(2 * skip + 2)));
    // What was never skipped is told from what was dropped.
    assert.equal(refusal(node, at, messages[skip]), "replayed");
  });

  it("drops the keys of older chains before those of newer ones", () => {
    const { alice, bob } = pair();
    const first = sealMany(node, alice, skip + 1);
    let at = opens(node, bob, first.messages[skip]).next;
    const turn = pass(node, at, first.next);
    const second = sealMany(node, turn.to, 2 * skip + 3);
    at = opens(node, turn.from, second.messages[skip]).next;
    opens(node, at, first.messages[0]);
    at = opens(node, at, second.messages[skip + 3]).next;
    assert.equal(refusal(node, at, first.messages[1]), "expired");
    assert.equal(text(opens(node, at, first.messages[2]).plaintext), text(u32(2)));
    assert.equal(text(opens(node, at, second.messages[0]).plaintext), text(u32(0)));
    assert.equal(text(opens(node, at, first.messages[skip - 1]).plaintext), text(u32(skip - 1)));
    at = opens(node, at, second.messages[2 * skip + 2]).next;
    assert.equal(refusal(node, at, first.messages[skip - 1]), "expired");
    opens(node, at, second.messages[0]);
  });

  it("keeps a skipped key for 30 days, to the millisecond", () => {
    const { alice, bob } = pair();
    const { messages } = sealMany(node, alice, 4);
    const born = 1_800_000_000_000;
    const at = opens(node, bob, messages[2], born).next;
    const end = born + limits.skippedKeyAge;
    opens(node, at, messages[0], end);
    const before = hex(at);
    assert.equal(refusal(node, at, messages[0], end + 1), "expired");
    assert.equal(hex(at), before);
    const kept = opens(node, at, messages[3], end).next;
    const purged = opens(node, at, messages[3], end + 1).next;
    assert.equal(encodeSession(kept).length - encodeSession(purged).length, 2 * 44);
    // The clock may go back: the key is gone for good.
    assert.equal(refusal(node, purged, messages[0], born), "expired");
    opens(node, kept, messages[0], born - 5);
  });

  it("fills a chain up to the largest PN, and then refuses to send on it", () => {
    const { alice, bob } = pair();
    const there = pass(node, alice, bob);
    const { sending } = there.from;
    const { receiving } = there.to;
    assert.ok(sending.kind === "active" && receiving.kind === "active");
    const nearEnd: Session = { ...there.from, sending: { ...sending, Ns: 0xffff_fffe } };
    const bobNearEnd: Session = { ...there.to, receiving: { ...receiving, Nr: 0xffff_fffe } };
    const last = seal(node, nearEnd, utf8("the last"));
    assert.equal(canSeal(last.next), false);
    assert.throws(() => seal(node, last.next, utf8("one more")), RangeError);
    const full = opens(node, bobNearEnd, last.message).next;

    // A peer that goes on all the same is refused, and after its next turn all is well.
    const header = {
      DH: sending.DHs.public,
      PN: sending.PN,
      N: 0xffff_ffff,
      scka: { epoch: 0, message: new Uint8Array(0) },
    };
    const front = HENCRYPT(node, sending.HKs, header, alice.AD);
    const beyond = sealMessage(node, messageKey(new Uint8Array(32)), front, utf8("x"), alice.AD);
    assert.equal(refusal(node, full, beyond), "malformed");
    const back = pass(node, full, last.next);
    pass(node, back.to, back.from);
  });

  it("decrypts 2000 late messages in reverse order", () => {
    const { alice, bob } = pair();
    const { messages } = sealMany(node, alice, 2 * skip + 2);
    let at = opens(node, bob, messages[skip]).next;
    at = opens(node, at, messages[2 * skip + 1]).next;
    for (let i = 2 * skip; i >= 0; i--) if (i !== skip) at = opens(node, at, messages[i]).next;
    assert.ok(encodeSession(at).length < 500);
  });
});
