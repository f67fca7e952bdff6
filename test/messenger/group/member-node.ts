/** Nodes that are members of one group, each with its own store; links between them are in memory. */
import { KeyedMutex, toBase32, utf8 } from "../../../src/base/index.ts";
import { accountFromEntropy, nodeCrypto } from "../../../src/crypto/index.ts";
import {
  type GroupId,
  keyPackageHash,
  keysOf,
  type MemberId,
  makeEntry,
  memberId,
  memberOf,
  newKeyPackage,
  type OpId,
  signKeyPackage,
} from "../../../src/group/index.ts";
import { author, createGroup } from "../../../src/messenger/group-state/author.ts";
import type { OpenedMessage } from "../../../src/messenger/group-state/conversation-ports.ts";
import { makeFor } from "../../../src/messenger/group-state/generations.ts";
import { type Group, type GroupRow, newGroup } from "../../../src/messenger/group-state/group.ts";
import type { GroupsContext } from "../../../src/messenger/group-state/group-context.ts";
import { GroupSyncSource } from "../../../src/messenger/group-state/group-source.ts";
import { GroupStore, withGroupLock } from "../../../src/messenger/group-state/group-store.ts";
import { GroupViewer } from "../../../src/messenger/group-state/group-views.ts";
import { putPackage } from "../../../src/messenger/group-state/held-keys.ts";
import type { ItemRow } from "../../../src/messenger/group-state/held-records.ts";
import { Invitations } from "../../../src/messenger/group-state/invitations.ts";
import { sealNext } from "../../../src/messenger/group-state/seal.ts";
import { GroupSync } from "../../../src/messenger/group-sync/sync.ts";
import { newConversation } from "../../../src/messenger/model/conversation.ts";
import { putGroup } from "../../../src/messenger/state/change-contact.ts";
import { ContactStore } from "../../../src/messenger/state/contact-store.ts";
import { EventBus, EventLog } from "../../../src/messenger/state/event-log.ts";
import {
  accountEntropy,
  createAccount,
  hasAccount,
  loadIdentity,
} from "../../../src/messenger/state/identity.ts";
import { type Store, silent } from "../../../src/ports/index.ts";
import { encodeGroupKeyPackage, type GroupEntry } from "../../../src/wire/index.ts";
import type { SimTime } from "../../scenario/time.ts";

export const crypto = nodeCrypto();

/** Keys with which a node asks to join. */
interface Joining {
  readonly entry: GroupEntry;
  readonly memberSeed: Uint8Array;
  readonly secrets: ReturnType<typeof newKeyPackage>;
}

export class MemberNode {
  readonly context: GroupsContext;
  readonly time: SimTime;
  /** What was handed to the conversation, in order. */
  readonly inbox: OpenedMessage[] = [];
  /** Records that are new here, for the linked members. */
  spread: (records: readonly Uint8Array[], from?: MemberId) => void = () => undefined;
  sync: GroupSync | undefined;
  source: GroupSyncSource | undefined;

  private constructor(context: Omit<GroupsContext, "spread">, time: SimTime) {
    this.time = time;
    this.context = {
      ...context,
      spread: (_group: Group, records: readonly Uint8Array[]) => this.spread(records),
    } as GroupsContext;
  }

  /** A node on this store, with its groups; an account is made where there is none. */
  static async open(store: Store, time: SimTime, name = "Anna"): Promise<MemberNode> {
    const clock = time.clock();
    if (!(await hasAccount(store))) await createAccount({ crypto, store, clock }, { name });
    const groups = await GroupStore.load(crypto, store);
    const invitations = await Invitations.load(store);
    const shown = { clock, receipts: true, transport: { reachable: true } };
    const contactStore = await ContactStore.load(store, shown as never);
    const viewer = new GroupViewer({ groups, invitations, contactStore, isLinked: () => false });
    const events = new EventBus(silent);
    const context = {
      ...{ crypto, store, clock, groups, invitations, viewer, contactStore, events, log: silent },
      ...{ shredder: { soon: () => undefined } },
      ...{ locks: new KeyedMutex<string>(), stopping: { now: false } },
      eventLog: await EventLog.load(store, events),
      identity: await loadIdentity(crypto, store),
    } as unknown as GroupsContext;
    const node = new MemberNode(context, time);
    const [group] = groups.all();
    if (group !== undefined) node.start();
    return node;
  }

  get group(): Group {
    return this.context.groups.all()[0] as Group;
  }

  get us(): MemberId {
    return this.group.row.us;
  }

  get store(): Store {
    return this.context.store;
  }

