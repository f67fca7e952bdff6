import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, toHex, u32 } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import {
  canSeal,
  encodeSession,
  MESSAGE_OVERHEAD,
  open,
  type Session,
  seal,
} from "../../src/ratchet/index.ts";
import { encodeFrame, encodeLinkFrame } from "../../src/wire/index.ts";
import { restored, withStage } from "../ratchet/epochs.ts";
import { flip, must, noble, node, opens, pair, seeded } from "../ratchet/support.ts";
import { Naive } from "../reference/ratchet/naive.ts";

/** Of each text: its length leaves much, little or no room beside it. */
const sizes = [4, 120, 152, 156, 157, 700, 1200, 1200, 1200];
/**
 * One of them (0, 1) writes, or a message in flight arrives, is lost, comes twice, or all come; or
 * they talk.
 */
interface Event {
  readonly kind: "send" | "deliver" | "repeat" | "lose" | "all" | "talk";
  readonly who: number;
  readonly which: number;
}

const kinds = [
  "send",
  "send",
  "deliver",
  "deliver",
  "repeat",
  "lose",
  "all",
  "talk",
  "talk",
] as const;
const event: fc.Arbitrary<Event> = fc.record({
  kind: fc.constantFrom(...kinds),
  who: fc.constantFrom(0, 1),
  which: fc.nat(1000),
});

/** To talk is to write, be read, be answered and read the answer. */
function spelled({ kind, who, which }: Event): readonly Event[] {
  if (kind !== "talk") return [{ kind, who, which }];
  const peer = 1 - who;
  return [
    { kind: "send", who, which },
    { kind: "all", who: peer, which },
    { kind: "send", who: peer, which },
    { kind: "all", who, which },
  ];
}

const schedule = fc
  .array(event, { minLength: 10, maxLength: 50, size: "max" })
  .map((events) => events.flatMap(spelled));
const providers = fc.constantFrom(...Array(9).fill([node, node]), [node, noble]);

const hex = (session: Session) => toHex(encodeSession(session));
const frameOf = (length: number) =>
  encodeFrame(encodeLinkFrame({ type: "ratchet", message: new Uint8Array(length) })).length;

/** A side that has rested enough: the next exchange begins with the next message. */
function hurried(session: Session): Session {
  if (session.scka.stage.kind !== "resting") return session;
  return withStage(session, { kind: "resting", messages: 1000, since: 0 });
}

const DAY = 86_400_000;

interface Arriving {
  readonly message: Uint8Array;
  readonly text: string;
  opened: boolean;
}

interface Side {
  session: Session;
  readonly inbox: Arriving[];
}

/** A message arrives damaged, then whole, and is opened once or never. */
function receive(
  crypto: typeof node,
  me: Side,
  arriving: Arriving,
  chance: number,
  twice: boolean,
): void {
  const before = hex(me.session);
  const damaged = flip(arriving.message, chance % arriving.message.length);
  assert.equal(open(crypto, me.session, damaged, 0).kind, "refused");
  const result = open(crypto, me.session, arriving.message, 0);
  assert.equal(hex(me.session), before);
  if (result.kind === "refused") {
    // Opened before, or on a chain that is no longer kept.
    assert.match(result.why, arriving.opened ? /^(replayed|forged)$/ : /^forged$/);
    if (!arriving.opened) me.inbox.splice(me.inbox.indexOf(arriving), 1);
    return;
  }
  assert.equal(arriving.opened, false);
  assert.equal(toHex(result.plaintext), arriving.text);
  me.session = restored(hurried(result.next));
  arriving.opened = true;
  if (twice)
    assert.equal(must(open(crypto, me.session, arriving.message, 0), "refused").why, "replayed");
}

