/**
 * The layout of a record: version 1 ‖ tag 32 ‖ time 8 ‖ nonce 24 ‖ sealed 383 ‖ signature 64,
 * together `limits.recordBytes`; and the checks that need no key.
 */
import { concat, equal, labels, limits, readU64, utf8 } from "../base/index.ts";

export const VERSION = 1;
const TAG_AT = 1;
const TIME_AT = TAG_AT + 32;
const NONCE_AT = TIME_AT + 8;
const SEALED_AT = NONCE_AT + 24;
const SIGNATURE_AT = limits.recordBytes - 64;

/** Plaintext bytes, constant whatever the addresses. */
export const BODY = SIGNATURE_AT - SEALED_AT - 16;

export interface RecordParts {
  /** ms. */
  readonly time: number;
  /** Version, tag and time: the associated data of the sealed part. */
  readonly head: Uint8Array;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
  readonly signature: Uint8Array;
}

export type LayoutRefusal = "size" | "version" | "tag" | "stale" | "early";

export type ParsedRecord =
  | { readonly kind: "parts"; readonly parts: RecordParts }
  | { readonly kind: "refused"; readonly why: LayoutRefusal };

/**
 * Splits a record into its parts, as views, after checking size, version, tag and time, cheapest
 * first, so that malformed input costs a storing node next to nothing. A record is valid from
 * `limits.recordAge` ago to `limits.recordAhead` from now, both included.
 */
export function parseRecord(bytes: Uint8Array, tag: Uint8Array, now: number): ParsedRecord {
  if (bytes.length !== limits.recordBytes) return { kind: "refused", why: "size" };
  if (bytes[0] !== VERSION) return { kind: "refused", why: "version" };
  if (!equal(bytes.subarray(TAG_AT, TIME_AT), tag)) return { kind: "refused", why: "tag" };
  const time = timeOf(bytes);
  if (time === undefined || time - now > limits.recordAhead)
    return { kind: "refused", why: "early" };
  if (now - time > limits.recordAge) return { kind: "refused", why: "stale" };
  const parts = {
    time,
    head: bytes.subarray(0, NONCE_AT),
    nonce: bytes.subarray(NONCE_AT, SEALED_AT),
    sealed: bytes.subarray(SEALED_AT, SIGNATURE_AT),
    signature: bytes.subarray(SIGNATURE_AT),
  };
  return { kind: "parts", parts };
}

/** The time of a record of the right size, or `undefined`. */
export function timeOf(bytes: Uint8Array): number | undefined {
  return bytes.length === limits.recordBytes ? readU64(bytes, TIME_AT) : undefined;
}

/** The bytes that the tag's key signs: everything before the signature, prefixed by a label. */
export function signedPart(bytes: Uint8Array): Uint8Array {
  return concat(utf8(labels.recordSignature), bytes.subarray(0, SIGNATURE_AT));
}
