/** Signing keys and acknowledgements that members gave: authenticated to this node by MACs. */
import { equal } from "../../base/index.ts";
import {
  type Addressee,
  checkSigningKey,
  depthOf,
  type Entry,
  type GenerationId,
  generationId,
  isAck,
  type MemberId,
  memberId,
  opId,
  recipientsOf,
  signingKeyRecord,
  stateAt,
  streamId,
  streamOfKey,
} from "../../group/index.ts";
import {
  decodeGroupAck,
  decodeGroupSigningKey,
  encodeGroupAck,
  type GroupSigningKey,
} from "../../wire/index.ts";
import { ackName, isNewerAck } from "./acks.ts";
import { SLOT } from "./generations.ts";
import type { Group, Signer } from "./group.ts";
import { type Generation, generationNamed, putGeneration } from "./held-keys.ts";
import { entryOf, keep, type RecordBatch, replace, type Verdict } from "./record-batch.ts";

export function takeSigningKey(batch: RecordBatch, bytes: Uint8Array): Verdict {
  const record = decodeGroupSigningKey(bytes);
  if (record === undefined) return "hostile";
  const { group } = batch;
  const generation = generationNamed(group.keys, record.generation);
  const member = memberId.from(record.member);
  const entry = entryOf(group, member);
  const addressees = generation && addresseesOf(group, generation, record);
  if (generation === undefined || entry === undefined || addressees === undefined) return "waits";
  const { slot, key } = record;
  const of = { group: group.row.id, generation: generation.id, member, slot };
  if (!equal(record.stream, streamOfKey(batch.context.crypto, of, key))) return "hostile";
  if (slot !== SLOT) return "void";
  const confirmed =
    member === group.row.us
      ? isOurSigningKey(batch, record, addressees)
      : isConfirmed(batch, record, entry, addressees);
  if (confirmed === undefined) return "void";
  const stream = streamId.from(record.stream);
  const before = signerOf(group, generation.id, member);
  // One key of a member and generation; one that is confirmed takes the place of another.
  if (before !== undefined && (before.confirmed || !confirmed)) return "void";
  if (before !== undefined) group.signers.delete(before.stream);
  group.signers.set(stream, {
    ...{ stream, member, generation: generation.id, key: record.key, confirmed },
  });
  if (member === group.row.us && generation.until !== 0) {
    // Ours, and this node does not know it: its disk went back.
    generation.until = 0;
    batch.ops.push(putGeneration(group.row.ref, generation));
  }
  keep(batch, { kind: "signing-key", bytes, depth: depthOf(group.log, generation), confirmed });
  return "fits";
}

/** Whether a key is authenticated to this node; `undefined` where it is to be refused. */
function isConfirmed(
  { context: { crypto, identity }, group }: RecordBatch,
  record: GroupSigningKey,
  { device }: Entry,
  addressees: readonly MemberId[],
): boolean | undefined {
  const ours = { member: group.row.us, device: identity.device };
  const checked = checkSigningKey(crypto, group.row.id, record, device, ours, addressees);
  return checked === "refused" ? undefined : checked === "confirmed";
}

/** Whether all MACs of a key are by this node's device; `undefined` where they are not. */
function isOurSigningKey(
  { context: { crypto, identity }, group }: RecordBatch,
  record: GroupSigningKey,
  addressees: readonly MemberId[],
): true | undefined {
  const devices = addressees.flatMap((member): Addressee[] => {
    const entry = entryOf(group, member);
    return entry === undefined ? [] : [{ member, device: entry.device }];
  });
  const purpose = {
    group: group.row.id,
    generation: generationId.from(record.generation),
    ...{ member: group.row.us, slot: record.slot, stream: record.stream },
  };
  const key = { public: record.key, seed: new Uint8Array(32) };
  const expected = signingKeyRecord(crypto, purpose, key, identity.device, devices);
  return expected && equal(expected.macs, record.macs) ? true : undefined;
}

/** The key of a member in a generation. */
function signerOf(
  { signers }: Group,
  generation: GenerationId,
  member: MemberId,
): Signer | undefined {
  for (const signer of signers.values())
    if (signer.member === member && signer.generation === generation) return signer;
  return undefined;
}

/** Whom a signing key is for: the recipients of its generation, or those that were added later. */
export function addresseesOf(
  { log }: Pick<Group, "log">,
  generation: Generation,
  { member, frontier }: Pick<GroupSigningKey, "member" | "frontier">,
): MemberId[] | undefined {
  const author = memberId.from(member);
  const recipients = recipientsOf(log, generation);
  if (recipients === undefined) return undefined;
  if (frontier.length === 0) return [...recipients].filter((each) => each !== author);
  const heads = frontier.map(opId.from).flatMap((id) => log.ops.get(id) ?? []);
  if (heads.length !== frontier.length) return undefined;
  return [...stateAt(log, heads).members.keys()].filter((each) => !recipients.has(each));
}

/** Keeps the newest acknowledgement of a member for a stream, by who gave it. */
export function takeAck(
  batch: RecordBatch,
  bytes: Uint8Array,
  giver: MemberId | undefined,
): Verdict {
  const ack = decodeGroupAck(bytes);
  if (ack === undefined) return "hostile";
  const { context, group } = batch;
  const [from, to] = [memberId.from(ack.from), memberId.from(ack.to)];
  if (from === group.row.us) return "void";
  const entry = entryOf(group, from);
  const signer = group.signers.get(streamId.from(ack.stream));
  if (entry === undefined || signer === undefined) return "waits";
  if (signer.member !== to) return "void";
  const isForUs = to === group.row.us;
  if (isForUs) {
    const { crypto, identity } = context;
    if (!isAck(crypto, group.row.id, identity.device, entry.device, ack)) return "void";
  }
  const [by, other] =
    giver === from ? (["maker", "others"] as const) : (["others", "maker"] as const);
  const [before, besides] = [by, other].map((each) => group.acks.get(ackName(ack, each)));
  if (before !== undefined && !isNewerAck(ack, before.ack)) return "void";
  if (by === "others" && besides !== undefined && !isNewerAck(ack, besides.ack)) return "void";
  const isOver = by === "maker" && besides !== undefined && !isNewerAck(besides.ack, ack);
  for (const old of [before, isOver ? besides : undefined])
    if (old !== undefined) replace(batch, "ack", encodeGroupAck(old.ack), old.item);
  if (isOver) group.acks.delete(ackName(ack, other));
  const item = keep(batch, { kind: "ack", bytes, depth: 0, confirmed: by === "maker" });
  group.acks.set(ackName(ack, by), { ack, item });
  if (isForUs) batch.acks.push(ack);
  return "fits";
}
