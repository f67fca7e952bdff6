import assert from "node:assert/strict";
import { limits, u32, utf8 } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import {
  canSeal,
  endHandshake,
  initiate,
  open,
  readMessage2,
  readMessage3,
  respond,
  type Session,
  seal,
  wipeSession,
  writeMessage2,
  writeMessage3,
} from "../../src/ratchet/index.ts";
import { GivenKeys } from "../secrets/given-keys.ts";
import { lying, withStage } from "./epochs.ts";
import { flip, must } from "./support.ts";

type Side = "alice" | "bob";
const other = { alice: "bob", bob: "alice" } as const;

/** Two sides that wipe each session as soon as the next one has replaced it. */
class Talk {
  readonly crypto: CryptoProvider;
  readonly sessions: Record<Side, Session>;
  readonly kept: unknown[];

  constructor(crypto: CryptoProvider) {
    this.crypto = crypto;
    const psk = new Uint8Array(32).fill(7);
    const options = () => ({ psk, prologue: utf8("p"), device: crypto.dhGenerate() });
    const [a, b] = [options(), options()];
    const first = initiate(crypto, a);
    must(respond(crypto, b, flip(first.message1, 40)), "refused");
    const read1 = must(respond(crypto, b, first.message1), "read");
    const second = must(writeMessage2(crypto, read1.state, utf8("bob")), "written");
    must(readMessage2(crypto, first.state, flip(second.message2, 1201)), "refused");
    const read2 = must(readMessage2(crypto, first.state, second.message2), "read");
    const third = writeMessage3(crypto, read2.state, utf8("alice"));
    must(readMessage3(crypto, second.state, flip(third.message3, 3)), "refused");
    const read3 = must(readMessage3(crypto, second.state, third.message3), "read");
    endHandshake(read2.state);
    endHandshake(second.state);
    this.sessions = { alice: third.session, bob: read3.session };
    this.kept = [a.device, b.device, third.outputs, read3.outputs];
  }

  send(from: Side, text: Uint8Array = utf8("text")): Uint8Array {
    // A copy that no commit took, as where the disk was full.
    const before = this.sessions[from];
    wipeSession(seal(this.crypto, before, text).next, before);
    const { message, next } = seal(this.crypto, before, text);
    this.#move(from, next);
    return message;
  }

  take(to: Side, message: Uint8Array, now = 0): void {
    this.refuse(to, flip(message, message.length - 1), now);
    const before = this.sessions[to];
    const copy = must(open(this.crypto, before, message, now), "opened").next;
    wipeSession(copy, before);
    this.#move(to, must(open(this.crypto, before, message, now), "opened").next);
  }

  /** @returns whether its chain was still known. */
  takeLate(to: Side, message: Uint8Array): boolean {
    const before = this.sessions[to];
    const result = open(this.crypto, before, message, 0);
    if (result.kind === "refused") return false;
    wipeSession(result.next, before);
    this.take(to, message);
    return true;
  }

  refuse(to: Side, message: Uint8Array, now = 0): void {
    must(open(this.crypto, this.sessions[to], message, now), "refused");
  }

  /** What a peer with all the keys sends that no honest peer does, on a chain that may be new. */
  lie(from: Side): void {
    const message = lying(this.sessions[from], (header) => ({
      ...header,
      message: new Uint8Array(3),
    }));
    assert.equal(
      must(open(this.crypto, this.sessions[other[from]], message, 0), "refused").why,
      "malformed",
    );
  }

  /** Puts the exchange of the next post-quantum epoch where it begins. */
  ripen(who: Side): void {
    const stage = { kind: "resting", messages: limits.pqEpochMessages, since: 0 } as const;
    this.sessions[who] = withStage(this.sessions[who], stage);
  }

  #move(who: Side, next: Session): void {
    const before = this.sessions[who];
    this.sessions[who] = next;
    wipeSession(before, next);
  }
}

describe("ratchet/wiping", () => {
  it("leaves no unused key in memory after 200 messages each way", () => {
    const given = new GivenKeys();
    const talk = new Talk(given.crypto);
    const late: Record<Side, Uint8Array[]> = { alice: [], bob: [] };
    let [epochs, overdue] = [0, 0];
    for (let turn = 0; turn < 50; turn++) {
      for (const from of ["alice", "bob"] as const) {
        const to = other[from];
        if (canSeal(talk.sessions[from])) talk.lie(from);
        for (let i = 0; i < 4; i++) {
          const message = talk.send(from, u32(turn));
          if (i < 3 && (turn % 4 === 0 || (turn + i) % 3 === 0)) late[to].push(message);
          else talk.take(to, message);
        }
        // What is late comes up to some chains later, or never.
        while (late[to].length > 6) {
          const [message] = late[to].splice(turn % 2, 1);
          if (message && turn % 5 !== 0 && talk.takeLate(to, message)) overdue += 1;
        }
        const { stage, epoch } = talk.sessions[from].scka;
        if (stage.kind === "resting") talk.ripen(from);
        epochs = Math.max(epochs, epoch);
      }
    }
    assert.ok(epochs >= 2 && overdue > 20, `${epochs} epochs, ${overdue} late messages`);
    const made = given.counts();
    assert.ok((made["chain key"] ?? 0) > 1600 && (made["DH output"] ?? 0) > 200);
    assert.ok((made["KEM secret"] ?? 0) >= 8 && (made["random seed"] ?? 0) > 100);
    assert.deepEqual(given.left(talk.sessions, talk.kept), {});
    // Keys of messages that never came are dropped when they are too old.
    const { receiving } = talk.sessions.bob;
    assert.ok(receiving.kind === "active" && receiving.MKSKIPPED.old.length > 0);
    talk.take("bob", talk.send("alice"), limits.skippedKeyAge + 1);
    assert.deepEqual(given.left(talk.sessions, talk.kept), {});
    for (const session of Object.values(talk.sessions)) wipeSession(session);
    assert.deepEqual(given.left(talk.kept), {});
  });
});
