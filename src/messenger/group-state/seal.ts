/** Sealing our messages for a group: under which generation, in which stream, with which key. */

import { readU32, wipe } from "../../base/index.ts";
import {
  type Addressee,
  chooseGeneration,
  depthOf,
  type GroupMessageKey,
  groupLimits,
  type HeldGeneration,
  messageHash,
  newestHeads,
  recipientsOf,
  sealMessage,
  signingKeyRecord,
  streamId,
  streamOfKey,
  takeKey,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import {
  encodeGroupAck,
  encodeGroupSigningKey,
  type GroupAck,
  joinGroupRecord,
} from "../../wire/index.ts";
import { ackName } from "./acks.ts";
import type { GroupSealing, SealedMessage, StoredRecord } from "./conversation-ports.ts";
import { type Change, makeNow, SLOT } from "./generations.ts";
import type { Group, Signer } from "./group.ts";
import type { GroupsContext } from "./group-context.ts";
import {
  type Generation,
  type HeldKeys,
  type OwnStream,
  putChain,
  putGeneration,
  putOwnStream,
  shortId,
} from "./held-keys.ts";
import type { ItemRow } from "./held-records.ts";
import { entryOf } from "./record-batch.ts";
import { putSealed } from "./sealed-rows.ts";
import { isCut } from "./take-messages.ts";

/** The keys of groups as their conversations use them. */
export function sealing(context: GroupsContext): GroupSealing {
  return {
    seal: async (group, body) => sealNext(context, group, body),
    newestGeneration: ({ keys }) => newestOpen(keys)?.id,
    keepAck: (group, ack) => keepAck(group, ack),
  };
}

/** The newest generation whose chains this node has. */
export function newestOpen({ generations }: HeldKeys): Generation | undefined {
  const open = [...generations.values()].filter(({ standing }) => standing === "open");
  return open.sort((a, b) => b.since - a.since)[0];
}

/** Stores an acknowledgement of ours in the place of the one before. */
function keepAck({ records, acks }: Group, ack: GroupAck): StoredRecord {
  const bytes = encodeGroupAck(ack);
  const name = ackName(ack, "maker");
  const before = acks.get(name);
  const item: ItemRow = { kind: "ack", bytes, depth: 0, confirmed: true };
  const at = records.nextItem();
  return {
    record: joinGroupRecord({ kind: "ack", bytes }),
    ops: [records.putItem(at, item), ...(before ? [records.dropItem(before.item)] : [])],
    apply: () => {
      if (before) records.delete(records.idOf("ack", encodeGroupAck(before.ack)));
      records.addItem(at, item);
      acks.set(name, { ack, item: at });
    },
  };
}

/**
 * Seals the next message of ours under a generation that all members, and nobody else, can read;
 * makes one where there is none. Requires the lock of the group.
 * @param body of the message (`encodeGroupBody`).
 * @returns `undefined` while the key package of a member is not here.
 */
export function sealNext(
  context: GroupsContext,
  group: Group,
  body: Uint8Array,
): SealedMessage | undefined {
  const { crypto, clock } = context;
  const changes: Change[] = [];
  const generation = generationToUse(context, group, changes);
  if (generation === undefined) return undefined;
  const own = generation.own ?? newStream(context, group, generation, changes);
  const chain = generation.chains.get(group.row.us);
  const taken = chain && takeKey(crypto, chain, own.seq + 1);
  if (own === undefined || taken?.kind !== "key") return undefined;
  const seq = own.seq + 1;
  const key = crypto.signingFromSeed(own.seed.slice());
  const { row, log } = group;
  const place = {
    ...{ group: row.id, generation: generation.id, member: row.us, slot: SLOT },
    ...{ stream: streamId.bytes(own.stream), seq, previous: own.previous },
    frontier: newestHeads(log),
  };
  const bytes = sealMessage(crypto, place, taken.mk, key, body);
  wipe(key.seed);
  const hash = messageHash(crypto, bytes);
  const next: OwnStream = { ...own, seq, previous: hash };
  const ops: StoreOp[] = [
    ...changes.flatMap((each) => each.ops),
    putChain(row.ref, generation.id, row.us, taken.chain),
    putOwnStream(row.ref, generation.id, next),
    sealedOp(group, next, bytes, taken.mk, clock.now()),
  ];
  return {
    ...{ bytes, stream: own.stream, seq, ops },
    fresh: changes.flatMap((each) => each.fresh ?? []),
    apply: () => {
      for (const { apply } of changes) apply();
      const held = group.keys.generations.get(shortId(generation.id)) ?? generation;
      held.chains.set(row.us, taken.chain);
      held.own = next;
      for (const spent of taken.spent) spent.fill(0);
      const spot = { member: row.us, generation: shortId(generation.id), stream: own.stream, seq };
      group.sealed.set(spot, { hash, open: true });
    },
  };
}

function sealedOp(
  { row }: Group,
  { stream, seq }: OwnStream,
  bytes: Uint8Array,
  mk: GroupMessageKey,
  at: number,
): StoreOp {
  return putSealed(stream, seq, { group: row.ref, bytes, mk, at });
}

/** The generation to seal under; one that is made is among `changes`. */
function generationToUse(
  context: GroupsContext,
  group: Group,
  changes: Change[],
): Generation | undefined {
  const { clock, crypto } = context;
  const { log, state, row, keys, sealed } = group;
  const now = clock.now();
  const open = [...keys.generations.values()].filter(({ standing }) => standing === "open");
  const held = open.map(
    ({ until, ...each }): HeldGeneration => ({
      ...each,
      messages: sealed.countOf(shortId(each.id)),
      ...(until !== undefined && { until }),
    }),
  );
  const choice = chooseGeneration(
    // One that a member could not open is not used again, nor one in which our stream was cut.
    held.filter((each) => each.until !== 0 && !isOwnCut(group, each.id)),
    { log, state, ours: row.us, newcomers: new Set(), now },
  );
  if (choice.kind === "make") {
    const made = makeNow(context, group);
    if (made !== undefined) changes.push(made);
    return made?.generation;
  }
  const generation = keys.generations.get(shortId(choice.generation.id));
  if (generation !== undefined && choice.worn && generation.until === undefined) {
    const spread = (readU32(crypto.random(4)) / 2 ** 32) * groupLimits.rotationSpread;
    const next = { ...generation, until: now + spread };
    changes.push({
      ops: [putGeneration(row.ref, next)],
      apply: () => {
        generation.until = next.until;
      },
    });
  }
  return generation;
}

/** Whether our stream in a generation ended while we could not write: others refuse the rest. */
function isOwnCut(group: Group, id: Generation["id"]): boolean {
  const own = group.keys.generations.get(shortId(id))?.own;
  return own !== undefined && isCut(group, group.row.us, own.stream, own.seq + 1);
}

/** Begins our stream in a generation, and states the key that signs it. */
function newStream(
  { crypto, identity }: GroupsContext,
  group: Group,
  generation: Generation,
  changes: Change[],
): OwnStream {
  const { row, log, records } = group;
  const seed = crypto.random(32);
  const key = crypto.signingFromSeed(seed.slice());
  const of = { group: row.id, generation: generation.id, member: row.us, slot: SLOT };
  const stream = streamOfKey(crypto, of, key.public);
  const own: OwnStream = {
    ...{ seed, stream: streamId.from(stream), seq: 0, previous: new Uint8Array(32) },
  };
  const addressees = [...(recipientsOf(log, generation) ?? [])]
    .filter((member) => member !== row.us)
    .flatMap((member): Addressee[] => {
      const entry = entryOf(group, member);
      return entry === undefined ? [] : [{ member, device: entry.device }];
    });
  const purpose = { ...of, stream };
  const record = signingKeyRecord(crypto, purpose, key, identity.device, addressees);
  wipe(key.seed);
  if (record === undefined) throw new RangeError("a member's device key is not usable");
  const bytes = encodeGroupSigningKey(record);
  const item: ItemRow = { kind: "signing-key", bytes, depth: depthOf(log, generation) };
  const at = records.nextItem();
  const signer: Signer = {
    ...{ stream: own.stream, member: row.us, generation: generation.id },
    ...{ key: record.key, confirmed: true },
  };
  changes.push({
    ops: [records.putItem(at, item)],
    fresh: [joinGroupRecord({ kind: "signing-key", bytes })],
    apply: () => {
      records.addItem(at, item);
      group.signers.set(own.stream, signer);
    },
  });
  return own;
}
