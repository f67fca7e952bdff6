import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { limits, toHex, utf8 } from "../../src/base/index.ts";
import type { CryptoProvider, DhKeyPair } from "../../src/crypto/index.ts";
import { linkPattern } from "../../src/ratchet/handshake.ts";
import {
  type AwaitingMessage2,
  initiate,
  readMessage2,
  readMessage3,
  respond,
  writeMessage2,
  writeMessage3,
} from "../../src/ratchet/index.ts";
import { HandshakeState } from "../../src/ratchet/noise.ts";
import { recordAll } from "../vectors/generate-handshake.ts";
import { fixture, flip, must, noble, node, pair } from "./support.ts";

const EMPTY = new Uint8Array(0);

/** Both sides as they stand before message 3 is written. */
function upToMessage3(crypto: CryptoProvider = node) {
  const { a, b } = fixture(crypto);
  const first = initiate(crypto, a);
  const read1 = must(respond(crypto, b, first.message1), "read");
  const second = must(writeMessage2(crypto, read1.state, utf8("bob")), "written");
  const read2 = must(readMessage2(crypto, first.state, second.message2), "read");
  return { a, b, first, second, read2 };
}

/**
 * A provider whose ML-KEM ciphertext or key is changed before it is sent, sealed as it should be.
 */
function withBadKem(change: "ciphertext" | "key"): CryptoProvider {
  return {
    ...node,
    kemGenerate() {
      const made = node.kemGenerate();
      // Coefficients of 0xfff are beyond q, which FIPS 203 §7.2 tells to refuse.
      return change === "key" ? { ...made, public: made.public.slice().fill(0xff, 0, 384) } : made;
    },
    kemEncapsulate(publicKey) {
      const made = node.kemEncapsulate(publicKey);
      return made && { ...made, ciphertext: flip(made.ciphertext, 7) };
    },
  };
}

const withPublic = (pair: DhKeyPair, publicKey: Uint8Array): CryptoProvider => ({
  ...node,
  dhGenerate: () => ({ public: publicKey, secret: pair.secret }),
  dh: () => new Uint8Array(32).fill(1),
});

