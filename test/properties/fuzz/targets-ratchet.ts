/**
 * Handshake and ratchet, against noise and against a peer that holds all the keys and means harm.
 */
import assert from "node:assert/strict";
import { concat, limits, readU32, toHex, u32, utf8 } from "../../../src/base/index.ts";
import { type CryptoProvider, nodeCrypto } from "../../../src/crypto/index.ts";
import {
  type AwaitingMessage2,
  type AwaitingMessage3,
  decodeSession,
  encodeSession,
  type HandshakeOptions,
  initiate,
  open,
  readMessage2,
  readMessage3,
  respond,
  type Session,
  seal,
  writeMessage2,
  writeMessage3,
} from "../../../src/ratchet/index.ts";
import { must } from "../../ratchet/support.ts";
import { counted, type Target, working } from "./target.ts";

const NOW = 1_800_000_000_000;
/** Four hashes for each key that a message may skip, on two chains, and what opening costs. */
const STEPS = 2 * 5 * limits.skipPerMessage + 100;
/** Bytes of a session with every key that it may keep, and room for the rest of its state. */
const STORED = 44 * limits.skippedKeys + 64 * 1024;

const hex = (session: Session) => toHex(encodeSession(session));

/** Both sides of a handshake at each of its steps. */
interface Steps {
  readonly b: HandshakeOptions;
  readonly message1: Uint8Array;
  readonly waiting2: AwaitingMessage2;
  readonly message2: Uint8Array;
  readonly waiting3: AwaitingMessage3;
  readonly message3: Uint8Array;
  readonly alice: Session;
  readonly bob: Session;
}

function steps(crypto: CryptoProvider, ofAlice: CryptoProvider = crypto): Steps {
  const [psk, prologue] = [crypto.random(32), utf8("prologue")];
  const a = { psk, prologue, device: crypto.dhGenerate() };
  const b = { psk, prologue, device: crypto.dhGenerate() };
  const first = initiate(ofAlice, a);
  const read1 = must(respond(crypto, b, first.message1), "read");
  const second = must(writeMessage2(crypto, read1.state, utf8("from bob")), "written");
  const read2 = must(readMessage2(crypto, first.state, second.message2), "read");
  const third = writeMessage3(crypto, read2.state, utf8("from alice"));
  const read3 = must(readMessage3(crypto, second.state, third.message3), "read");
  return {
    b,
    message1: first.message1,
    waiting2: first.state,
    message2: second.message2,
    waiting3: second.state,
    message3: third.message3,
    alice: third.session,
    bob: read3.session,
  };
}

const crypto = nodeCrypto(counted());
const one = steps(crypto);
const two = steps(crypto);

/** Any message to any reader at any step: it reads its own true one, and nothing else. */
const handshakes: Target = {
  name: "handshake",
  seeds: [one, two].flatMap(({ message1, message2, message3 }) => [message1, message2, message3]),
  run(input) {
    const is = (message: Uint8Array) => Buffer.compare(input, message) === 0;
    const counting = working(crypto);
    const read1 = respond(counting.crypto, one.b, input);
    const read2 = readMessage2(counting.crypto, one.waiting2, input);
    const read3 = readMessage3(counting.crypto, one.waiting3, input);
    assert.equal(read1.kind === "read", is(one.message1));
    assert.equal(read2.kind === "read", is(one.message2));
    assert.equal(read3.kind === "read", is(one.message3));
    assert.ok(counting.steps() < 200);
    // The states are as they were: the true messages are still read.
    must(readMessage2(crypto, one.waiting2, one.message2), "read");
    assert.equal(
      hex(must(readMessage3(crypto, one.waiting3, one.message3), "read").session),
      hex(one.bob),
    );
  },
};

/**
 * A peer that knows the psk and sends other keys than it should: byte 0 says which, the rest is the
 * key.
 */
const hostileKeys: Target = {
  name: "handshake-key",
  seeds: [0, 1, 2].flatMap((at) =>
    [crypto.dhGenerate().public, crypto.kemGenerate().public, new Uint8Array(32)].map((key) =>
      Uint8Array.of(at, ...key),
    ),
  ),
  run(input) {
    const [at = 0] = input;
    const key = (length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      bytes.set(input.slice(1, 1 + length));
      return bytes;
    };
    const hostile: CryptoProvider = {
      ...crypto,
      ...(at % 3 === 0 && { dhGenerate: () => ({ ...crypto.dhGenerate(), public: key(32) }) }),
      ...(at % 3 === 1 && { kemGenerate: () => ({ ...crypto.kemGenerate(), public: key(1184) }) }),
    };
    const psk = crypto.random(32);
    const device = crypto.dhGenerate();
    const static_ = at % 3 === 2 ? { ...device, public: key(32) } : device;
    const first = initiate(hostile, { psk, prologue: utf8("p"), device: static_ });
    const read = respond(
      crypto,
      { psk, prologue: utf8("p"), device: crypto.dhGenerate() },
      first.message1,
    );
    if (read.kind === "refused") return assert.match(read.why, /^(?:bad-key|forged|malformed)$/);
    const written = writeMessage2(crypto, read.state, new Uint8Array(0));
    if (written.kind === "refused") assert.equal(written.why, "bad-key");
  },
};

