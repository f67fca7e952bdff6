import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, toHex, u32 } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import {
  canSeal,
  decodeSession,
  encodeSession,
  initiate,
  MESSAGE_OVERHEAD,
  open,
  readMessage2,
  readMessage3,
  respond,
  type Session,
  seal,
  writeMessage2,
} from "../../src/ratchet/index.ts";
import { fixture, flip, must, noble, node, pair, seeded } from "../ratchet/support.ts";
import { Naive } from "../reference/ratchet/naive.ts";

/**
 * What can happen between two people: one of them (0, 1) writes, or a message in flight arrives, is
 * lost, comes twice.
 */
const event = fc.record({
  kind: fc.constantFrom("send", "send", "deliver", "deliver", "deliver", "repeat", "lose"),
  who: fc.constantFrom(0, 1),
  which: fc.nat(1000),
});
const schedule = fc.array(event, { minLength: 1, maxLength: 80, size: "max" });

interface Side {
  session: Session;
  /** Sent to this side: the bytes, the text, and whether it has been opened. */
  readonly inbox: { message: Uint8Array; text: string; opened: boolean }[];
}

const hex = (session: Session) => toHex(encodeSession(session));

describe("the ratchet, whatever happens", () => {
  it("opens every message once, in any order and with any loss, and detects a repetition", () => {
    fc.assert(
      fc.property(schedule, fc.constantFrom([node, noble], [node, node]), (events, providers) => {
        const { alice, bob } = pair(node);
        const sides: [Side, Side] = [
          { session: alice, inbox: [] },
          { session: bob, inbox: [] },
        ];
        let count = 0;
        for (const { kind, who, which } of events) {
          const me = sides[who] as Side;
          const peer = sides[1 - who] as Side;
          const crypto = providers[who] as typeof node;
          if (kind === "send") {
            if (!canSeal(me.session)) continue;
            const text = u32(count++);
            const { message, next } = seal(crypto, me.session, text);
            assert.ok(message.length >= text.length + MESSAGE_OVERHEAD);
            peer.inbox.push({ message, text: toHex(text), opened: false });
            me.session = next;
            continue;
          }
          const arriving = me.inbox[which % Math.max(1, me.inbox.length)];
          if (arriving === undefined) continue;
          if (kind === "lose") {
            if (!arriving.opened) me.inbox.splice(which % me.inbox.length, 1);
            continue;
          }
          const before = hex(me.session);
          const result = open(crypto, me.session, arriving.message, 0);
          if (arriving.opened) {
            // Beyond the kept chains a repetition is no longer told from a forgery.
            assert.match(must(result, "refused").why, /^(replayed|forged)$/);
            assert.equal(hex(me.session), before);
            continue;
          }
          if (result.kind === "refused") {
            // Only a chain that is no longer kept may be lost.
            assert.equal(result.why, "forged");
            continue;
          }
          assert.equal(toHex(result.plaintext), arriving.text);
          assert.equal(hex(me.session), before, "the older value changed");
          me.session = result.next;
          arriving.opened = true;
          const again = decodeSession(encodeSession(me.session));
          assert.ok(again);
          assert.equal(hex(again), hex(me.session));
          if (kind === "repeat") {
            const twice = open(crypto, me.session, arriving.message, 0);
            assert.equal(must(twice, "refused").why, "replayed");
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is byte for byte the specification read aloud", () => {
    let opened = 0;
    let refused = 0;
    fc.assert(
      fc.property(schedule, fc.nat(), (events, seed) => {
        const { alice, bob } = pair(node);
        const chance = (who: number) => nodeCrypto(seeded(`${seed} ${who}`));
        const sides = [
          { crypto: chance(0), session: alice, naive: new Naive(chance(0), alice) },
          { crypto: chance(1), session: bob, naive: new Naive(chance(1), bob) },
        ];
        const inboxes: Uint8Array[][] = [[], []];
        for (const { kind, who, which } of events) {
          const me = sides[who] as (typeof sides)[number];
          if (kind === "send") {
            const expected = me.naive.RatchetEncrypt(u32(which));
            assert.equal(canSeal(me.session), expected !== "cannot");
            if (expected === "cannot") continue;
            const { message, next } = seal(me.crypto, me.session, u32(which));
            assert.equal(toHex(message), toHex(expected));
            inboxes[1 - who]?.push(message);
            me.session = next;
            continue;
          }
          const inbox = inboxes[who] as Uint8Array[];
          const at = which % Math.max(1, inbox.length);
          const message = inbox[at];
          if (message === undefined) continue;
          // "lose" damages here: the true message may still come.
          const arriving = kind === "lose" ? flip(message, which % message.length) : message;
          if (kind === "deliver") inbox.splice(at, 1);
          const expected = me.naive.RatchetDecrypt(arriving, 0);
          const result = open(me.crypto, me.session, arriving, 0);
          if (result.kind === "refused" && result.why === "forged" && expected !== undefined) {
            // The specification keeps old chains without end; ours are bounded.
            assert.equal(oldChains(me.session), 5);
            return;
          }
          if (result.kind === "refused") refused += 1;
          else opened += 1;
          assert.equal(
            result.kind === "opened" && toHex(result.plaintext),
            (expected && toHex(expected)) || false,
          );
          if (result.kind === "opened") me.session = result.next;
        }
      }),
      { numRuns: 150 },
    );
    assert.ok(opened > 500 && refused > 100, `${opened} opened, ${refused} refused`);
  });

  it("refuses any change of any message, and leaves the session byte-identical", () => {
    const { alice, bob } = pair();
    const { message } = seal(node, alice, concat(u32(1), u32(2)));
    const before = hex(bob);
    for (let at = 0; at < message.length; at++)
      for (const bit of [0, 7]) {
        const result = open(node, bob, flip(message, at, bit), 0);
        assert.match(must(result, "refused").why, /^(forged|malformed)$/);
        assert.equal(hex(bob), before);
      }
    must(open(node, bob, message, 0), "opened");
  });

  it("never throws on arbitrary bytes", () => {
    const { a, b } = fixture();
    const first = initiate(node, a);
    const read1 = must(respond(node, b, first.message1), "read");
    const second = must(writeMessage2(node, read1.state, new Uint8Array(9)), "written");
    const { alice, bob } = pair();
    const sent = seal(node, alice, u32(0));
    const running = must(open(node, bob, sent.message, 0), "opened").next;
    const session = encodeSession(running);
    /** Nonsense, and true bytes with a piece replaced by nonsense. */
    const spoilt = (...trues: Uint8Array[]) =>
      fc.oneof(
        fc.uint8Array({ maxLength: 1400 }),
        fc
          .tuple(fc.constantFrom(...trues), fc.nat(), fc.uint8Array({ maxLength: 8 }), fc.nat(40))
          .map(([bytes, at, piece, cut]) => {
            const place = at % bytes.length;
            return concat(bytes.slice(0, place), piece, bytes.slice(place + (cut % 9)));
          }),
      );
    fc.assert(
      fc.property(
        spoilt(first.message1, second.message2, sent.message),
        spoilt(session, encodeSession(alice)),
        (bytes, stored) => {
          respond(node, b, bytes);
          readMessage2(node, first.state, bytes);
          readMessage3(node, second.state, bytes);
          open(node, bob, bytes, 0);
          open(node, running, bytes, 0);
          const decoded = decodeSession(stored);
          if (decoded) assert.equal(hex(decoded), toHex(stored));
        },
      ),
      { numRuns: 400 },
    );
  });
});

function oldChains({ receiving }: Session): number {
  return receiving.kind === "active" ? receiving.MKSKIPPED.old.length : 0;
}
