/**
 * The first two frames of a link: the dialer's hello and the listener's answer. Each proves a key
 * that only the pair (or the holders of one invite) can derive for this epoch, bound to the PeerIds
 * of both hosts; without the key they look like random bytes.
 */
import { concat, equal, type HostId, labels, u32, utf8, wipe } from "../../base/index.ts";
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

/** The PeerIds of dialer and listener, as libp2p has proven them. */
export interface LinkEndpoints {
  readonly dialer: HostId;
  readonly listener: HostId;
}

/** Each nonce makes a key of its own, so this one nonce is used once. */
const ZERO_NONCE = new Uint8Array(12);

const lengthPrefixed = (text: string): Uint8Array => {
  const bytes = utf8(text);
  return concat(u32(bytes.length), bytes);
};

/** Both PeerIds, each with its length. */
export function encodeEndpoints({ dialer, listener }: LinkEndpoints): Uint8Array {
  return concat(lengthPrefixed(dialer), lengthPrefixed(listener));
}

/**
 * The index of a link key at a listener, 8 bytes (docs/SPEC.md, Link), by which the listener finds
 * the key without comparing a hello with every key. It is the same in every hello of an epoch to
 * one host, so it is sent only to a host that the contact itself named.
 * @param key the link key, 32 bytes.
 */
export function helloIndex(crypto: CryptoProvider, key: Uint8Array, listener: HostId): Uint8Array {
  return crypto.hmac(key, concat(utf8(labels.helloIndex), utf8(listener))).subarray(0, 8);
}

function helloTag(
  crypto: CryptoProvider,
  key: Uint8Array,
  endpoints: LinkEndpoints,
  { index, nonce }: Pick<HelloFrame, "index" | "nonce">,
) {
  const label = utf8(labels.helloTag);
  return crypto.hmac(key, concat(label, encodeEndpoints(endpoints), index, nonce));
}

function answerTag(
  crypto: CryptoProvider,
  key: Uint8Array,
  endpoints: LinkEndpoints,
  helloNonce: Uint8Array,
  nonce: Uint8Array,
) {
  const label = utf8(labels.answerTag);
  return crypto.hmac(key, concat(label, encodeEndpoints(endpoints), helloNonce, nonce));
}

/** Runs `use` with the key that seals one body, and overwrites the key. */
function withSealKey<Result>(
  crypto: CryptoProvider,
  key: Uint8Array,
  label: string,
  nonces: Uint8Array,
  use: (sealKey: Uint8Array) => Result,
): Result {
  const sealKey = crypto.hkdf(nonces, key, utf8(label), 32);
  const result = use(sealKey);
  wipe(sealKey);
  return result;
}

/**
 * The dialer's hello.
 * @param key the link key, 32 bytes.
 * @param named whether the contact itself named the listener's host; any other host gets a random
 * index, by which it cannot tell that two hellos are of one pair.
 */
export function makeHello(
  crypto: CryptoProvider,
  key: Uint8Array,
  endpoints: LinkEndpoints,
  body: HelloBody,
  named: boolean,
): HelloFrame {
  const index = named ? helloIndex(crypto, key, endpoints.listener) : crypto.random(8);
  const nonce = crypto.random(32);
  const tag = helloTag(crypto, key, endpoints, { index, nonce });
  const sealed = withSealKey(crypto, key, labels.helloSeal, nonce, (sealKey) =>
    crypto.seal(sealKey, ZERO_NONCE, encodeHelloBody(body), tag),
  );
  return { type: "hello", index, nonce, tag, sealed };
}

/** Whether this hello was made with this key for these endpoints. */
export function helloFits(
  crypto: CryptoProvider,
  key: Uint8Array,
  endpoints: LinkEndpoints,
  hello: HelloFrame,
): boolean {
  return equal(helloTag(crypto, key, endpoints, hello), hello.tag);
}

/** The body of a hello that fits the key; `undefined` where it is malformed. */
export function openHello(
  crypto: CryptoProvider,
  key: Uint8Array,
  hello: HelloFrame,
): HelloBody | undefined {
  const body = withSealKey(crypto, key, labels.helloSeal, hello.nonce, (sealKey) =>
    crypto.open(sealKey, ZERO_NONCE, hello.sealed, hello.tag),
  );
  return body && decodeHelloBody(body);
}

/** The listener's answer to a hello. @param key the link key, 32 bytes. */
export function makeAnswer(
  crypto: CryptoProvider,
  key: Uint8Array,
  endpoints: LinkEndpoints,
  hello: HelloFrame,
  body: AnswerBody,
): AnswerFrame {
  const nonce = crypto.random(32);
  const tag = answerTag(crypto, key, endpoints, hello.nonce, nonce);
  const nonces = concat(hello.nonce, nonce);
  const sealed = withSealKey(crypto, key, labels.answerSeal, nonces, (sealKey) =>
    crypto.seal(sealKey, ZERO_NONCE, encodeAnswerBody(body), tag),
  );
  return { type: "answer", nonce, tag, sealed };
}

/** The answer's body, or `undefined` where it was not made with this key for this hello. */
export function openAnswer(
  crypto: CryptoProvider,
  key: Uint8Array,
  endpoints: LinkEndpoints,
  hello: HelloFrame,
  answer: AnswerFrame,
): AnswerBody | undefined {
  const { nonce, tag, sealed } = answer;
  if (!equal(answerTag(crypto, key, endpoints, hello.nonce, nonce), tag)) return undefined;
  const nonces = concat(hello.nonce, nonce);
  const body = withSealKey(crypto, key, labels.answerSeal, nonces, (sealKey) =>
    crypto.open(sealKey, ZERO_NONCE, sealed, tag),
  );
  return body && decodeAnswerBody(body);
}

/** What the Noise handshake is bound to: its purpose, both hosts, both nonces. */
export function prologue(
  endpoints: LinkEndpoints,
  hello: HelloFrame,
  answer: AnswerFrame,
): Uint8Array {
  const label = utf8(labels.handshakePrologue);
  return concat(label, encodeEndpoints(endpoints), hello.nonce, answer.nonce);
}
