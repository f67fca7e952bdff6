/**
 * Inviting contacts to a group, and answering such invitations. Each step is one commit with the
 * action that tells the contact, so that it is repeated until it is delivered.
 */
import { accountId, SottoError, wipe } from "../../base/index.ts";
import { accountFromEntropy } from "../../crypto/index.ts";
import {
  type GroupId,
  groupId,
  groupLimits,
  keyPackageHash,
  keysOf,
  makeEntry,
  memberOf,
  newKeyPackage,
  signKeyPackage,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { GroupJoin, InvitationAction } from "../../wire/index.ts";
import { type Group, nameOf } from "../group-state/group.ts";
import type { GroupsContext } from "../group-state/group-context.ts";
import {
  dropInvitation,
  type JoiningKeys,
  putInvitation,
  type ReceivedInvitation,
  type SentInvitation,
  wipeJoiningKeys,
} from "../group-state/invitations.ts";
import type { Peer } from "../model/peer.ts";
import { commit, enqueueAct, openBatch, queueRefusal } from "../outbox/outgoing-batch.ts";
import { contactRefusal, refuse } from "../outbox/preconditions.ts";
import { withKnownOwner } from "../state/change-contact.ts";
import { accountEntropy } from "../state/identity.ts";
import { requireAdmin, requireFree } from "./membership-rules.ts";

/** Bytes that an action about a group has at most: a key package and an entry. */
const ACTION_BYTES = 4 * 1024;

/**
 * Asks a contact to join. One that was asked before is asked again. Throws group-role, group-ended,
 * group-full, member-exists, contact-blocked, key-changed, invite-used, -denied, -expired,
 * outbox-full.
 */
export async function invite(context: GroupsContext, group: Group, peer: Peer): Promise<void> {
  const { clock, invitations } = context;
  const { row, state } = group;
  requireAdmin(group);
  requireFree(context, group);
  const { account } = peer.contact;
  for (const { entry } of state.members.values())
    if (entry.account === account)
      throw new SottoError("member-exists", "This contact is a member of the group already.");
  const expires = clock.now() + groupLimits.invitationAge;
  const sent: SentInvitation = { kind: "sent", group: row.id, to: account, expires, added: false };
  const body = { ...invitationTo(group), expires };
  await withKnownOwner(context, peer, async () => {
    await tellContact(context, peer, body, [putInvitation(sent)]);
    invitations.set(sent);
  });
}

/** What an invitation states of a group, but for when it ends. */
export function invitationTo(
  group: Group,
): Omit<Extract<InvitationAction, { kind: "groupInvite" }>, "expires"> {
  const { row, state, log } = group;
  const founder = [...log.ops.values()].find(({ action }) => action.kind === "create");
  if (founder?.action.kind !== "create") throw new SottoError("internal", "No create operation.");
  return {
    kind: "groupInvite",
    group: groupId.bytes(row.id),
    name: nameOf(group),
    members: state.members.size,
    founder: accountId.bytes(founder.action.founder.account),
  };
}

/**
 * Accepts an invitation: makes this node's keys for the group, and consents to be added to it, and
 * to no other. One that was accepted before is answered again. Throws invitation-unknown,
 * invitation-expired, and what `invite` throws of the contact.
 */
export async function accept(
  context: GroupsContext,
  peer: Peer,
  invitation: ReceivedInvitation,
): Promise<void> {
  const { clock, invitations, crypto, store, identity } = context;
  const { group: id, from } = invitation;
  if (invitation.expires <= clock.now())
    throw new SottoError("invitation-expired", "This invitation has expired.");
  await withKnownOwner(context, peer, async () => {
    const open = requireReceived(context, id, from);
    const keys: JoiningKeys = open.keys ?? {
      memberSeed: crypto.random(32),
      package: newKeyPackage(crypto, 1),
    };
    const memberKey = crypto.signingFromSeed(keys.memberSeed);
    const entropy = await accountEntropy(store);
    const account = accountFromEntropy(crypto, entropy);
    const parts = {
      ...{ account, memberKey, certificate: identity.certificate, name: identity.name },
      package: keyPackageHash(crypto, keysOf(keys.package)),
    };
    const entry = makeEntry(crypto, parts, id);
    wipe(entropy, account.seed);
    const member = memberOf(crypto, id, identity.accountKey);
    const keyPackage = signKeyPackage(crypto, id, member, memberKey, keys.package);
    wipe(memberKey.seed);
    const joining: ReceivedInvitation = { ...open, keys };
    const body = join(id, { entry, package: keyPackage });
    await tellContact(context, peer, body, [putInvitation(joining)]);
    invitations.set(joining);
  });
}

/** Declines an invitation. Throws invitation-unknown, and what `invite` throws of the contact. */
export async function decline(
  context: GroupsContext,
  peer: Peer,
  { group, from }: ReceivedInvitation,
): Promise<void> {
  await withKnownOwner(context, peer, async () => {
    const open = requireReceived(context, group, from);
    await tellContact(context, peer, join(group, {}), [dropInvitation(open)]);
    context.invitations.delete(open);
    wipeJoiningKeys(open);
  });
  context.shredder.soon();
}

/** Throws invitation-unknown. */
function requireReceived(
  { invitations }: GroupsContext,
  group: GroupId,
  from: ReceivedInvitation["from"],
): ReceivedInvitation {
  const open = invitations.received(group, from);
  if (open === undefined)
    throw new SottoError("invitation-unknown", "There is no such invitation to a group.");
  return open;
}

function join(
  group: GroupId,
  answer: Omit<GroupJoin, "group">,
): Extract<InvitationAction, { kind: "groupJoin" }> {
  return { kind: "groupJoin", group: groupId.bytes(group), ...answer };
}

/**
 * Queues an action about a group for a contact, in one commit with `rows`. Requires the contact
 * lock. Throws contact-blocked, key-changed, invite-used, -denied, -expired, outbox-full.
 */
export async function tellContact(
  context: GroupsContext,
  peer: Peer,
  body: InvitationAction,
  rows: readonly StoreOp[],
): Promise<void> {
  const batch = openBatch(context, peer, ACTION_BYTES);
  refuse(contactRefusal(peer.contact) ?? queueRefusal(batch));
  batch.ops.push(...rows);
  await enqueueAct(context, batch, body);
  await commit(context, peer, batch);
}
