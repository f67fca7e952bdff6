/**
 * Headers and the outer form of a message (docs/WIRE.md):
 *
 *     message = length of the sealed header (u16) ‖ nonce (16) ‖ sealed header ‖ sealed body
 *     header  = DH (32) ‖ PN (u32) ‖ N (u32) ‖ epoch (u32) ‖ post-quantum bytes (0 or more)
 *
 * Numbers are in network byte order. The header is sealed by XChaCha20-Poly1305 under the
 * chain's header key with nonce ‖ 8 zero bytes, associated data = the session's AD. The nonce is
 * random, and the body's comes from it: a state restored from a backup may use a key a second time,
 * never a key with the same nonce.
 */
import { concat, limits, readU32 } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { HeaderKey, MessageKey, NextHeaderKey } from "./keys.ts";
import type { SckaHeader } from "./scka.ts";

export interface Header {
  /** The sender's ratchet key, 32 bytes. */
  readonly DH: Uint8Array;
  /** Messages in the sender's chain before this one. */
  readonly PN: number;
  /** Position in the chain. */
  readonly N: number;
  readonly scka: SckaHeader;
}

/** A message's parts, as views of it. */
export interface Parts {
  /** Everything before the body: what the body's associated data holds. */
  readonly front: Uint8Array;
  readonly nonce: Uint8Array;
  readonly sealedHeader: Uint8Array;
  readonly body: Uint8Array;
}

const LENGTH_BYTES = 2;
const NONCE_BYTES = 16;
const X_NONCE_BYTES = 24;
const BODY_NONCE_BYTES = 12;
const FIXED_BYTES = 44;
const TAG_BYTES = 16;
const HEADER_AT = LENGTH_BYTES + NONCE_BYTES;

/** Bytes that a message has beyond its plaintext while the header carries no post-quantum bytes. */
export const MESSAGE_OVERHEAD = HEADER_AT + FIXED_BYTES + TAG_BYTES + TAG_BYTES;

/**
 * A header sealed under a fresh nonce, and what the body's associated data must be: AD ‖ the
 * message's front.
 */
export function HENCRYPT(
  crypto: CryptoProvider,
  HK: HeaderKey,
  { DH, PN, N, scka }: Header,
  AD: Uint8Array,
): { bodyAD: Uint8Array; nonce: Uint8Array } {
  const plain = new Uint8Array(FIXED_BYTES + scka.message.length);
  plain.set(DH);
  writeU32(plain, 32, PN);
  writeU32(plain, 36, N);
  writeU32(plain, 40, scka.epoch);
  plain.set(scka.message, FIXED_BYTES);
  const nonce = crypto.random(NONCE_BYTES);
  const sealed = crypto.sealX(HK, xNonce(nonce), plain, AD);
  const bodyAD = new Uint8Array(AD.length + HEADER_AT + sealed.length);
  bodyAD.set(AD);
  bodyAD[AD.length] = sealed.length >>> 8;
  bodyAD[AD.length + 1] = sealed.length & 0xff;
  bodyAD.set(nonce, AD.length + LENGTH_BYTES);
  bodyAD.set(sealed, AD.length + HEADER_AT);
  return { bodyAD, nonce };
}

/** The header, or `undefined` where it was not sealed under this key. */
export function HDECRYPT(
  crypto: CryptoProvider,
  HK: HeaderKey | NextHeaderKey,
  { nonce, sealedHeader }: Parts,
  AD: Uint8Array,
): Header | undefined {
  const plain = crypto.openX(HK, xNonce(nonce), sealedHeader, AD);
  if (plain === undefined) return undefined;
  return {
    DH: plain.slice(0, 32),
    PN: readU32(plain, 32),
    N: readU32(plain, 36),
    scka: { epoch: readU32(plain, 40), message: plain.slice(FIXED_BYTES) },
  };
}

/** Splits a message; `undefined` where its lengths are impossible. */
export function splitMessage(message: Uint8Array): Parts | undefined {
  if (message.length < MESSAGE_OVERHEAD) return undefined;
  const length = ((message[0] as number) << 8) | (message[1] as number);
  const bodyAt = HEADER_AT + length;
  if (length < FIXED_BYTES + TAG_BYTES) return undefined;
  if (length > FIXED_BYTES + limits.sckaMessage + TAG_BYTES) return undefined;
  if (message.length < bodyAt + TAG_BYTES) return undefined;
  return {
    front: message.subarray(0, bodyAt),
    nonce: message.subarray(LENGTH_BYTES, HEADER_AT),
    sealedHeader: message.subarray(HEADER_AT, bodyAt),
    body: message.subarray(bodyAt),
  };
}

/**
 * The message of a sealed header and a plaintext: the spec's ENCRYPT, bound to the session and the
 * whole front.
 */
export function sealMessage(
  crypto: CryptoProvider,
  mk: MessageKey,
  { bodyAD, nonce }: { bodyAD: Uint8Array; nonce: Uint8Array },
  plaintext: Uint8Array,
  AD: Uint8Array,
): Uint8Array {
  const body = crypto.seal(mk, nonce.subarray(0, BODY_NONCE_BYTES), plaintext, bodyAD);
  return concat(bodyAD.subarray(AD.length), body);
}

/** DECRYPT of the spec. */
export function openBody(
  crypto: CryptoProvider,
  mk: MessageKey,
  { front, nonce, body }: Parts,
  AD: Uint8Array,
): Uint8Array | undefined {
  return crypto.open(mk, nonce.subarray(0, BODY_NONCE_BYTES), body, concat(AD, front));
}

function xNonce(nonce: Uint8Array): Uint8Array {
  const extended = new Uint8Array(X_NONCE_BYTES);
  extended.set(nonce);
  return extended;
}

/** Writes without a DataView: this runs three times a message. */
function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
