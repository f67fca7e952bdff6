/**
 * Olm's session (the Olm specification, "Message format" and "Cryptographic primitives") over this
 * room's own Diffie-Hellman steps, chains and skipped keys: other labels, no header encryption, no
 * post-quantum part.
 */
import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { concat, equal, utf8 } from "../../src/base/index.ts";
import type { CryptoProvider, DhKeyPair } from "../../src/crypto/index.ts";
import type { RatchetKdf } from "../../src/ratchet/kdf.ts";
import {
  type ChainKey,
  chainKey,
  ecMessageKey,
  headerKey,
  messageKey,
  nextHeaderKey,
  pqSeed,
  type RootKey,
  rootKey,
} from "../../src/ratchet/keys.ts";
import { sckaInit } from "../../src/ratchet/scka.ts";
import type { ActiveReceiving, Session } from "../../src/ratchet/session.ts";
import {
  findSkipped,
  type OldChain,
  type SkippedKey,
  type SkippedKeys,
  skipMessageKeys,
  withoutSkipped,
} from "../../src/ratchet/skipped.ts";
import { stepReceiving, stepSending } from "../../src/ratchet/step.ts";

const EMPTY = new Uint8Array(0);
/** Olm does not encrypt headers. */
const UNUSED = nextHeaderKey(new Uint8Array(32));
const VERSION = 3;
const MAC = 8;

/** Two keys of 32 bytes instead of three, and the bytes 1 and 2 the other way round. */
export const olmKdf: RatchetKdf = {
  KDF_RK(crypto, RK, dhOut) {
    const out = crypto.hkdf(RK, dhOut, utf8("OLM_RATCHET"), 64);
    return { RK: rootKey(out.slice(0, 32)), CK: chainKey(out.slice(32)), NHK: UNUSED };
  },
  chainMessageKey: (crypto, CK) => ecMessageKey(crypto.hmac(CK, Uint8Array.of(1))),
  nextChainKey: (crypto, CK) => chainKey(crypto.hmac(CK, Uint8Array.of(2))),
};

/** Protobuf's outer form, as far as Olm uses it. */
const field = (tag: number, bytes: Uint8Array) =>
  concat(Uint8Array.of(tag), varint(bytes.length), bytes);

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left >>>= 7) bytes.push((left & 127) | 128);
  return Uint8Array.of(...bytes, left);
}

interface OlmMessage {
  readonly ratchetKey: Uint8Array;
  readonly index: number;
  readonly ciphertext: Uint8Array;
  readonly authentic: Uint8Array;
  readonly mac: Uint8Array;
}

function parse(message: Uint8Array): OlmMessage {
  const authentic = message.subarray(0, -MAC);
  const fields = new Map<number, Uint8Array | number>();
  let at = 1;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = authentic[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < authentic.length) {
    const tag = authentic[at++] ?? 0;
    const value = number();
    if ((tag & 7) === 0) fields.set(tag, value);
    else {
      fields.set(tag, authentic.slice(at, at + value));
      at += value;
    }
  }
  const [ratchetKey, index, ciphertext] = [0x0a, 0x10, 0x22].map((tag) => fields.get(tag));
  assert.ok(ratchetKey instanceof Uint8Array && ciphertext instanceof Uint8Array);
  assert.ok(typeof index === "number");
  return { ratchetKey, index, ciphertext, authentic, mac: message.subarray(-MAC) };
}

/** The three Diffie-Hellman results of Olm's outbound session, to its first root and chain key. */
export interface OlmStart {
  readonly RK: RootKey;
  readonly CKs: ChainKey;
  readonly DHs: DhKeyPair;
}

export class OlmPeer {
  readonly #crypto: CryptoProvider;
  #session: Session;
  /**
   * Ratchet keys of the chains behind, in the order of `MKSKIPPED.old`; the last is the current
   * one's.
   */
  #theirs: Uint8Array[] = [];

