/**
 * Nodes that talk in one group in simulated time, each with its own store. Messages are sealed,
 * signed and opened as on the wire; one secret stands for the key agreement of the members.
 */
import { concat, toBase32, u32 } from "../../../src/base/index.ts";
import { accountFromEntropy, nodeCrypto } from "../../../src/crypto/index.ts";
import {
  authorCreate,
  authorOp,
  frontiersOf,
  type GenerationId,
  generationId,
  groupMessageKey,
  isSignedMessage,
  type MemberId,
  makeEntry,
  memberId,
  memberOf,
  messageHash,
  newestHeads,
  type Op,
  openMessage,
  place,
  replay,
  type StreamId,
  sealMessage,
  streamId,
} from "../../../src/group/index.ts";
import { GroupConversation } from "../../../src/messenger/group-messages/conversation.ts";
import type {
  GroupSealing,
  GroupSpreading,
  OpenedMessage,
} from "../../../src/messenger/group-state/conversation-ports.ts";
import type { Group, GroupRow } from "../../../src/messenger/group-state/group.ts";
import { GroupStore } from "../../../src/messenger/group-state/group-store.ts";
import type { MessageView, MessengerEvent } from "../../../src/messenger/index.ts";
import { newConversation } from "../../../src/messenger/model/conversation.ts";
import { decodeRow, encodeRow, put, rowKey } from "../../../src/messenger/model/rows.ts";
import { Runtime } from "../../../src/messenger/runtime.ts";
import { putGroup } from "../../../src/messenger/state/change-contact.ts";
import { type Context, withOwnerLock } from "../../../src/messenger/state/context.ts";
import { accountEntropy, createAccount } from "../../../src/messenger/state/identity.ts";
import { history } from "../../../src/messenger/state/message-store.ts";
import { Owners } from "../../../src/messenger/state/owners.ts";
import { SearchIndex } from "../../../src/messenger/state/search-index.ts";
import { silent } from "../../../src/ports/index.ts";
import { type MemoryStore, memoryStore } from "../../../src/store/index.ts";
import {
  decodeGroupAck,
  decodeGroupMessage,
  encodeGroupAck,
  type GroupAction,
  joinGroupRecord,
  splitGroupRecord,
} from "../../../src/wire/index.ts";
import { World } from "../../scenario/world.ts";

export const LATENCY = 20;
export const crypto = nodeCrypto();
const generation: GenerationId = generationId.from(new Uint8Array(32).fill(7));
const secret = new Uint8Array(32).fill(9);
/** The row that counts what a node sealed. */
const counter = rowKey("group-key", "sealed");

const keyOf = (stream: StreamId, seq: number) =>
  groupMessageKey(crypto.hmac(secret, concat(streamId.bytes(stream), u32(seq))));

/** What all members of a talk know of each other. */
interface Known {
  readonly talk: Talk;
  /** By stream: whose it is, and the key that signs it. */
  readonly signers: Map<StreamId, { readonly member: MemberId; readonly key: Uint8Array }>;
}

/** One member's node. */
export class Talker {
  readonly name: string;
  readonly context: Context;
  readonly group: Group;
  readonly conversation: GroupConversation;
  readonly events: MessengerEvent[] = [];
  readonly linked = new Set<Talker>();
  /** The numbers of messages that came, by their streams. */
  readonly arrived = new Map<StreamId, Set<number>>();
  readonly #known: Known;