  async create(): Promise<this> {
    await createGroup(this.context, "club");
    return this.start();
  }

  /** What this node would send to be added. */
  async consent(group: GroupId): Promise<Joining> {
    const account = accountFromEntropy(crypto, await accountEntropy(this.store));
    const memberSeed = crypto.random(32);
    const secrets = newKeyPackage(crypto, 1);
    const { certificate, name } = this.context.identity;
    const memberKey = crypto.signingFromSeed(memberSeed.slice());
    const parts = { account, certificate, memberKey, name };
    const entry = makeEntry(
      crypto,
      { ...parts, package: keyPackageHash(crypto, keysOf(secrets)) },
      group,
    );
    return { entry, memberSeed, secrets };
  }

  /** Adds these nodes to the group of this one, in one operation. */
  async add(...nodes: readonly MemberNode[]): Promise<void> {
    const id = this.group.row.id;
    const joining = await Promise.all(nodes.map((node) => node.consent(id)));
    const entries = joining.map(({ entry }) => entry);
    await withGroupLock(this.context, this.group, () =>
      author(this.context, this.group, { kind: "add", entries, role: 2 }),
    );
    const heads = [...this.group.log.heads];
    for (const [i, node] of nodes.entries())
      await node.join(id, heads, joining[i] as Joining, this);
  }

  /** Keeps the keys of a group that this node was added to; its log is still to come. */
  async join(id: GroupId, heads: OpId[], keys: Joining, from: MemberNode): Promise<void> {
    const { identity, store, groups } = this.context;
    const ref = toBase32(crypto.random(16));
    const us = memberOf(crypto, id, identity.accountKey);
    const row: GroupRow = {
      ...{ ref, id, alias: "club", standing: "welcomed", joinedAt: this.time.now() },
      ...{ conversation: newConversation(ref), us, memberSeed: keys.memberSeed },
      welcome: { from: from.context.identity.account, heads },
    };
    const group = newGroup(crypto, row);
    const memberKey = crypto.signingFromSeed(keys.memberSeed.slice());
    const signed = signKeyPackage(crypto, id, us, memberKey, keys.secrets);
    const item: ItemRow = { kind: "key-package", bytes: encodeGroupKeyPackage(signed), depth: 0 };
    const at = group.records.nextItem();
    await store.commit([
      ...[putGroup(row), putPackage(ref, keys.secrets), group.records.putItem(at, item)],
    ]);
    group.records.addItem(at, item);
    group.packages.set(us, { keys: signed, item: at });
    group.keys.packages.set(keys.secrets.number, keys.secrets);
    groups.add(group);
    this.start();
  }

  /** Removes members, with the generation that follows. */
  async remove(...members: readonly MemberId[]): Promise<void> {
    const { group, context } = this;
    await withGroupLock(context, group, async () => {
      const rest = [...group.state.members.keys()].filter((one) => !members.includes(one));
      const made = makeFor(context, group, rest, "removal");
      if (made === undefined) throw new RangeError("a key package is lacking");
      const { announcement } = made;
      const targets = members.map(memberId.bytes);
      const action = { kind: "remove" as const, targets, cuts: [], asOf: [], announcement };
      await author(context, group, action, [], ({ id, parents }) =>
        made.finish({ group: group.row.id, announcement, removal: { id, parents } }),
      );
    });
  }

  /** Seals and stores a text. @returns the message, or `undefined` where it has to wait. */
  async say(text: string): Promise<Uint8Array | undefined> {
    const { group, context } = this;
    return withGroupLock(context, group, async () => {
      const sealed = sealNext(context, group, utf8(text));
      if (sealed === undefined) return undefined;
      await context.store.commit(sealed.ops);
      sealed.apply();
      this.spread(sealed.fresh);
      this.sync?.changed();
      return sealed.bytes;
    });
  }

  /** The texts that were received, in the order in which they were opened. */
  get texts(): string[] {
    return this.inbox.map(({ body }) => Buffer.from(body).toString());
  }

  start(): this {
    const source = new GroupSyncSource(this.context, this.group, {
      deliver: async (opened, more) => {
        await this.store.commit(more.ops);
        more.apply();
        this.inbox.push(...opened);
      },
      fresh: (records, from) => this.spread(records, from),
      changed: () => this.sync?.round(),
      acknowledged: () => Promise.resolve(),
      stated: () => undefined,
      holds: () => undefined,
    });
    this.source = source;
    this.sync = new GroupSync({ crypto, clock: this.time.clock(), source });
    this.spread = (records, from) => this.sync?.spread(records, from);
    return this;
  }

  stop(): void {
    this.sync?.stop();
  }
}