/** A provider that shows what stands in the headers that it seals. */
function listening(heard: Uint8Array[]): CryptoProvider {
  return {
    ...crypto,
    sealX(key, nonce, plaintext, ad) {
      heard.push(plaintext.slice());
      return crypto.sealX(key, nonce, plaintext, ad);
    },
  };
}

/**
 * Bob in the middle of a talk: old chains, skipped keys, a chain of his own, post-quantum epochs on
 * their way.
 */
function talk(): { alice: Session; bob: Session; late: Uint8Array[]; headers: Uint8Array[] } {
  let { alice, bob } = steps(crypto);
  const late: Uint8Array[] = [];
  const headers: Uint8Array[] = [];
  const hearing = listening(headers);
  for (let turn = 0; turn < 14; turn++) {
    for (let i = 0; i < 4; i++) {
      const sent = seal(hearing, alice, utf8(`${turn} ${i}`));
      alice = sent.next;
      if (i % 2 === 0 && turn > 9) late.push(sent.message);
      else bob = must(open(crypto, bob, sent.message, NOW), "opened").next;
    }
    const back = seal(hearing, bob, utf8("back"));
    bob = back.next;
    alice = must(open(crypto, alice, back.message, NOW), "opened").next;
  }
  return { alice, bob, late, headers };
}

const { alice, bob, late, headers: said } = talk();
/** How many messages of the chain before Alice's next one have come. */
const came = bob.receiving.kind === "active" ? bob.receiving.Nr : 0;
const next = seal(crypto, alice, utf8("next"));
const foreign = seal(crypto, two.alice, utf8("of another session"));
const bobBefore = hex(bob);

function opened(message: Uint8Array): boolean {
  const counting = working(crypto);
  const result = open(counting.crypto, bob, message, NOW);
  assert.equal(hex(bob), bobBefore, "the session changed");
  assert.ok(counting.steps() <= STEPS, `${counting.steps()} steps`);
  if (result.kind === "refused") return false;
  const stored = encodeSession(result.next);
  assert.ok(stored.length <= STORED, `${stored.length} bytes`);
  const again = decodeSession(stored);
  assert.ok(again && Buffer.compare(encodeSession(again), stored) === 0);
  // Nothing is opened twice.
  assert.equal(open(crypto, result.next, message, NOW).kind, "refused");
  return true;
}

const messages: Target = {
  name: "ratchet-message",
  seeds: [next.message, ...late, foreign.message],
  run(input) {
    const good = [next.message, ...late].some((message) => Buffer.compare(input, message) === 0);
    assert.equal(opened(input), good);
  },
};

/**
 * The input is the header that a peer with all the keys seals; the rest of the message is
 * authentic.
 */
const headers: Target = {
  name: "ratchet-header",
  seeds: [
    ...said.filter((_, i) => i % 7 === 0 || i > said.length - 4),
    ...[came - 1, came, came + 1].map((PN) => {
      const { epoch } = bob.scka;
      return concat(new Uint8Array(32), u32(PN), u32(0), u32(epoch));
    }),
  ],
  run(input) {
    // A header that is too short or too long for the format cannot be split off, and is refused
    // before it is opened.
    const plain = input.slice(0, 44 + limits.sckaMessage);
    const lying: CryptoProvider = {
      ...crypto,
      sealX: (key, nonce, _plaintext, ad) => crypto.sealX(key, nonce, plain, ad),
    };
    opened(seal(lying, alice, utf8("x")).message);
    opened(seal(lying, next.next, utf8("x")).message);
    // The same counts with the true ratchet key, so that the body opens where the counts allow it.
    const keyed: CryptoProvider = {
      ...crypto,
      sealX: (key, nonce, truth, ad) =>
        crypto.sealX(key, nonce, concat(truth.slice(0, 32), plain.slice(32)), ad),
    };
    const counts =
      plain.length >= 40 ? { PN: readU32(plain, 32), N: readU32(plain, 36) } : undefined;
    if (opened(seal(keyed, alice, utf8("x")).message))
      assert.ok(
        counts && counts.PN >= came && counts.PN <= came + limits.skipPerMessage && counts.N === 0,
        "opened a chain whose predecessor is shorter than what came of it",
      );
  },
};

const sessions: Target = {
  name: "session",
  seeds: [alice, bob, one.alice, one.bob, next.next].map(encodeSession),
  run(input) {
    const session = decodeSession(input);
    if (session !== undefined) assert.deepEqual(encodeSession(session), input);
  },
};

export const ratchetTargets: readonly Target[] = [
  handshakes,
  hostileKeys,
  messages,
  headers,
  sessions,
];
