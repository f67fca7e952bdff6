import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fromHex, toHex } from "../../src/base/index.ts";
import { type CryptoProvider, nobleCrypto, nodeCrypto } from "../../src/crypto/index.ts";
import { HandshakeState } from "../../src/ratchet/noise.ts";
import { CipherState, SymmetricState } from "../../src/ratchet/symmetric.ts";
import { patternOf } from "./patterns.ts";
import { flip } from "./support.ts";

interface Vector {
  readonly protocol_name: string;
  readonly source: string;
  readonly init_prologue: string;
  readonly resp_prologue: string;
  readonly init_static?: string;
  readonly resp_static?: string;
  readonly init_ephemeral?: string;
  readonly resp_ephemeral?: string;
  readonly init_remote_static?: string;
  readonly resp_remote_static?: string;
  readonly init_psks?: readonly string[];
  readonly resp_psks?: readonly string[];
  readonly handshake_hash?: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const file = new URL("../vectors/noise_25519_chachapoly_sha256.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly Vector[] };
const bytes = (hex: string) => fromHex(hex) as Uint8Array;
const EMPTY = new Uint8Array(0);

/** One side of a vector, its ephemeral key as recorded. */
function side(crypto: CryptoProvider, vector: Vector, initiator: boolean): HandshakeState {
  const prefix = initiator ? "init" : "resp";
  const secret = vector[`${prefix}_static`];
  const ephemeral = vector[`${prefix}_ephemeral`];
  const known = vector[`${prefix}_remote_static`];
  const fixed = {
    ...crypto,
    dhGenerate: () => crypto.dhFromSecret(bytes(ephemeral ?? "")),
  };
  const pattern = patternOf(vector.protocol_name);
  if (pattern === undefined) throw new Error(`no pattern for ${vector.protocol_name}`);
  return new HandshakeState(fixed, {
    pattern,
    initiator,
    prologue: bytes(vector[`${prefix}_prologue`]),
    psks: (vector[`${prefix}_psks`] ?? []).map(bytes),
    ...(secret === undefined ? {} : { s: crypto.dhFromSecret(bytes(secret)) }),
    ...(known === undefined ? {} : { rs: bytes(known) }),
  });
}

/**
 * §5.2 Split: what follows the handshake in plain Noise, where the product derives its session
 * instead.
 */
function split(crypto: CryptoProvider, state: HandshakeState): [CipherState, CipherState] {
  const keys = crypto.hkdf(state.symmetric.ck, EMPTY, EMPTY, 64);
  return [new CipherState(crypto, keys.slice(0, 32)), new CipherState(crypto, keys.slice(32))];
}

function run(crypto: CryptoProvider, vector: Vector): void {
  const initiator = side(crypto, vector, true);
  const responder = side(crypto, vector, false);
  const handshakes = patternOf(vector.protocol_name)?.messages.length ?? 0;
  let ciphers: { sends: [CipherState, CipherState]; reads: [CipherState, CipherState] } | undefined;
  for (const [i, { payload, ciphertext }] of vector.messages.entries()) {
    const fromResponder = handshakes === 1 || i % 2 === 0 ? 0 : 1;
    if (i < handshakes) {
      const [writer, reader] = fromResponder ? [responder, initiator] : [initiator, responder];
      const message = writer.writeMessage(bytes(payload));
      assert.ok(typeof message !== "string");
      assert.equal(toHex(message), ciphertext);
      const read = reader.readMessage(bytes(ciphertext));
      assert.ok(typeof read !== "string", `refused: ${read}`);
      assert.equal(toHex(read), payload);
      continue;
    }
    ciphers ??= { sends: split(crypto, initiator), reads: split(crypto, responder) };
    assert.equal(
      toHex(ciphers.sends[fromResponder].encryptWithAd(EMPTY, bytes(payload))),
      ciphertext,
    );
    const read = ciphers.reads[fromResponder].decryptWithAd(EMPTY, bytes(ciphertext));
    assert.equal(toHex(read ?? EMPTY), payload);
  }
  assert.equal(toHex(initiator.symmetric.h), toHex(responder.symmetric.h));
  if (vector.handshake_hash) assert.equal(toHex(initiator.symmetric.h), vector.handshake_hash);
}

describe("Noise", () => {
  it("has a pattern for each of the 110 recorded handshakes", () => {
    assert.equal(vectors.length, 110);
    const missing = vectors.filter(({ protocol_name }) => patternOf(protocol_name) === undefined);
    assert.deepEqual(missing, []);
  });

  it("produces the recorded bytes and hash in all 110 handshakes", () => {
    for (const vector of vectors) runNamed(nodeCrypto(), vector);
  });

  it("produces them with the portable provider in every fifth handshake", () => {
    for (const [i, vector] of vectors.entries()) if (i % 5 === 0) runNamed(nobleCrypto(), vector);
  });

  it("rejects every truncated message and accepts an empty payload", () => {
    const crypto = nodeCrypto();
    const of = (initiator: boolean) =>
      new HandshakeState(crypto, { ...setup("NX"), initiator, s: crypto.dhGenerate() });
    const [initiator, responder] = [of(true), of(false)];
    for (const [writer, reader, length] of [
      [initiator, responder, 32],
      [responder, initiator, 32 + 32 + 16 + 16],
    ] as const) {
      const message = writer.writeMessage(EMPTY);
      assert.ok(typeof message !== "string");
      assert.equal(message.length, length);
      for (let cut = 0; cut < length; cut++)
        assert.equal(reader.clone().readMessage(message.slice(0, cut)), "malformed", `${cut}`);
      assert.deepEqual(reader.readMessage(message), EMPTY);
    }
  });

  it("reports a pattern without its required keys as a programming error", () => {
    const misuse: [string, boolean][] = [
      ["KN", true],
      ["KN", false],
      ["NK", true],
      ["NK", false],
      ["NNpsk0", true],
    ];
    for (const [name, initiator] of misuse)
      assert.throws(() => {
        new HandshakeState(nodeCrypto(), { ...setup(name), initiator }).writeMessage(EMPTY);
      }, /^RangeError: the pattern needs a key/);
  });

  it("leaves the state unchanged after a rejected message, so that the genuine one decrypts", () => {
    const crypto = nodeCrypto();
    const [ad, text, key] = [crypto.random(9), crypto.random(20), crypto.random(32)];
    const reader = new CipherState(crypto, key);
    const sealed = new CipherState(crypto, key).encryptWithAd(ad, text);
    assert.equal(reader.decryptWithAd(ad, flip(sealed, 3)), undefined);
    assert.deepEqual(reader.decryptWithAd(ad, sealed), text);

    const [ours, theirs] = [0, 1].map(() => {
      const state = new SymmetricState(crypto, "a protocol", new Set());
      state.mixKey(key);
      return state;
    }) as [SymmetricState, SymmetricState];
    const hashed = ours.encryptAndHash(text);
    assert.equal(theirs.decryptAndHash(flip(hashed, 3)), undefined);
    assert.deepEqual(theirs.decryptAndHash(hashed), text);
    assert.deepEqual(theirs.h, ours.h);
  });
});

/** A setup that has no key yet. */
function setup(pattern: string) {
  const found = patternOf(`Noise_${pattern}_25519_ChaChaPoly_SHA256`);
  assert.ok(found);
  return { pattern: found, prologue: EMPTY };
}

function runNamed(crypto: CryptoProvider, vector: Vector): void {
  try {
    run(crypto, vector);
  } catch (cause) {
    throw new Error(`${vector.protocol_name} (${vector.source})`, { cause });
  }
}