describe("post-quantum epochs, whatever happens", () => {
  it("go on through loss, reordering, repetition and a restart after every step, and stay agreed on", () => {
    let epochs = 0;
    let inFlight = 0;
    fc.assert(
      fc.property(schedule, providers, (events, cryptos) => {
        const { alice, bob } = pair(node);
        const sides: [Side, Side] = [
          { session: alice, inbox: [] },
          { session: bob, inbox: [] },
        ];
        let count = 0;
        for (const { kind, who, which } of events) {
          const me = sides[who] as Side;
          const peer = sides[1 - who] as Side;
          const crypto = cryptos[who] as typeof node;
          me.session = restored(hurried(me.session));
          assert.ok(Math.abs(me.session.scka.epoch - peer.session.scka.epoch) <= 1);
          if (kind === "send") {
            if (!canSeal(me.session)) continue;
            const newChain = me.session.sending.kind === "due";
            const text = concat(u32(count++), new Uint8Array(sizes[which % sizes.length] ?? 0));
            const { message, next } = seal(crypto, me.session, text);
            const bare = text.length + MESSAGE_OVERHEAD;
            assert.ok(message.length >= bare);
            if (message.length > bare) inFlight += 1;
            if (!newChain) assert.equal(frameOf(message.length), frameOf(bare));
            peer.inbox.push({ message, text: toHex(text), opened: false });
            me.session = next;
            continue;
          }
          const hurry = kind === "all";
          // Mostly in order, so that exchanges get on; any place now and then.
          const anywhere = which % 5 === 0 && !hurry;
          for (const arriving of hurry ? [...me.inbox] : [me.inbox[which % me.inbox.length]]) {
            const chosen = anywhere ? arriving : me.inbox.find(({ opened }) => !opened);
            if (chosen === undefined) continue;
            if (kind === "lose") {
              if (!chosen.opened) me.inbox.splice(me.inbox.indexOf(chosen), 1);
              continue;
            }
            receive(crypto, me, chosen, which, kind === "repeat");
          }
        }
        epochs += sides[1].session.scka.epoch;
        // Whatever was lost, two more epochs come once messages arrive again.
        let [a, b] = [sides[0].session, sides[1].session];
        if (!canSeal(b)) {
          const first = seal(node, a, u32(0));
          [a, b] = [first.next, opens(node, b, first.message).next];
        }
        const goal = Math.max(a.scka.epoch, b.scka.epoch) + 2;
        for (let i = 0; b.scka.epoch < goal; i++) {
          assert.ok(i < 200, "stuck");
          const { message, next } = seal(node, hurried(b), new Uint8Array(20));
          [b, a] = [opens(node, hurried(a), message).next, next];
        }
      }),
      { numRuns: 20 },
    );
    assert.ok(epochs > 10 && inFlight > 100, `${epochs} epochs, ${inFlight} in flight`);
  });

  it("are byte for byte what the specification reads, over several of them", () => {
    let epochs = 0;
    let opened = 0;
    fc.assert(
      fc.property(schedule, fc.nat(), (events, seed) => {
        const { alice, bob } = pair(node);
        // The reference steps when it receives and the product when it sends: each kind of key has
        // chance of its own.
        const chance = (who: number) => {
          const { kemGenerate, kemEncapsulate } = nodeCrypto(seeded(`${seed} ${who} kem`));
          return { ...nodeCrypto(seeded(`${seed} ${who}`)), kemGenerate, kemEncapsulate };
        };
        const sides = [
          { crypto: chance(0), session: alice, naive: new Naive(chance(0), alice) },
          { crypto: chance(1), session: bob, naive: new Naive(chance(1), bob) },
        ];
        const inboxes: Uint8Array[][] = [[], []];
        let now = 0;
        for (const { kind, who, which } of events) {
          now = Math.min(now + 30_000_000, 29 * DAY);
          const me = sides[who] as (typeof sides)[number];
          if (kind === "send") {
            const text = new Uint8Array(sizes[which % sizes.length] ?? 0);
            const expected = me.naive.RatchetEncrypt(text);
            assert.equal(canSeal(me.session), expected !== "cannot");
            if (expected === "cannot") continue;
            const { message, next } = seal(me.crypto, me.session, text);
            assert.equal(toHex(message), toHex(expected));
            inboxes[1 - who]?.push(message);
            me.session = next;
            continue;
          }
          const inbox = inboxes[who] as Uint8Array[];
          const at = which % 5 === 0 ? which % Math.max(1, inbox.length) : 0;
          const arriving = kind === "all" ? inbox.splice(0) : inbox.slice(at, at + 1);
          if (kind === "deliver") inbox.splice(at, 1);
          for (const message of arriving) {
            const bytes = kind === "lose" ? flip(message, which % message.length) : message;
            const expected = me.naive.RatchetDecrypt(bytes, now);
            const result = open(me.crypto, me.session, bytes, now);
            // The specification keeps old chains without end; ours are bounded.
            if (result.kind === "refused" && expected !== undefined) {
              assert.equal(result.why, "forged");
              return;
            }
            const plaintext = result.kind === "opened" ? toHex(result.plaintext) : undefined;
            assert.equal(plaintext, expected && toHex(expected));
            if (result.kind !== "opened") continue;
            me.session = result.next;
            opened += 1;
          }
        }
        epochs += Math.max(...sides.map(({ session }) => session.scka.epoch));
      }),
      { numRuns: 30 },
    );
    assert.ok(epochs > 10 && opened > 100, `${epochs} epochs, ${opened} opened`);
  });
});