  constructor(name: string, context: Context, group: Group, known: Known) {
    this.name = name;
    this.context = context;
    this.group = group;
    this.#known = known;
    context.events.subscribe((event) => this.events.push(event));
    this.conversation = new GroupConversation(
      { context, keys: this.#sealing(), links: this.#spreading() },
      group,
    );
  }

  get us(): MemberId {
    return this.group.row.us;
  }

  /** Texts with their authors in the order of the conversation by arrival. */
  async texts(): Promise<string[]> {
    return (await this.views()).map(({ author, text }) => `${author?.name ?? "we"}: ${text}`);
  }

  views(): Promise<MessageView[]> {
    return history(this.context, this.group, { limit: 1_000 });
  }

  /** Takes a message as it travels. @returns once it is committed. */
  async take(bytes: Uint8Array, from: Talker): Promise<void> {
    const opened = this.open(bytes);
    if (opened === undefined) return;
    await withOwnerLock(this.context, this.group, () =>
      this.conversation.receive({ opened: [opened] }),
    );
    const { stream, seq, author } = opened;
    const here = this.arrived.get(stream) ?? new Set<number>();
    this.arrived.set(stream, here.add(seq));
    const missing = Array.from({ length: seq - 1 }, (_, i) => i + 1)
      .filter((before) => !here.has(before))
      .map((before) => ({ from: before, to: before }));
    const head = { member: author, stream, upTo: seq, hash: messageHash(crypto, bytes), missing };
    this.#known.talk.time.after(LATENCY, () => {
      if (this.linked.has(from)) from.conversation.holds(this.us, [head]);
    });
  }

  open(bytes: Uint8Array): OpenedMessage | undefined {
    const parts = decodeGroupMessage(bytes);
    if (parts === undefined) return undefined;
    const [author, stream] = [memberId.from(parts.member), streamId.from(parts.stream)];
    const signer = this.#known.signers.get(stream);
    const { log, row } = this.group;
    const isSigned = frontiersOf(log, parts.frontier).some((heads) => {
      const ids = heads.map(({ id }) => id);
      return signer && isSignedMessage(crypto, row.id, generation, ids, signer.key, parts);
    });
    const body = isSigned ? openMessage(crypto, keyOf(stream, parts.seq), parts) : undefined;
    if (body === undefined || signer?.member !== author) return undefined;
    return { author, stream, seq: parts.seq, body, confirmed: true };
  }

  #sealing(): GroupSealing {
    const us = this.us;
    const key = crypto.signingFromSeed(crypto.sha256(memberId.bytes(us)));
    const stream = streamId.from(crypto.sha256(memberId.bytes(us)).slice(0, 8));
    this.#known.signers.set(stream, { member: us, key: key.public });
    const { store } = this.context;
    return {
      newestGeneration: () => generation,
      seal: async (group, body) => {
        const kept = await store.get(counter);
        const seq = 1 + (kept ? decodeRow<number>(kept) : 0);
        const at = { group: group.row.id, generation, member: us, slot: 0, seq };
        const frontier = newestHeads(group.log);
        const bytes = sealMessage(
          crypto,
          { ...at, stream: streamId.bytes(stream), previous: new Uint8Array(32), frontier },
          keyOf(stream, seq),
          key,
          body,
        );
        const ops = [put(counter, encodeRow(seq))];
        return { bytes, stream, seq, ops, fresh: [], apply: () => undefined };
      },
      keepAck: (_group, ack) => {
        const record = joinGroupRecord({ kind: "ack", bytes: encodeGroupAck(ack) });
        return { record, ops: [], apply: () => undefined };
      },
    };
  }

  #spreading(): GroupSpreading {
    const { talk } = this.#known;
    return {
      publish: (_group, bytes) => {
        talk.sent.push({ from: this, bytes });
        for (const to of this.linked) talk.pass(this, to, bytes);
      },
      spread: (_group, records) => {
        for (const to of this.linked) talk.time.after(LATENCY, () => void to.takeRecords(records));
      },
    };
  }

  async takeRecords(records: readonly Uint8Array[]): Promise<void> {
    const acks = records.flatMap((record) => {
      const split = splitGroupRecord(record);
      return (split?.kind === "ack" && decodeGroupAck(split.bytes)) || [];
    });
    await withOwnerLock(this.context, this.group, () => this.conversation.receive({ acks }));
  }
}

/** An operation as all nodes place it. */
type Place = (talker: Talker) => void;

/** A group of several nodes. */
export class Talk {
  readonly world: World;
  readonly talkers: Talker[] = [];
  /** What was published, in order. */
  readonly sent: { readonly from: Talker; readonly bytes: Uint8Array }[] = [];
  /** How often, and how much later (ms), a message comes to a node: once, at once, by default. */
  passing: (bytes: Uint8Array, from: Talker, to: Talker) => readonly number[] = () => [0];
  #ops: Op[] = [];
  readonly #known: Known;

  constructor(seed: number) {
    this.world = new World(seed);
    this.#known = { talk: this, signers: new Map() };
  }

  get time() {
    return this.world.time;
  }

