import assert from "node:assert/strict";
import { concat, limits, toHex, u32, utf8 } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import { HENCRYPT, sealMessage } from "../../src/ratchet/header.ts";
import { canSeal, encodeSession, type Session, seal } from "../../src/ratchet/index.ts";
import { type HeaderKey, headerKey, messageKey, pqChainKey } from "../../src/ratchet/keys.ts";
import {
  flip,
  noble,
  node,
  opens,
  pair,
  pass,
  refusal,
  refusedAlike,
  sealMany,
} from "./support.ts";

const hex = (session: Session) => toHex(encodeSession(session));

/** A provider that has no chance to give. */
const withoutChance: CryptoProvider = {
  ...node,
  random: () => assert.fail("chance was drawn"),
  dhGenerate: () => assert.fail("a key was made"),
};

/** A message of `from` under the given header fields, as only the peer itself could make it. */
function crafted(
  from: Session,
  change: { HK?: HeaderKey; DH?: Uint8Array; N?: number },
): Uint8Array {
  if (from.sending.kind !== "active") throw new Error("the peer has no chain to send on");
  const { DHs, HKs, PN, Ns } = from.sending;
  const header = {
    DH: change.DH ?? DHs.public,
    PN,
    N: change.N ?? Ns,
    scka: { epoch: 0, message: new Uint8Array(0) },
  };
  const sealed = HENCRYPT(node, change.HK ?? HKs, header, from.AD);
  return sealMessage(node, messageKey(new Uint8Array(32)), sealed, utf8("crafted"), from.AD);
}

