/**
 * Messages of members as they travel: verified, kept sealed for others, and opened as soon as their
 * keys are here. Opening needs no order: a chain keeps the keys of what is still to come.
 */
import { toHex } from "../../base/index.ts";
import {
  everything,
  frontiersOf,
  type GenerationId,
  type GroupMessageKey,
  groupLimits,
  isSignedMessage,
  type MemberId,
  memberId,
  messageHash,
  openMessage,
  type SendingChain,
  type StreamId,
  streamId,
  takeKey,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { decodeGroupMessage, type GroupMessageParts } from "../../wire/index.ts";
import type { Taken } from "../group-sync/sync-source.ts";
import type { MoreChanges, OpenedMessage } from "./conversation-ports.ts";
import { SLOT } from "./generations.ts";
import type { Group } from "./group.ts";
import type { GroupsContext } from "./group-context.ts";
import { type Generation, generationNamed, putChain, putGeneration, shortId } from "./held-keys.ts";
import { messageOf, putSealed, sealedKey } from "./sealed-rows.ts";

/** Takes messages that were opened into the conversation, in one batch with `more`. */
export type Deliver = (opened: readonly OpenedMessage[], more: MoreChanges) => Promise<void>;

/** A message that this node has, opened or not. */
interface Arrived {
  readonly bytes: Uint8Array;
  readonly parts: GroupMessageParts;
  readonly hash: Uint8Array;
  readonly author: MemberId;
  readonly stream: StreamId;
  /** When it was stored here, ms since 1970. */
  readonly at: number;
}

/**
 * Takes messages of members in. Those that cannot be judged yet are left out: they come again with
 * the next comparison. Requires the lock of the group.
 */
export async function takeMessages(
  context: GroupsContext,
  group: Group,
  messages: readonly Uint8Array[],
  deliver: Deliver,
): Promise<Taken> {
  const arrived: Arrived[] = [];
  let fate: Taken = "taken";
  for (const bytes of messages) {
    const verdict = judge(context, group, bytes);
    if (verdict === "hostile") fate = "hostile";
    else if (verdict !== "passed over" && !arrived.some((each) => isSamePlace(each, verdict)))
      arrived.push(verdict);
  }
  await openAll(context, group, arrived, deliver);
  return fate;
}

const isSamePlace = (a: Arrived, b: Arrived): boolean =>
  a.stream === b.stream && a.parts.seq === b.parts.seq;

/** A message that fits its stream; `passed over`: known, cut off, or not to be judged yet. */
function judge(
  { crypto, clock }: GroupsContext,
  group: Group,
  bytes: Uint8Array,
): Arrived | "passed over" | "hostile" {
  const parts = decodeGroupMessage(bytes);
  if (parts === undefined) return "hostile";
  const [author, stream] = [memberId.from(parts.member), streamId.from(parts.stream)];
  if (isCut(group, author, stream, parts.seq)) return "passed over";
  const hash = messageHash(crypto, bytes);
  // Of two messages of one place the first one stays.
  if (group.sealed.hashOf(stream, parts.seq) !== undefined) return "passed over";
  const signer = group.signers.get(stream);
  // A stream that two members stated is no fault of the one that gives its messages.
  if (signer === undefined || signer.member !== author) return "passed over";
  if (shortId(parts.generation) !== shortId(signer.generation) || parts.slot !== SLOT)
    return "hostile";
  const frontiers = frontiersOf(group.log, parts.frontier);
  if (frontiers.length === 0) return "passed over";
  const { generation, key } = signer;
  const fits = frontiers.some((heads) => {
    const ids = heads.map(({ id }) => id);
    return isSignedMessage(crypto, group.row.id, generation, ids, key, parts);
  });
  if (!fits) return "hostile";
  return { bytes: bytes.slice(), parts, hash, author, stream, at: clock.now() };
}

/** Whether a message is after the last one that counts of a member that was restricted. */
export function isCut(
  { state }: Pick<Group, "state">,
  author: MemberId,
  stream: StreamId,
  seq: number,
): boolean {
  const cuts = (state.cutoffs.get(author) ?? []).map((cutoff) =>
    cutoff.cuts.find((each) => each.stream === stream),
  );
  if (cuts.some((cut) => cut !== undefined && seq > cut.seq)) return true;
  // A stream that the restriction does not name began after it, or was silent for a month.
  return cuts.includes(undefined) && !state.judgement.mayWrite(author, everything);
}

/** Opens what is here and sealed and has a key by now. Requires the lock of the group. */
export async function openSealed(
  context: GroupsContext,
  group: Group,
  deliver: Deliver,
): Promise<void> {
  const found: Arrived[] = [];
  for (const { stream, seq, generation, hash } of group.sealed.sealed()) {
    if (group.keys.generations.get(generation)?.standing !== "open") continue;
    const message = messageOf(await context.store.get(sealedKey(group.row.ref, stream, seq)));
    if (message === undefined) continue;
    const { row, parts } = message;
    const author = memberId.from(parts.member);
    found.push({ bytes: row.bytes, parts, hash, author, stream, at: row.at });
  }
  if (found.length > 0) await openAll(context, group, found, deliver);
}

/** Chains as the batch at hand will leave them. */
class Chains {
  readonly #context: GroupsContext;
  readonly #group: Group;
  readonly #changed = new Map<
    string,
    { generation: Generation; member: MemberId; chain: SendingChain }
  >();
  readonly #spent: Uint8Array[] = [];

  constructor(context: GroupsContext, group: Group) {
    this.#context = context;
    this.#group = group;
  }

  /** The key of a message, or why there is none now. */
  take(generation: Generation, member: MemberId, seq: number): GroupMessageKey | "gone" | "ahead" {
    const name = `${generation.id} ${member}`;
    const chain = this.#changed.get(name)?.chain ?? generation.chains.get(member);
    if (chain === undefined) return "gone";
    // The keys of a long gap are asked for one by one, once a group has many of them.
    if (seq > chain.next && this.#skipped() + seq - chain.next > groupLimits.groupSkippedKeys)
      return "ahead";
    const taken = takeKey(this.#context.crypto, chain, seq);
    if (taken.kind !== "key") return taken.kind;
    this.#changed.set(name, { generation, member, chain: taken.chain });
    this.#spent.push(...taken.spent);
    return taken.mk;
  }

  /** Keys of messages that were passed over, in all chains of the group. */
  #skipped(): number {
    let sum = 0;
    for (const { id, chains } of this.#group.keys.generations.values())
      for (const [member, chain] of chains)
        sum += (this.#changed.get(`${id} ${member}`)?.chain ?? chain).skipped.length;
    return sum;
  }

  ops(): StoreOp[] {
    return [...this.#changed.values()].map(({ generation, member, chain }) =>
      putChain(this.#group.row.ref, generation.id, member, chain),
    );
  }

  apply(): void {
    for (const { generation, member, chain } of this.#changed.values())
      generation.chains.set(member, chain);
    for (const spent of this.#spent) spent.fill(0);
  }
}

/** Opens messages where their keys are here, and stores all of them in one batch. */
async function openAll(
  context: GroupsContext,
  group: Group,
  arrived: readonly Arrived[],
  deliver: Deliver,
): Promise<void> {
  if (arrived.length === 0) return;
  const { ref } = group.row;
  const chains = new Chains(context, group);
  const opened: OpenedMessage[] = [];
  const kept: { readonly one: Arrived; readonly mk: GroupMessageKey | undefined }[] = [];
  const inOrder = [...arrived].sort((a, b) => a.parts.seq - b.parts.seq);
  for (const one of inOrder) {
    const generation = generationNamed(group.keys, one.parts.generation);
    const isOpen = generation?.standing === "open";
    const mk = isOpen ? chains.take(generation, one.author, one.parts.seq) : "gone";
    const known = typeof mk === "string" ? undefined : mk;
    kept.push({ one, mk: known });
    if (known !== undefined) opened.push(...openOne(context, group, one, known));
  }
  const ops = kept.map(({ one, mk }) =>
    putSealed(one.stream, one.parts.seq, {
      ...{ group: ref, bytes: one.bytes, at: one.at },
      ...(mk && { mk }),
    }),
  );
  const isNews = kept.some(
    ({ one, mk }) =>
      mk !== undefined || group.sealed.hashOf(one.stream, one.parts.seq) === undefined,
  );
  if (!isNews) return;
  const forgotten = forgottenIn(group, arrived);
  await deliver(opened, {
    ops: [...ops, ...chains.ops(), ...forgotten.map((each) => putLeft(ref, each))],
    apply: () => {
      for (const { one, mk } of kept) markStored(group, one, mk !== undefined);
      chains.apply();
      for (const generation of forgotten) generation.until = 0;
    },
  });
}

/**
 * Generations in which others have messages of ours that this node does not know: its disk went
 * back. It seals nothing more in them.
 */
function forgottenIn({ row, keys }: Group, arrived: readonly Arrived[]): Generation[] {
  const own = arrived.filter(({ author }) => author === row.us);
  const found = own.flatMap(({ parts }) => generationNamed(keys, parts.generation) ?? []);
  return [...new Set(found)].filter(({ until }) => until !== 0);
}

const putLeft = (ref: string, generation: Generation): StoreOp =>
  putGeneration(ref, { ...generation, until: 0 });

function markStored(group: Group, { parts, stream, author, hash }: Arrived, open: boolean): void {
  const signer = group.signers.get(stream);
  const spot = {
    member: author,
    stream,
    seq: parts.seq,
    generation: shortOf(signer?.generation, parts),
  };
  group.sealed.set(spot, { hash, open });
}

const shortOf = (known: GenerationId | undefined, { generation }: GroupMessageParts): string =>
  known?.slice(0, 32) ?? toHex(generation);

/** The opened message; none where its author sealed something else than its header says. */
function openOne(
  { crypto }: GroupsContext,
  group: Group,
  { parts, author, stream }: Arrived,
  mk: GroupMessageKey,
): OpenedMessage[] {
  const body = openMessage(crypto, mk, parts);
  if (body === undefined) return [];
  const confirmed = group.signers.get(stream)?.confirmed === true;
  return [{ author, stream, seq: parts.seq, body, confirmed }];
}

/**
 * Takes keys that another member gave for messages that are here and sealed.
 * @returns `hostile` where a key is not that of its message.
 */
export async function takeKeys(
  context: GroupsContext,
  group: Group,
  keys: readonly { readonly message: Uint8Array; readonly mk: GroupMessageKey }[],
  deliver: Deliver,
): Promise<Taken> {
  const { crypto, store } = context;
  for (const { message, mk } of keys) {
    const place = group.sealed.find(message);
    if (place === undefined || group.sealed.isOpen(place.stream, place.seq)) continue;
    const { stream, seq } = place;
    const found = messageOf(await store.get(sealedKey(group.row.ref, stream, seq)));
    if (found === undefined) continue;
    const { row, parts } = found;
    const body = openMessage(crypto, mk, parts);
    if (body === undefined) return "hostile";
    const author = memberId.from(parts.member);
    const one: Arrived = { bytes: row.bytes, parts, hash: message, author, stream, at: row.at };
    const confirmed = group.signers.get(stream)?.confirmed === true;
    await deliver([{ author, stream, seq, body, confirmed }], {
      ops: [putSealed(stream, seq, { ...row, mk })],
      apply: () => markStored(group, one, true),
    });
  }
  return "taken";
}