  /** Nodes with these names; the first one makes the group and adds the others. All are linked. */
  static async of(seed: number, ...names: readonly string[]): Promise<Talk> {
    const talk = new Talk(seed);
    const nodes = await Promise.all(names.map((name) => talk.#node(name)));
    const [founder, ...others] = nodes;
    if (founder === undefined) throw new RangeError("a talk has a founder");
    const create = { name: "club", founder: makeEntry(crypto, founder.parts), settings: [] };
    const created = authorCreate(crypto, founder.parts.memberKey, create, talk.time.now());
    talk.#ops.push(created.op);
    for (const { context, parts } of nodes) {
      const ref = toBase32(crypto.random(16));
      const row: GroupRow = {
        ...{ ref, id: created.group, alias: "club", standing: "member", joinedAt: 0 },
        ...{ conversation: newConversation(ref), packages: [] },
        us: memberOf(crypto, created.group, context.identity.accountKey),
        memberSeed: parts.memberKey.seed,
      };
      await context.store.commit([putGroup(row)]);
      await talk.#join(parts.name, context);
    }
    if (others.length > 0) {
      const entries = others.map(({ parts }) => makeEntry(crypto, parts, created.group));
      talk.act(talk.talkers[0] as Talker, { kind: "add", entries, role: 2 });
    }
    talk.linkAll();
    return talk;
  }

  /** The node of a name. */
  named(name: string): Talker {
    return this.talkers.find((talker) => talker.name === name) as Talker;
  }

  /** Lets a member author an operation. @param at whose nodes have it; all by default. */
  act(
    by: Talker,
    action: Exclude<GroupAction, { kind: "create" }>,
    at: readonly Talker[] = this.talkers,
  ): { readonly op: Op; readonly give: Place } {
    const { us, memberSeed, id } = by.group.row;
    const author = { member: us, key: crypto.signingFromSeed(memberSeed.slice()) };
    const { op } = authorOp(crypto, id, by.group.log, author, action, this.time.now());
    const give: Place = ({ group, conversation }) => {
      place(group.log, op);
      group.state = replay(group.log);
      conversation.wake();
    };
    for (const talker of at) give(talker);
    this.#ops.push(op);
    return { op, give };
  }

  link(a: Talker, b: Talker): void {
    a.linked.add(b);
    b.linked.add(a);
    const state = ({ group }: Talker) => ({
      frontier: newestHeads(group.log),
      lamport: group.row.conversation.lamport,
    });
    a.conversation.stated(b.us, state(b));
    b.conversation.stated(a.us, state(a));
  }

  linkAll(): void {
    for (const [i, a] of this.talkers.entries())
      for (const b of this.talkers.slice(i + 1)) this.link(a, b);
  }

  unlink(a: Talker, b: Talker): void {
    a.linked.delete(b);
    b.linked.delete(a);
    a.conversation.ended(b.us);
    b.conversation.ended(a.us);
  }

  pass(from: Talker, to: Talker, bytes: Uint8Array): void {
    for (const late of this.passing(bytes, from, to))
      this.time.after(LATENCY + late, () => {
        if (from.linked.has(to)) void to.take(bytes, from);
      });
  }

  /** Lets some simulated time pass, ms. */
  async wait(ms = 10_000): Promise<void> {
    await this.time.pass(ms);
  }

  /** Ends a node's process and starts it again on what is on its disk. It has no links then. */
  async restart(talker: Talker): Promise<Talker> {
    for (const other of [...talker.linked]) this.unlink(talker, other);
    talker.conversation.stop();
    talker.context.stopping.now = true;
    const { store } = talker.context;
    const context = await this.#contextOf((store as MemoryStore).fork());
    this.talkers.splice(this.talkers.indexOf(talker), 1);
    return this.#join(talker.name, context);
  }

  async stop(): Promise<void> {
    for (const { conversation } of this.talkers) conversation.stop();
    await this.world.stop();
  }

  async #node(name: string) {
    const store = memoryStore();
    const clock = this.time.clock();
    await createAccount({ crypto, store, clock }, { name });
    const context = await this.#contextOf(store);
    const account = accountFromEntropy(crypto, await accountEntropy(store));
    const memberKey = crypto.signingFromSeed(crypto.random(32));
    const { certificate } = context.identity;
    const parts = { account, certificate, memberKey, name, package: crypto.random(32) };
    return { context, parts };
  }

  async #contextOf(store: MemoryStore): Promise<Context> {
    const host = this.world.network.host();
    const clock = this.time.clock();
    const ports = { crypto, store, transport: host, rendezvous: host, clock, log: silent };
    return (await Runtime.load(ports)).context;
  }

  async #join(name: string, context: Context): Promise<Talker> {
    const groups = await GroupStore.load(crypto, context.store);
    const group = groups.all()[0] as Group;
    for (const op of this.#ops) place(group.log, op);
    group.state = replay(group.log);
    const parts = { ...context, owners: new Owners(context.contactStore, groups) };
    const talker = new Talker(
      name,
      { ...parts, index: new SearchIndex(parts) },
      group,
      this.#known,
    );
    this.talkers.push(talker);
    return talker;
  }
}