describe("a session", () => {
  for (const crypto of [node, noble])
    it(`carries texts of every size both ways (${crypto.name})`, () => {
      let { alice, bob } = pair(crypto);
      for (const size of [0, 1, 100, 65_536]) {
        const text = crypto.random(size);
        const there = seal(crypto, alice, text);
        const read = opens(crypto, bob, there.message);
        assert.equal(toHex(read.plaintext), toHex(text));
        const back = seal(crypto, read.next, text);
        const readBack = opens(crypto, there.next, back.message);
        assert.equal(toHex(readBack.plaintext), toHex(text));
        [alice, bob] = [readBack.next, back.next];
      }
    });

  it("lets the initiator send at once, and the responder after its first received message", () => {
    const { alice, bob } = pair();
    assert.equal(canSeal(alice), true);
    assert.equal(canSeal(bob), false);
    assert.throws(() => seal(node, bob, utf8("too soon")), RangeError);
    const { to } = pass(node, alice, bob);
    assert.equal(canSeal(to), true);
  });

  it("leaves the earlier value unchanged, which encrypts and decrypts the same again", () => {
    const { alice, bob } = pair();
    const [beforeAlice, beforeBob] = [hex(alice), hex(bob)];
    const { messages } = sealMany(node, alice, 3);
    const skipped = opens(node, bob, messages[2]).next;
    const beforeSkipped = hex(skipped);
    for (let i = 0; i < 2; i++) {
      opens(node, bob, messages[2]);
      opens(node, skipped, messages[0]);
      seal(node, skipped, utf8("an answer"));
    }
    assert.deepEqual([hex(alice), hex(bob)], [beforeAlice, beforeBob]);
    assert.equal(hex(skipped), beforeSkipped);
  });

  it("distinguishes a repeated message from a forged one, also on old chains", () => {
    let { alice, bob } = pair();
    const first = seal(node, alice, utf8("first"));
    bob = opens(node, bob, first.message).next;
    alice = first.next;
    assert.equal(refusal(node, bob, first.message), "replayed");
    for (let chains = 1; chains <= 6; chains++) {
      ({ from: bob, to: alice } = pass(node, bob, alice));
      ({ from: alice, to: bob } = pass(node, alice, bob));
      const before = hex(bob);
      assert.equal(refusal(node, bob, first.message), chains <= 5 ? "replayed" : "forged");
      assert.equal(hex(bob), before);
    }
  });

  it("decrypts skipped messages of the last five chains, and not of the sixth", () => {
    let { alice, bob } = pair();
    const { messages, next } = sealMany(node, alice, 2);
    bob = opens(node, bob, messages[1]).next;
    alice = next;
    for (let chains = 1; chains <= 6; chains++) {
      ({ from: bob, to: alice } = pass(node, bob, alice));
      ({ from: alice, to: bob } = pass(node, alice, bob));
      if (chains <= 5) assert.equal(toHex(opens(node, bob, messages[0]).plaintext), "00000000");
      else assert.equal(refusal(node, bob, messages[0]), "forged");
    }
  });

  it("deletes a skipped key once its message was decrypted", () => {
    const { alice, bob } = pair();
    const { messages } = sealMany(node, alice, 2);
    const late = messages[0] as Uint8Array;
    const skipped = opens(node, bob, messages[1]).next;
    const before = hex(skipped);
    assert.equal(refusal(node, skipped, flip(late, late.length - 1)), "forged");
    assert.equal(hex(skipped), before);
    const done = opens(node, skipped, late).next;
    assert.equal(refusal(node, done, late), "replayed");
    assert.ok(encodeSession(done).length < encodeSession(skipped).length);
  });

  it("does not step on a message whose body is damaged", () => {
    const { alice, bob } = pair();
    const { message } = seal(node, alice, utf8("text"));
    const before = hex(bob);
    assert.equal(refusal(node, bob, flip(message, message.length - 1)), "forged");
    assert.equal(hex(bob), before);
    opens(node, bob, message);
  });

  it("generates its next ratchet key when it sends, not when it receives", () => {
    const { alice, bob } = pair();
    const { messages, next } = sealMany(node, alice, 3);
    let at = bob;
    for (const message of messages) at = opens(withoutChance, at, message).next;
    const answer = seal(node, at, utf8("answer"));
    opens(withoutChance, next, answer.message);
  });

  it("uses a new ratchet key after each reply and a new nonce for each message", () => {
    let { alice, bob } = pair();
    const keys = new Set<string>();
    for (let i = 0; i < 5; i++) {
      ({ from: alice, to: bob } = pass(node, alice, bob));
      assert.ok(alice.sending.kind === "active");
      keys.add(toHex(alice.sending.DHs.public));
      ({ from: bob, to: alice } = pass(node, bob, alice));
    }
    assert.equal(keys.size, 5);
  });

  it("never uses a key with the same nonce again when it is restored from an older state", () => {
    const { alice } = pair();
    const running = seal(node, alice, utf8("a first one")).next;
    const used: string[] = [];
    const noting: CryptoProvider = {
      ...node,
      seal(key, nonce, plaintext, ad) {
        used.push(`body ${toHex(key)} ${toHex(nonce)}`);
        return node.seal(key, nonce, plaintext, ad);
      },
      sealX(key, nonce, plaintext, ad) {
        used.push(`header ${toHex(key)} ${toHex(nonce)}`);
        return node.sealX(key, nonce, plaintext, ad);
      },
    };
    for (let restored = 0; restored < 20; restored++)
      for (const state of [alice, running]) sealMany(noting, state, 3);
    assert.equal(used.length, 20 * 2 * 3 * 2);
    assert.equal(new Set(used).size, used.length);
  });

  it("rejects its own message and one of another session", () => {
    const { alice, bob } = pair();
    const other = pair();
    const sealed = seal(node, alice, utf8("text"));
    assert.equal(refusal(node, sealed.next, sealed.message), "forged");
    assert.equal(refusal(node, other.bob, sealed.message), "forged");
    const twisted = { ...bob, AD: other.bob.AD };
    assert.equal(refusal(node, twisted, sealed.message), "forged");
  });

  it("needs the post-quantum key for every message from the first", () => {
    const { alice, bob } = pair();
    const { messages } = sealMany(node, alice, 2);
    const without = { ...bob, scka: { ...bob.scka, CKr: pqChainKey(new Uint8Array(32)) } };
    assert.equal(refusal(node, without, messages[0]), "forged");
    const later = opens(node, bob, messages[0]).next;
    const lost = { ...later, scka: { ...later.scka, CKr: bob.scka.CKr } };
    assert.equal(refusal(node, lost, messages[1]), "forged");
    opens(node, later, messages[1]);
  });

  it("cannot derive an old message key from a later state", () => {
    const { alice, bob } = pair();
    const { messages } = sealMany(node, alice, 1);
    const later = opens(node, bob, messages[0]).next;
    assert.ok(later.receiving.kind === "active");
    const rewound = { ...later, receiving: { ...later.receiving, Nr: 0 } };
    assert.equal(refusal(node, rewound, messages[0]), "forged");
  });

  it("rejects impossible message lengths", () => {
    const { alice, bob } = pair();
    const { message } = seal(node, alice, new Uint8Array(0));
    for (let length = 0; length < message.length; length++)
      assert.equal(refusal(node, bob, message.slice(0, length)), "malformed");
    assert.equal(refusal(node, bob, concat(message, Uint8Array.of(0))), "forged");
    for (const length of [0, 59, 61, 78, 1248, 1249, 65_535]) {
      const lying = concat(u32(length).slice(2), message.slice(2), new Uint8Array(3000));
      assert.match(
        refusal(node, bob, lying),
        length === 61 || length === 78 || length === 1248 ? /forged/ : /malformed/,
      );
    }
  });
});

