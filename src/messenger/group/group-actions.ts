/**
 * What contacts sent about groups: invitations, their answers and welcomes. They were kept on disk
 * by the batch that received them, and are dealt with here one after the other; each is dropped in
 * the commit of its effect. What does not fit is dropped without one.
 */
import { accountId, equal, never, toBase32 } from "../../base/index.ts";
import {
  type Entry,
  type GroupId,
  groupId,
  groupLimits,
  isKeyPackage,
  keyPackageHash,
  type MemberId,
  memberOf,
  newestHeads,
  opId,
  readEntry,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import {
  encodeGroupKeyPackage,
  type GroupInvite,
  type GroupJoin,
  type GroupKeyPackage,
  type GroupWelcome,
  joinGroupRecord,
} from "../../wire/index.ts";
import { author } from "../group-state/author.ts";
import type { Change } from "../group-state/generations.ts";
import { type Group, type GroupRow, newGroup } from "../group-state/group.ts";
import type { GroupsContext } from "../group-state/group-context.ts";
import { withGroupLock } from "../group-state/group-store.ts";
import { declinedEvent, groupEvent, invitedEvent } from "../group-state/group-views.ts";
import { putPackage } from "../group-state/held-keys.ts";
import type { ItemRow } from "../group-state/held-records.ts";
import {
  dropInvitation,
  putInvitation,
  type ReceivedInvitation,
  type SentInvitation,
  wipeJoiningKeys,
} from "../group-state/invitations.ts";
import { invitationKey, type KeptInvitation } from "../inbox/group-invitations.ts";
import { reachable } from "../model/contact.ts";
import { newConversation } from "../model/conversation.ts";
import { decodeRow, drop } from "../model/rows.ts";
import { putGroup } from "../state/change-contact.ts";
import { background, withContactLock } from "../state/context.ts";
import { invitationTo, tellContact } from "./invite.ts";

/** Runs through the kept actions when it is woken, one run at a time. */
export class GroupActions {
  readonly #context: GroupsContext;
  #running = false;
  #again = false;

  constructor(context: GroupsContext) {
    this.#context = context;
  }

  /** Deals with all that is kept, now or after the run that is under way. */
  wake(): void {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    background(this.#context, "group-action-failed", async () => {
      try {
        while (this.#again && !this.#context.stopping.now) {
          this.#again = false;
          await this.#run();
        }
      } finally {
        this.#running = false;
      }
    });
  }

  async #run(): Promise<void> {
    const { store, contactStore, invitations } = this.#context;
    const kept = (await store.all("group-action")).map((row) => decodeRow<KeptInvitation>(row));
    for (const action of kept.sort((a, b) => a.at - b.at)) {
      if (this.#context.stopping.now) return;
      const peer = contactStore.byAccount(action.from);
      if (peer === undefined || !reachable(peer.contact)) await settle(this.#context, action);
      else await take(this.#context, action);
    }
    for (const sent of invitations.allSent()) if (sent.added) await welcome(this.#context, sent);
  }
}

/** Drops a kept action, in one commit with its effect. */
function settle(
  { eventLog }: GroupsContext,
  action: KeptInvitation,
  ops: readonly StoreOp[] = [],
  events: Parameters<GroupsContext["eventLog"]["commit"]>[1] = [],
): Promise<() => void> {
  return eventLog.commit([drop(invitationKey(action)), ...ops], events);
}

async function take(context: GroupsContext, action: KeptInvitation): Promise<void> {
  const { body } = action;
  switch (body.kind) {
    case "groupInvite":
      return takeInvite(context, action, body);
    case "groupJoin":
      return takeJoin(context, action, body);
    case "groupWelcome":
      return takeWelcome(context, action, body);
    default:
      never(body);
  }
}

/** Keeps an invitation, unless we are in the group or too many wait for an answer. */
async function takeInvite(
  context: GroupsContext,
  action: KeptInvitation,
  body: GroupInvite,
): Promise<void> {
  const { clock, groups, invitations, viewer } = context;
  const { from } = action;
  const group = groupId.from(body.group);
  const now = clock.now();
  const before = invitations.received(group, from);
  const isIn = isInGroup(groups.byId(group));
  if (body.expires <= now && before !== undefined) {
    // Taken back: who sent it cannot add us.
    await settle(context, action, [dropInvitation(before)]);
    invitations.delete(before);
    wipeJoiningKeys(before);
    return;
  }
  if (isIn || body.expires <= now || (before === undefined && !invitations.hasRoomFor(from))) {
    await settle(context, action);
    return;
  }
  const invitation: ReceivedInvitation = {
    ...{ kind: "received", group, from, at: now },
    ...{ name: body.name, members: body.members, founder: accountId.from(body.founder) },
    expires: Math.min(body.expires, now + groupLimits.invitationAge),
    ...(before?.keys && { keys: before.keys }),
  };
  const events = [invitedEvent(viewer, invitation)];
  const tell = await settle(context, action, [putInvitation(invitation)], events);
  invitations.set(invitation);
  tell();
}

function isInGroup(group: Group | undefined): boolean {
  const standing = group?.row.standing;
  return standing === "welcomed" || standing === "member" || standing === "behind";
}

/** Adds a contact that accepted our invitation, or notes that it declined. */
async function takeJoin(
  context: GroupsContext,
  action: KeptInvitation,
  body: GroupJoin,
): Promise<void> {
  const { groups, invitations, viewer, clock } = context;
  const id = groupId.from(body.group);
  const group = groups.byId(id);
  const sent = invitations.sent(id, action.from);
  if (group === undefined || sent === undefined) {
    await settle(context, action);
    return;
  }
  await withGroupLock(context, group, async () => {
    const expired = sent.expires + groupLimits.invitationAge <= clock.now();
    if (body.entry === undefined || body.package === undefined || expired) {
      const events = expired ? [] : [declinedEvent(viewer, group, action.from)];
      const tell = await settle(context, action, [dropInvitation(sent)], events);
      invitations.delete(sent);
      tell();
      return;
    }
    const entry = readJoiner(context, id, action, { entry: body.entry, package: body.package });
    const own = group.state.members.get(group.row.us)?.role;
    if (entry === undefined || (own !== "owner" && own !== "admin")) {
      await takeBack(context, group, sent, action);
      return;
    }
    const added: SentInvitation = { ...sent, added: true };
    const rows = [putInvitation(added), drop(invitationKey(action))];
    if (group.state.members.has(entry.member)) await context.store.commit(rows);
    else {
      const add = { kind: "add" as const, entries: [body.entry], role: 2 };
      const keys = body.package;
      await author(context, group, add, rows, () => keepPackage(group, entry.member, keys));
    }
    invitations.set(added);
  });
}

/** Tells a contact that accepted that this node cannot add it, by an invitation that is over. */
async function takeBack(
  context: GroupsContext,
  group: Group,
  sent: SentInvitation,
  action: KeptInvitation,
): Promise<void> {
  const { contactStore, invitations } = context;
  const peer = contactStore.byAccount(sent.to);
  if (peer === undefined || !reachable(peer.contact)) {
    await settle(context, action, [dropInvitation(sent)]);
    invitations.delete(sent);
    return;
  }
  const body = { ...invitationTo(group), expires: 0 };
  await withContactLock(context, peer, async () => {
    const rows = [dropInvitation(sent), drop(invitationKey(action))];
    await tellContact(context, peer, body, rows);
    invitations.delete(sent);
  });
}

/** Keeps the first key package of a member as a record of the group. */
function keepPackage(group: Group, member: MemberId, keys: GroupKeyPackage): Change {
  const { records, packages } = group;
  const bytes = encodeGroupKeyPackage(keys);
  const item: ItemRow = { kind: "key-package", bytes, depth: 0 };
  const at = records.nextItem();
  return {
    ops: [records.putItem(at, item)],
    fresh: [joinGroupRecord({ kind: "key-package", bytes })],
    apply: () => {
      records.addItem(at, item);
      packages.set(member, { keys, item: at });
    },
  };
}

/** The entry of the contact that joins, or `undefined` where its keys are not what it signed. */
function readJoiner(
  { crypto }: GroupsContext,
  group: GroupId,
  { from }: KeptInvitation,
  answer: Required<Pick<GroupJoin, "entry" | "package">>,
): Entry | undefined {
  const entry = readEntry(crypto, group, answer.entry, { consent: true });
  const { package: keys } = answer;
  const fits =
    entry?.account === from &&
    memberOf(crypto, group, accountId.bytes(from)) === entry.member &&
    equal(keyPackageHash(crypto, keys), entry.package) &&
    isKeyPackage(crypto, group, entry.memberKey, entry.package, keys);
  return fits ? entry : undefined;
}

/**
 * Tells a contact that it was added. The invitation is forgotten in the commit that queues the
 * welcome, so it is queued once, whenever this node stops.
 */
async function welcome(context: GroupsContext, sent: SentInvitation): Promise<void> {
  const { groups, invitations, contactStore } = context;
  const group = groups.byId(sent.group);
  const peer = contactStore.byAccount(sent.to);
  if (group === undefined || peer === undefined || !reachable(peer.contact)) {
    await context.store.commit([dropInvitation(sent)]);
    invitations.delete(sent);
    return;
  }
  const body = {
    kind: "groupWelcome" as const,
    group: groupId.bytes(sent.group),
    heads: newestHeads(group.log).map(opId.bytes),
    lamport: group.row.conversation.lamport,
  };
  await withContactLock(context, peer, async () => {
    await tellContact(context, peer, body, [dropInvitation(sent)]);
    invitations.delete(sent);
  });
}

/** Makes the group that this node was added to; its log comes over a link with who added it. */
async function takeWelcome(
  context: GroupsContext,
  action: KeptInvitation,
  body: GroupWelcome,
): Promise<void> {
  const { crypto, clock, groups, invitations, viewer, identity } = context;
  const { from } = action;
  const id = groupId.from(body.group);
  const invitation = invitations.received(id, from);
  const keys = invitation?.keys;
  const before = groups.byId(id);
  if (invitation === undefined || keys === undefined || isInGroup(before)) {
    await settle(context, action);
    return;
  }
  const { alias, release } =
    before === undefined ? groups.holdAlias(invitation.name) : keptAlias(before);
  const ref = before?.row.ref ?? toBase32(crypto.random(16));
  const conversation = before?.row.conversation ?? newConversation(ref);
  const row: GroupRow = {
    ...{ ref, id, alias, standing: "welcomed", joinedAt: clock.now() },
    // What the adder has is the base: a member that had nothing would stamp too low.
    conversation: { ...conversation, lamport: Math.max(conversation.lamport, body.lamport) },
    welcome: { from, heads: body.heads.map(opId.from) },
    us: memberOf(crypto, id, identity.accountKey),
    memberSeed: keys.memberSeed,
  };
  const group = before ?? newGroup(crypto, row);
  const held = keys.package;
  try {
    const ops = [putGroup(row), dropInvitation(invitation), putPackage(ref, held)];
    const tell = await settle(context, action, ops, [groupEvent(viewer, group)]);
    group.row = row;
    group.keys.packages.set(held.number, held);
    groups.add(group);
    invitations.delete(invitation);
    tell();
    context.joined(group);
  } finally {
    release();
  }
  context.shredder.soon();
}

const keptAlias = ({ row }: Group) => ({ alias: row.alias, release: () => undefined });
