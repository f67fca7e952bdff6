import assert from "node:assert/strict";
import { concat, toHex, u32, utf8 } from "../../src/base/index.ts";
import { type CryptoProvider, nobleCrypto, nodeCrypto, type Rng } from "../../src/crypto/index.ts";
import {
  encodeSession,
  type HandshakeOptions,
  type HandshakeOutputs,
  initiate,
  open,
  readMessage2,
  readMessage3,
  respond,
  type Session,
  seal,
  writeMessage2,
  writeMessage3,
} from "../../src/ratchet/index.ts";
import { encodeFrame, encodeLinkFrame } from "../../src/wire/index.ts";

export const node = nodeCrypto();
export const noble = nobleCrypto();

/**
 * Chance from a seed, a stream of its own for each length asked for: key secrets (32 bytes) and
 * nonces (16) come in the same order among themselves however a program interleaves the two.
 */
export function seeded(seed: string): Rng {
  const counters = new Map<number, number>();
  return (length) => {
    const count = counters.get(length) ?? 0;
    counters.set(length, count + 1);
    return node.hkdf(utf8(seed), concat(u32(length), u32(count)), utf8("chance"), length);
  };
}

/** A copy with one bit turned over. */
export function flip(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ (1 << bit);
  return copy;
}

/** The value, once it is of the expected kind. */
export function must<Value extends { readonly kind: string }, Kind extends Value["kind"]>(
  value: Value,
  kind: Kind,
): Extract<Value, { readonly kind: Kind }> {
  assert.equal(value.kind, kind, JSON.stringify("why" in value ? value.why : value.kind));
  return value as Extract<Value, { readonly kind: Kind }>;
}

export interface Pair {
  readonly alice: Session;
  readonly bob: Session;
  readonly outputs: readonly [HandshakeOutputs, HandshakeOutputs];
}

export interface HandshakeFixture {
  readonly a: HandshakeOptions;
  readonly b: HandshakeOptions;
}

export function fixture(crypto: CryptoProvider = node): HandshakeFixture {
  const psk = crypto.random(32);
  const prologue = utf8("a prologue");
  return {
    a: { psk, prologue, device: crypto.dhGenerate() },
    b: { psk, prologue, device: crypto.dhGenerate() },
  };
}

/** A whole handshake; Alice initiates. */
export function pair(ofAlice: CryptoProvider = node, ofBob: CryptoProvider = ofAlice): Pair {
  const { a, b } = fixture(ofAlice);
  const first = initiate(ofAlice, a);
  const read1 = must(respond(ofBob, b, first.message1), "read");
  const second = must(writeMessage2(ofBob, read1.state, utf8("from bob")), "written");
  const read2 = must(readMessage2(ofAlice, first.state, second.message2), "read");
  const third = writeMessage3(ofAlice, read2.state, utf8("from alice"));
  const read3 = must(readMessage3(ofBob, second.state, third.message3), "read");
  return { alice: third.session, bob: read3.session, outputs: [third.outputs, read3.outputs] };
}

/** Seals `count` messages in a row, each with its number as its text. */
export function sealMany(
  crypto: CryptoProvider,
  session: Session,
  count: number,
): { messages: Uint8Array[]; next: Session } {
  const messages: Uint8Array[] = [];
  let next = session;
  for (let i = 0; i < count; i++) {
    const sealed = seal(crypto, next, u32(i));
    messages.push(sealed.message);
    next = sealed.next;
  }
  return { messages, next };
}

/** Opens what must open. */
export function opens(
  crypto: CryptoProvider,
  session: Session,
  message: Uint8Array | undefined,
  now = 0,
): { plaintext: Uint8Array; next: Session } {
  assert.ok(message);
  return must(open(crypto, session, message, now), "opened");
}

/** Why an open is refused. */
export function refusal(
  crypto: CryptoProvider,
  session: Session,
  message: Uint8Array | undefined,
  now = 0,
): string {
  assert.ok(message);
  return must(open(crypto, session, message, now), "refused").why;
}

/** Refused for this reason, and the session as it was. */
export function refusedAlike(session: Session, message: Uint8Array, why: string): void {
  const before = toHex(encodeSession(session));
  assert.equal(refusal(node, session, message), why);
  assert.equal(toHex(encodeSession(session)), before);
}

/** A message's frame, as the wire shows it. */
export function frameOf(message: Uint8Array): Uint8Array {
  return encodeFrame(encodeLinkFrame({ type: "ratchet", message }));
}

/** One message from one side to the other, opened at once. */
export function pass(
  crypto: CryptoProvider,
  from: Session,
  to: Session,
  now = 0,
): { from: Session; to: Session } {
  const sealed = seal(crypto, from, utf8("passing"));
  return { from: sealed.next, to: opens(crypto, to, sealed.message, now).next };
}