describe("a peer that breaks the protocol", () => {
  /** Both sides with a chain each way; Bob has sent last, so Alice is due and Bob is active. */
  function running() {
    const { alice, bob } = pair();
    const there = pass(node, alice, bob);
    const back = pass(node, there.to, there.from);
    return { alice: back.to, bob: back.from };
  }

  it("is rejected for a ratchet key of small order", () => {
    const { alice, bob } = pair();
    const { next } = seal(node, alice, utf8("first"));
    const HK = headerKey(alice.NHKs);
    refusedAlike(bob, crafted(next, { HK, N: 0, DH: new Uint8Array(32) }), "bad-key");
    const highBit = new Uint8Array(32).fill(0xff);
    refusedAlike(bob, crafted(next, { HK, N: 0, DH: highBit }), "bad-key");
  });

  it("is rejected for an answer to a key that does not exist yet", () => {
    const { alice, bob } = pair();
    const forward: Session = {
      ...bob,
      sending: { kind: "due", DHr: node.dhGenerate().public, PN: 0 },
    };
    refusedAlike(alice, seal(node, forward, utf8("too soon")).message, "not-ready");
    const later = running();
    const skipping: Session = {
      ...later.bob,
      sending: { kind: "due", DHr: node.dhGenerate().public, PN: 1 },
    };
    refusedAlike(later.alice, seal(node, skipping, utf8("too soon")).message, "not-ready");
  });

  it("is rejected for a PN below the messages already received", () => {
    const { alice, bob } = pair();
    const { messages, next } = sealMany(node, alice, 3);
    let at = bob;
    for (const message of messages) at = opens(node, at, message).next;
    const answer = seal(node, at, utf8("answer"));
    const turned = opens(node, next, answer.message).next;
    assert.ok(turned.sending.kind === "due");
    for (const [PN, why] of [
      [2, "malformed"],
      [1004, "too-far"],
      [0xffff_ffff, "too-far"],
    ] as const) {
      const lying: Session = { ...turned, sending: { ...turned.sending, PN } };
      refusedAlike(answer.next, seal(node, lying, utf8("lie")).message, why);
    }
    opens(node, answer.next, seal(node, turned, utf8("truth")).message);
  });

  it("is rejected for a chain before the first", () => {
    const { alice, bob } = pair();
    assert.ok(alice.sending.kind === "due");
    const lying: Session = { ...alice, sending: { ...alice.sending, PN: 1 } };
    refusedAlike(bob, seal(node, lying, utf8("lie")).message, "malformed");
  });

  it("is rejected for a new chain that starts too far ahead, before anything is computed", () => {
    const { alice, bob } = pair();
    const { next } = seal(node, alice, utf8("first"));
    const still: CryptoProvider = { ...node, dh: () => assert.fail("a secret was computed") };
    const far = crafted(next, { HK: headerKey(alice.NHKs), N: limits.skipPerMessage + 1 });
    assert.equal(refusal(still, bob, far), "too-far");
  });

  it("is rejected for a position that its old chain never had", () => {
    const { alice, bob } = pair();
    const sealed = seal(node, alice, utf8("only one"));
    const there = opens(node, bob, sealed.message).next;
    const back = pass(node, there, sealed.next);
    const again = pass(node, back.to, back.from);
    refusedAlike(again.to, crafted(sealed.next, { N: 1 }), "malformed");
    refusedAlike(again.to, crafted(sealed.next, { N: 0 }), "replayed");
  });
});