describe("the link handshake", () => {
  it("produces the recorded bytes, from the handshake to the first reply", () => {
    const file = new URL("../vectors/noise_xxhfs_psk0.json", import.meta.url);
    assert.deepEqual({ vectors: recordAll() }, JSON.parse(readFileSync(file, "utf8")));
  });

  it("has messages of the promised lengths", () => {
    const { first, second, read2 } = upToMessage3();
    assert.equal(first.message1.length, 1248);
    assert.equal(second.message2.length, 1200 + 3);
    assert.equal(writeMessage3(node, read2.state, utf8("alice")).message3.length, 64 + 5);
  });

  for (const [ofAlice, ofBob] of [
    [node, node],
    [node, noble],
    [noble, node],
  ] as const) {
    it(`gives each side the other's device and payload (${ofAlice.name} to ${ofBob.name})`, () => {
      const { a, b } = fixture();
      const first = initiate(ofAlice, a);
      const read1 = must(respond(ofBob, b, first.message1), "read");
      assert.equal(read1.payload.length, 0);
      const second = must(writeMessage2(ofBob, read1.state, utf8("bob")), "written");
      const read2 = must(readMessage2(ofAlice, first.state, second.message2), "read");
      assert.equal(toHex(read2.payload), toHex(utf8("bob")));
      assert.equal(toHex(read2.device), toHex(b.device.public));
      const third = writeMessage3(ofAlice, read2.state, utf8("alice"));
      const read3 = must(readMessage3(ofBob, second.state, third.message3), "read");
      assert.equal(toHex(read3.payload), toHex(utf8("alice")));
      assert.equal(toHex(read3.device), toHex(a.device.public));
      assert.deepEqual(hexed(third.outputs), hexed(read3.outputs));
      assert.equal(toHex(third.session.id), toHex(read3.outputs.sessionId));
    });
  }

  it("derives different outputs for each pair and each handshake", () => {
    const seen = [pair(), pair()].flatMap(({ outputs: [{ sessionId, pairRoot }] }) => [
      toHex(sessionId),
      toHex(pairRoot),
    ]);
    assert.equal(new Set(seen).size, 4);
  });

  it("rejects another psk or prologue at the first message", () => {
    const { a, b } = fixture();
    const { message1 } = initiate(node, a);
    for (const other of [
      { ...b, psk: flip(b.psk, 31, 7) },
      { ...b, prologue: utf8("another prologue") },
    ])
      assert.equal(must(respond(node, other, message1), "refused").why, "forged");
  });

  it("rejects every message with any one bit flipped", () => {
    const { b, first, second, read2 } = upToMessage3();
    const { message3 } = writeMessage3(node, read2.state, utf8("alice"));
    const refuses = (
      result: ReturnType<typeof readMessage2 | typeof respond | typeof readMessage3>,
    ) => assert.equal(must(result, "refused").why, "forged");
    // Every byte of what is short, and a spread over the long KEM fields.
    for (let at = 0; at < message3.length; at++)
      refuses(readMessage3(node, second.state, flip(message3, at, at % 8)));
    for (let at = 0; at < 1203; at += at < 48 || at > 1130 ? 1 : 23)
      refuses(readMessage2(node, first.state, flip(second.message2, at)));
    for (let at = 0; at < 1248; at += at < 48 || at > 1200 ? 1 : 23)
      refuses(respond(node, b, flip(first.message1, at)));
  });

  it("rejects every truncation and every trailing byte", () => {
    const { b, first, second, read2 } = upToMessage3();
    const { message3 } = writeMessage3(node, read2.state, EMPTY);
    const readers: [Uint8Array, (message: Uint8Array) => { kind: string }][] = [
      [first.message1, (message) => respond(node, b, message)],
      [second.message2, (message) => readMessage2(node, first.state, message)],
      [message3, (message) => readMessage3(node, second.state, message)],
    ];
    for (const [message, read] of readers) {
      for (const length of [0, 1, 31, 32, 47, 48, 63, message.length - 16, message.length - 1])
        assert.equal(read(message.slice(0, length)).kind, "refused", `${length}`);
      const longer = new Uint8Array(message.length + 1);
      longer.set(message);
      assert.equal(read(longer).kind, "refused");
    }
  });

  it("rejects a first message with a payload, though it is authentic", () => {
    const { a, b } = fixture();
    const { psk, prologue, device } = a;
    const setup = { pattern: linkPattern, initiator: true, prologue, s: device, psks: [psk] };
    const message1 = new HandshakeState(node, setup).writeMessage(Uint8Array.of(1));
    assert.ok(typeof message1 !== "string");
    assert.equal(must(respond(node, b, message1), "refused").why, "malformed");
  });

  it("rejects a payload beyond the limit, though it is authentic", () => {
    const beyond = new Uint8Array(limits.handshakePayload + 1);
    const { b, first, second, read2 } = upToMessage3();
    const read1 = must(respond(node, b, first.message1), "read");
    const message2 = read1.state.noise.writeMessage(beyond);
    const message3 = read2.state.noise.writeMessage(beyond);
    assert.ok(typeof message2 !== "string" && typeof message3 !== "string");
    assert.equal(must(readMessage2(node, first.state, message2), "refused").why, "malformed");
    assert.equal(must(readMessage3(node, second.state, message3), "refused").why, "malformed");
  });

  it("continues after a rejected message as if it had not arrived", () => {
    const { first, second, read2 } = upToMessage3();
    assert.equal(readMessage2(node, first.state, flip(second.message2, 40)).kind, "refused");
    must(readMessage2(node, first.state, second.message2), "read");
    const { message3 } = writeMessage3(node, read2.state, EMPTY);
    assert.equal(readMessage3(node, second.state, flip(message3, 40)).kind, "refused");
    must(readMessage3(node, second.state, message3), "read");
  });

  it("rejects a message of another handshake of the same pair", () => {
    const { a, b, first, second } = upToMessage3();
    const again = initiate(node, a);
    const read1 = must(respond(node, b, again.message1), "read");
    const fresh = must(writeMessage2(node, read1.state, EMPTY), "written");
    assert.equal(readMessage2(node, again.state, second.message2).kind, "refused");
    const read2 = must(readMessage2(node, again.state, fresh.message2), "read");
    const { message3 } = writeMessage3(node, read2.state, EMPTY);
    assert.equal(readMessage3(node, second.state, message3).kind, "refused");
    assert.equal(readMessage2(node, first.state, fresh.message2).kind, "refused");
  });

  it("rejects a device key whose private key the sender does not have", () => {
    const { a, b } = fixture();
    const stranger = node.dhGenerate();
    const claims = { public: b.device.public, secret: stranger.secret };
    const first = initiate(node, a);
    const read1 = must(respond(node, { ...b, device: claims }, first.message1), "read");
    const second = must(writeMessage2(node, read1.state, EMPTY), "written");
    assert.equal(must(readMessage2(node, first.state, second.message2), "refused").why, "forged");

    const lying = { ...a, device: { public: a.device.public, secret: stranger.secret } };
    const other = initiate(node, lying);
    const readOther = must(respond(node, b, other.message1), "read");
    const answer = must(writeMessage2(node, readOther.state, EMPTY), "written");
    const read2 = must(readMessage2(node, other.state, answer.message2), "read");
    const { message3 } = writeMessage3(node, read2.state, EMPTY);
    assert.equal(must(readMessage3(node, answer.state, message3), "refused").why, "forged");
  });

  it("rejects an ephemeral key of small order or in a non-canonical encoding", () => {
    const { a, b } = fixture();
    const zero = new Uint8Array(32);
    const highBit = node.dhGenerate().public.slice();
    highBit[31] = (highBit[31] as number) | 0x80;
    for (const bad of [zero, Uint8Array.of(1, ...zero.subarray(1)), highBit]) {
      const lying = withPublic(node.dhGenerate(), bad);
      const read1 = must(respond(node, b, initiate(lying, a).message1), "read");
      assert.equal(must(writeMessage2(node, read1.state, EMPTY), "refused").why, "bad-key");

      const honest = initiate(node, a);
      const readHonest = must(respond(lying, b, honest.message1), "read");
      const second = must(writeMessage2(lying, readHonest.state, EMPTY), "written");
      const read2 = must(readMessage2(node, honest.state, second.message2), "refused");
      assert.equal(read2.why, "bad-key");
    }
  });

  it("rejects a device key of small order", () => {
    const { a, b } = fixture();
    const bad = { public: new Uint8Array(32), secret: b.device.secret };
    const first = initiate(node, a);
    const read1 = must(respond(node, { ...b, device: bad }, first.message1), "read");
    const second = must(writeMessage2(node, read1.state, EMPTY), "written");
    assert.equal(must(readMessage2(node, first.state, second.message2), "refused").why, "bad-key");
  });

  it("rejects an encapsulation key that fails the modulus check", () => {
    const { a, b } = fixture();
    const { message1 } = initiate(withBadKem("key"), a);
    const read1 = must(respond(node, b, message1), "read");
    assert.equal(must(writeMessage2(node, read1.state, EMPTY), "refused").why, "bad-key");
  });

  it("rejects a tampered KEM ciphertext although it decapsulates", () => {
    const { a, b } = fixture();
    const bad = withBadKem("ciphertext");
    const first = initiate(node, a);
    const read1 = must(respond(bad, b, first.message1), "read");
    const second = must(writeMessage2(bad, read1.state, EMPTY), "written");
    assert.equal(must(readMessage2(node, first.state, second.message2), "refused").why, "forged");
  });

  it("accepts payloads up to the limit and rejects longer ones", () => {
    const whole = new Uint8Array(limits.handshakePayload);
    const beyond = new Uint8Array(limits.handshakePayload + 1);
    const { a, b } = fixture();
    const first = initiate(node, a);
    const read1 = must(respond(node, b, first.message1), "read");
    assert.throws(() => writeMessage2(node, read1.state, beyond), RangeError);
    const second = must(writeMessage2(node, read1.state, whole), "written");
    const read2 = must(readMessage2(node, first.state, second.message2), "read");
    assert.equal(read2.payload.length, whole.length);
    assert.throws(() => writeMessage3(node, read2.state, beyond), RangeError);
    must(
      readMessage3(node, second.state, writeMessage3(node, read2.state, whole).message3),
      "read",
    );
  });

  it("writes one message from one state, so that no nonce is used twice with a key", () => {
    const { a, b } = fixture();
    const first = initiate(node, a);
    const read1 = must(respond(node, b, first.message1), "read");
    const second = must(writeMessage2(node, read1.state, EMPTY), "written");
    assert.throws(() => writeMessage2(node, read1.state, EMPTY), RangeError);
    const read2 = must(readMessage2(node, first.state, second.message2), "read");
    writeMessage3(node, read2.state, EMPTY);
    assert.throws(() => writeMessage3(node, read2.state, EMPTY), RangeError);
  });

  it("requires a psk of 32 bytes", () => {
    const { a } = fixture();
    assert.throws(() => initiate(node, { ...a, psk: new Uint8Array(16) }), RangeError);
  });

  it("neither changes nor keeps its arguments", () => {
    const { a, b } = fixture();
    const before = toHex(a.psk) + toHex(a.device.secret);
    const first = initiate(node, a);
    const message1 = first.message1.slice();
    const psk = b.psk.slice();
    const read1 = must(respond(node, { ...b, psk }, message1), "read");
    message1.fill(0);
    psk.fill(0);
    const second = must(writeMessage2(node, read1.state, EMPTY), "written");
    const awaiting: AwaitingMessage2 = first.state;
    const read2 = must(readMessage2(node, awaiting, second.message2), "read");
    const third = writeMessage3(node, read2.state, EMPTY);
    const read3 = must(readMessage3(node, second.state, third.message3), "read");
    assert.equal(toHex(a.psk) + toHex(a.device.secret), before);
    third.outputs.sessionId.fill(0);
    assert.equal(toHex(third.session.id), toHex(read3.session.id));
  });
});

function hexed({ sessionId, pairRoot }: { sessionId: Uint8Array; pairRoot: Uint8Array }) {
  return { sessionId: toHex(sessionId), pairRoot: toHex(pairRoot) };
}
