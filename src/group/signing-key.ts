/**
 * Message signing keys and acknowledgements: authenticated to each member by a MAC under the two
 * devices' shared secret, so that every member can verify a message and none can prove to others
 * who wrote it (docs/SPEC.md, groups).
 */
import { concat, equal, labels, u64, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider, DhKeyPair, SigningKeyPair } from "../crypto/index.ts";
import { encodeGroupSigningKey, type GroupAck, type GroupSigningKey } from "../wire/index.ts";
import {
  type GenerationId,
  type GroupId,
  generationId,
  groupId,
  type MemberId,
  memberId,
} from "./ids.ts";

const MAC = 8;
const STREAM = 8;

/** One that a key or an acknowledgement is for: its id and X25519 device public key, 32 bytes. */
export interface Addressee {
  readonly member: MemberId;
  readonly device: Uint8Array;
}

/** What a signing key is for. */
export interface KeyPurpose {
  readonly group: GroupId;
  readonly generation: GenerationId;
  readonly member: MemberId;
  readonly slot: number;
  /** 8 bytes. */
  readonly stream: Uint8Array;
}

/**
 * The stream of a signing key, so that nobody can state that of another member: SHA-256(label ‖
 * group ‖ generation ‖ member ‖ slot ‖ key)[0..8].
 */
export function streamOfKey(
  crypto: CryptoProvider,
  { group, generation, member, slot }: Omit<KeyPurpose, "stream">,
  key: Uint8Array,
): Uint8Array {
  const named = concat(
    utf8(labels.groupStreamId),
    groupId.bytes(group),
    generationId.bytes(generation),
    memberId.bytes(member),
    Uint8Array.of(slot),
    key,
  );
  return crypto.sha256(named).slice(0, STREAM);
}

/**
 * The record of a signing key, with a MAC for each addressee in the order of their ids.
 * @param frontier the heads up to which members were added after the generation, when the record is
 * for these; absent in the first record of a key, which is for the generation's recipients.
 * @returns `undefined` where the device key of an addressee is not usable.
 */
export function signingKeyRecord(
  crypto: CryptoProvider,
  purpose: KeyPurpose,
  key: SigningKeyPair,
  device: DhKeyPair,
  addressees: readonly Addressee[],
  frontier: readonly Uint8Array[] = [],
): GroupSigningKey | undefined {
  const macs: Uint8Array[] = [];
  for (const { device: theirs } of inOrder(addressees)) {
    const mac = keyMac(crypto, device, theirs, purpose, key.public);
    if (mac === undefined) return undefined;
    macs.push(mac);
  }
  const fields = {
    generation: generationId.bytes(purpose.generation),
    member: memberId.bytes(purpose.member),
    slot: purpose.slot,
    stream: purpose.stream,
    key: key.public,
    macs: concat(...macs),
    frontier,
  };
  return { ...fields, signature: crypto.sign(key, proofClaim(purpose.group, fields)) };
}

/**
 * Whether a record authenticates its key to this member.
 * @param author X25519 device public key of the record's member, 32 bytes.
 * @param addressees all members that the record is for, this one among them or not.
 * @returns `unconfirmed` where this member is none of them: its messages are shown with that mark.
 */
export function checkSigningKey(
  crypto: CryptoProvider,
  group: GroupId,
  record: GroupSigningKey,
  author: Uint8Array,
  ours: { readonly member: MemberId; readonly device: DhKeyPair },
  addressees: readonly MemberId[],
): "confirmed" | "unconfirmed" | "refused" {
  const { signature, ...fields } = record;
  if (!crypto.verify(record.key, proofClaim(group, fields), signature)) return "refused";
  if (record.macs.length !== MAC * addressees.length) return "refused";
  const place = [...addressees].sort().indexOf(ours.member);
  if (place < 0) return "unconfirmed";
  const purpose = {
    group,
    generation: generationId.from(record.generation),
    member: memberId.from(record.member),
    slot: record.slot,
    stream: record.stream,
  };
  const mac = keyMac(crypto, ours.device, author, purpose, record.key);
  const stated = record.macs.subarray(MAC * place, MAC * (place + 1));
  return mac !== undefined && equal(mac, stated) ? "confirmed" : "refused";
}

/** Acknowledges a stream to its author; `undefined` where its device key is not usable. */
export function makeAck(
  crypto: CryptoProvider,
  group: GroupId,
  device: DhKeyPair,
  theirDevice: Uint8Array,
  fields: Omit<GroupAck, "mac">,
): GroupAck | undefined {
  const mac = ackMac(crypto, group, device, theirDevice, fields);
  return mac && { ...fields, mac };
}

/** Whether an acknowledgement of our stream is by the member that it names. */
export function isAck(
  crypto: CryptoProvider,
  group: GroupId,
  device: DhKeyPair,
  theirDevice: Uint8Array,
  ack: GroupAck,
): boolean {
  const mac = ackMac(crypto, group, device, theirDevice, ack);
  return mac !== undefined && equal(mac, ack.mac);
}

/** HMAC(HKDF("", DH, label, 32), group ‖ generation ‖ member ‖ slot ‖ stream ‖ key)[0..8]. */
function keyMac(
  crypto: CryptoProvider,
  device: DhKeyPair,
  theirs: Uint8Array,
  { group, generation, member, slot, stream }: KeyPurpose,
  key: Uint8Array,
): Uint8Array | undefined {
  return pairMac(
    crypto,
    device,
    theirs,
    labels.groupSigningKey,
    concat(
      groupId.bytes(group),
      generationId.bytes(generation),
      memberId.bytes(member),
      Uint8Array.of(slot),
      stream,
      key,
    ),
  );
}

function ackMac(
  crypto: CryptoProvider,
  group: GroupId,
  device: DhKeyPair,
  theirs: Uint8Array,
  { from, to, stream, upTo, readUpTo, generation }: Omit<GroupAck, "mac">,
): Uint8Array | undefined {
  return pairMac(
    crypto,
    device,
    theirs,
    labels.groupAck,
    concat(
      groupId.bytes(group),
      from,
      to,
      stream,
      u64(upTo),
      u64(readUpTo),
      generation ?? new Uint8Array(0),
    ),
  );
}

function pairMac(
  crypto: CryptoProvider,
  device: DhKeyPair,
  theirs: Uint8Array,
  label: string,
  data: Uint8Array,
): Uint8Array | undefined {
  const shared = crypto.dh(device, theirs);
  if (shared === undefined) return undefined;
  const key = crypto.hkdf(new Uint8Array(0), shared, utf8(label), 32);
  const mac = crypto.hmac(key, data).slice(0, MAC);
  wipe(key, shared);
  return mac;
}

/** label ‖ group ‖ the record with a signature of zeros. */
function proofClaim(group: GroupId, fields: Omit<GroupSigningKey, "signature">): Uint8Array {
  const unsigned = encodeGroupSigningKey({ ...fields, signature: new Uint8Array(64) });
  return concat(utf8(labels.groupSigningKeySelf), groupId.bytes(group), unsigned);
}

function inOrder(addressees: readonly Addressee[]): Addressee[] {
  return [...addressees].sort((a, b) => (a.member < b.member ? -1 : 1));
}
