/**
 * The first two frames of a link. Both are proofs of a key that only the pair (or holders of one
 * invite) can make for this day, bound to the hosts at both ends; to anybody else they are noise.
 */
import { concat, equal, type HostId, labels, u32, utf8 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type AnswerBody,
  type AnswerFrame,
  decodeAnswerBody,
  decodeHelloBody,
  encodeAnswerBody,
  encodeHelloBody,
  type HelloBody,
  type HelloFrame,
} from "../../wire/index.ts";

type Hello = HelloFrame;
type Answer = AnswerFrame;

/** Caller and callee, as libp2p has proven them. */
export interface LinkEndpoints {
  readonly caller: HostId;
  readonly callee: HostId;
}

/** Each nonce makes a key of its own, so this one nonce is used once. */
const ZERO_NONCE = new Uint8Array(12);

const lengthPrefixed = (text: string): Uint8Array => {
  const bytes = utf8(text);
  return concat(u32(bytes.length), bytes);
};

/** Both PeerIds, each with its length. */
export function encodeEndpoints({ caller, callee }: LinkEndpoints): Uint8Array {
  return concat(lengthPrefixed(caller), lengthPrefixed(callee));
}

function helloTag(crypto: CryptoProvider, key: Uint8Array, ends: LinkEndpoints, nonce: Uint8Array) {
  return crypto.hmac(key, concat(utf8(labels.helloTag), encodeEndpoints(ends), nonce));
}

function answerTag(
  crypto: CryptoProvider,
  key: Uint8Array,
  ends: LinkEndpoints,
  helloNonce: Uint8Array,
  nonce: Uint8Array,
) {
  return crypto.hmac(key, concat(utf8(labels.answerTag), encodeEndpoints(ends), helloNonce, nonce));
}

function sealKey(crypto: CryptoProvider, key: Uint8Array, label: string, nonces: Uint8Array) {
  return crypto.hkdf(nonces, key, utf8(label), 32);
}

/** @param key the link key, 32 bytes. */
export function makeHello(
  crypto: CryptoProvider,
  key: Uint8Array,
  ends: LinkEndpoints,
  body: HelloBody,
): Hello {
  const nonce = crypto.random(32);
  const tag = helloTag(crypto, key, ends, nonce);
  const sealing = sealKey(crypto, key, labels.helloSeal, nonce);
  return {
    type: "hello",
    nonce,
    tag,
    sealed: crypto.seal(sealing, ZERO_NONCE, encodeHelloBody(body), tag),
  };
}

/** Whether this hello was made with this key for these ends. */
export function helloFits(
  crypto: CryptoProvider,
  key: Uint8Array,
  ends: LinkEndpoints,
  hello: Hello,
): boolean {
  return equal(helloTag(crypto, key, ends, hello.nonce), hello.tag);
}

export function openHello(
  crypto: CryptoProvider,
  key: Uint8Array,
  hello: Hello,
): HelloBody | undefined {
  const sealing = sealKey(crypto, key, labels.helloSeal, hello.nonce);
  const body = crypto.open(sealing, ZERO_NONCE, hello.sealed, hello.tag);
  return body && decodeHelloBody(body);
}

export function makeAnswer(
  crypto: CryptoProvider,
  key: Uint8Array,
  ends: LinkEndpoints,
  hello: Hello,
  body: AnswerBody,
): Answer {
  const nonce = crypto.random(32);
  const tag = answerTag(crypto, key, ends, hello.nonce, nonce);
  const sealing = sealKey(crypto, key, labels.answerSeal, concat(hello.nonce, nonce));
  return {
    type: "answer",
    nonce,
    tag,
    sealed: crypto.seal(sealing, ZERO_NONCE, encodeAnswerBody(body), tag),
  };
}

/** The answer's body, or `undefined` where it was not made with this key for this hello. */
export function openAnswer(
  crypto: CryptoProvider,
  key: Uint8Array,
  ends: LinkEndpoints,
  hello: Hello,
  answer: Answer,
): AnswerBody | undefined {
  if (!equal(answerTag(crypto, key, ends, hello.nonce, answer.nonce), answer.tag)) return undefined;
  const sealing = sealKey(crypto, key, labels.answerSeal, concat(hello.nonce, answer.nonce));
  const body = crypto.open(sealing, ZERO_NONCE, answer.sealed, answer.tag);
  return body && decodeAnswerBody(body);
}

/** What the handshake is bound to: its purpose, both hosts, both nonces. */
export function prologue(ends: LinkEndpoints, hello: Hello, answer: Answer): Uint8Array {
  return concat(utf8(labels.handshakePrologue), encodeEndpoints(ends), hello.nonce, answer.nonce);
}