  constructor(crypto: CryptoProvider, { RK, CKs, DHs }: OlmStart) {
    this.#crypto = crypto;
    this.#session = {
      id: EMPTY,
      AD: EMPTY,
      RK,
      NHKs: UNUSED,
      NHKr: UNUSED,
      sending: { kind: "active", DHs, HKs: headerKey(UNUSED), CKs, Ns: 0, PN: 0 },
      receiving: { kind: "none" },
      scka: sckaInit(crypto, pqSeed(new Uint8Array(32)), true),
    };
  }

  encrypt(text: string): Uint8Array {
    const crypto = this.#crypto;
    const { sending } = this.#session;
    assert.ok(sending.kind !== "silent");
    const stepped =
      sending.kind === "due"
        ? stepSending(crypto, this.#session, sending, olmKdf)
        : { ...this.#session, sending };
    const { DHs, CKs, Ns } = stepped.sending;
    const keys = expand(crypto, olmKdf.chainMessageKey(crypto, CKs));
    const cipher = createCipheriv("aes-256-cbc", keys.aes, keys.iv);
    const ciphertext = concat(cipher.update(utf8(text)), cipher.final());
    const body = concat(
      Uint8Array.of(VERSION),
      field(0x0a, DHs.public),
      Uint8Array.of(0x10),
      varint(Ns),
      field(0x22, ciphertext),
    );
    const next = { ...stepped.sending, CKs: olmKdf.nextChainKey(crypto, CKs), Ns: Ns + 1 };
    this.#session = { ...stepped, sending: next };
    return concat(body, crypto.hmac(keys.mac, body).subarray(0, MAC));
  }

  /** The text, or `undefined` where no key for the message is left or to come. */
  decrypt(bytes: Uint8Array): string | undefined {
    const message = parse(bytes);
    const known = this.#theirs.findIndex((key) => equal(key, message.ratchetKey));
    if (known < 0) this.#step(message.ratchetKey);
    const { receiving } = this.#session;
    assert.ok(receiving.kind === "active");
    const { current, old } = receiving.MKSKIPPED;
    if (known < 0 || known === this.#theirs.length - 1) {
      if (message.index >= receiving.Nr) return this.#forward(receiving, message);
      return this.#skipped(current, message, (left) => ({ current: left, old }));
    }
    const index = known - (this.#theirs.length - 1 - old.length);
    const chain = old[index] as OldChain;
    return this.#skipped(chain.skipped, message, (left) => ({
      current,
      old: old.with(index, { ...chain, skipped: left }),
    }));
  }

  #step(DHr: Uint8Array): void {
    const { sending } = this.#session;
    assert.ok(sending.kind === "active", "a new key of theirs answers one of ours");
    const stepped = stepReceiving(this.#crypto, this.#session, sending, DHr, olmKdf);
    assert.ok(stepped);
    this.#session = stepped;
    this.#theirs.push(DHr);
  }

  #forward(receiving: ActiveReceiving, message: OlmMessage): string | undefined {
    const crypto = this.#crypto;
    const { current, old } = receiving.MKSKIPPED;
    const chain = { CK: receiving.CKr, from: receiving.Nr, until: message.index };
    const { keys, CK } = skipMessageKeys(current, chain, 0, (CKr) => ({
      mk: messageKey(olmKdf.chainMessageKey(crypto, CKr)),
      CK: olmKdf.nextChainKey(crypto, CKr),
    }));
    const text = this.#open(olmKdf.chainMessageKey(crypto, CK), message);
    this.#session = {
      ...this.#session,
      receiving: {
        ...receiving,
        CKr: olmKdf.nextChainKey(crypto, CK),
        Nr: message.index + 1,
        MKSKIPPED: { current: keys, old },
      },
    };
    return text;
  }

  #skipped(
    keys: SkippedKeys,
    message: OlmMessage,
    rest: (left: SkippedKeys) => ActiveReceiving["MKSKIPPED"],
  ): string | undefined {
    const { receiving } = this.#session;
    const index = findSkipped(keys, message.index);
    if (index < 0 || receiving.kind !== "active") return undefined;
    const text = this.#open((keys.list[index] as SkippedKey).mk, message);
    const MKSKIPPED = rest(withoutSkipped(keys, index));
    this.#session = { ...this.#session, receiving: { ...receiving, MKSKIPPED } };
    return text;
  }

  #open(mk: Uint8Array, { authentic, mac, ciphertext }: OlmMessage): string {
    const keys = expand(this.#crypto, mk);
    const expected = this.#crypto.hmac(keys.mac, authentic).subarray(0, MAC);
    assert.ok(equal(expected, mac), "libolm's message is authentic under our key");
    const decipher = createDecipheriv("aes-256-cbc", keys.aes, keys.iv);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
  }
}

function expand(crypto: CryptoProvider, mk: Uint8Array) {
  const out = crypto.hkdf(EMPTY, mk, utf8("OLM_KEYS"), 80);
  return { aes: out.slice(0, 32), mac: out.slice(32, 64), iv: out.slice(64) };
}

/**
 * The start of an outbound session towards an account's identity and one-time key, and its first
 * message's outer form.
 */
export function startOlm(crypto: CryptoProvider, identity: Uint8Array, oneTime: Uint8Array) {
  const [ours, base, DHs] = [crypto.dhGenerate(), crypto.dhGenerate(), crypto.dhGenerate()];
  const results = [crypto.dh(ours, oneTime), crypto.dh(base, identity), crypto.dh(base, oneTime)];
  const secret = concat(...results.map((result) => result ?? assert.fail("a good key")));
  const out = crypto.hkdf(EMPTY, secret, utf8("OLM_ROOT"), 64);
  const peer = new OlmPeer(crypto, {
    RK: rootKey(out.slice(0, 32)),
    CKs: chainKey(out.slice(32)),
    DHs,
  });
  const prekeyMessage = (inner: Uint8Array) =>
    concat(
      Uint8Array.of(VERSION),
      field(0x0a, oneTime),
      field(0x12, base.public),
      field(0x1a, ours.public),
      field(0x22, inner),
    );
  return { peer, identity: ours.public, prekeyMessage };
}
