/** Key packages, signing keys, acknowledgements and records of a group (docs/WIRE.md, groups). */
import { concat } from "../base/index.ts";
import { groupHeads } from "./group-op.ts";
import { bytes, count, message, optional, repeated, required, type ValueOf } from "./protobuf.ts";

export const groupKeyPackage = message({
  member: required(1, bytes(16)),
  number: required(2, count()),
  x: required(3, bytes(32)),
  ek: required(4, bytes(1184)),
  signature: required(5, bytes(64)),
});
const signingKey = message({
  generation: required(1, bytes(32)),
  member: required(2, bytes(16)),
  slot: required(3, count(0, 255)),
  stream: required(4, bytes(8)),
  key: required(5, bytes(32)),
  macs: required(6, bytes(0, 8 * 1_000)),
  frontier: repeated(7, bytes(32), groupHeads),
  signature: required(8, bytes(64)),
});
const ack = message({
  from: required(1, bytes(16)),
  to: required(2, bytes(16)),
  stream: required(3, bytes(8)),
  upTo: required(4, count()),
  readUpTo: required(5, count()),
  mac: required(6, bytes(8)),
  generation: optional(7, bytes(32)),
});

/**
 * What others seal a generation to: member 16, number, X25519 key 32, ML-KEM-768 key 1184, and the
 * member key's signature 64.
 */
export type GroupKeyPackage = ValueOf<typeof groupKeyPackage>;
/**
 * The key that signs a member's messages in one generation: generation 32, member 16, device slot,
 * stream 8, Ed25519 key 32, a MAC of 8 for each recipient, the heads (32 each) at which members
 * added later were counted, and the key's own signature 64.
 */
export type GroupSigningKey = ValueOf<typeof signingKey>;
/** What one member received and read of another's stream. */
export type GroupAck = ValueOf<typeof ack>;

export const encodeGroupKeyPackage = (value: GroupKeyPackage): Uint8Array =>
  groupKeyPackage.write(value);
/** The key package, or `undefined`. */
export const decodeGroupKeyPackage = (from: Uint8Array): GroupKeyPackage | undefined =>
  groupKeyPackage.read(from);
export const encodeGroupSigningKey = (value: GroupSigningKey): Uint8Array =>
  signingKey.write(value);
/** The signing key, or `undefined`. */
export const decodeGroupSigningKey = (from: Uint8Array): GroupSigningKey | undefined =>
  signingKey.read(from);
export const encodeGroupAck = (value: GroupAck): Uint8Array => ack.write(value);
/** The acknowledgement, or `undefined`. */
export const decodeGroupAck = (from: Uint8Array): GroupAck | undefined => ack.read(from);

/** The kinds of records that members synchronise; on the wire they are numbered from 1. */
export const groupRecordKinds = [
  "op",
  "announcement",
  "key-package",
  "signing-key",
  "ack",
] as const;

export interface GroupRecord {
  readonly kind: (typeof groupRecordKinds)[number];
  /** The bytes of a signed op, an announcement, a key package, a signing key or an ack. */
  readonly bytes: Uint8Array;
}

/** A record as it travels: u8 kind ‖ bytes. */
export function joinGroupRecord({ kind, bytes: record }: GroupRecord): Uint8Array {
  return concat(Uint8Array.of(1 + groupRecordKinds.indexOf(kind)), record);
}

/** The parts of a record, of which `bytes` is a view; `undefined` where its kind is unknown. */
export function splitGroupRecord(from: Uint8Array): GroupRecord | undefined {
  const kind = groupRecordKinds[(from[0] ?? 0) - 1];
  return kind && { kind, bytes: from.subarray(1) };
}
