/** What a user's text means in groups: an invitation, the contact that sent it, a member. */
import { SottoError } from "../../base/index.ts";
import { groupId, type MemberId, memberId } from "../../group/index.ts";
import type { Group } from "../group-state/group.ts";
import type { GroupsContext } from "../group-state/group-context.ts";
import type { GroupViewer } from "../group-state/group-views.ts";
import type { ReceivedInvitation } from "../group-state/invitations.ts";
import { nameKey } from "../model/name-keys.ts";
import type { Peer } from "../model/peer.ts";

type Parts = Pick<GroupsContext, "clock" | "contactStore" | "invitations">;

/** Invitations that can be answered, or were accepted, the oldest first. */
export function openInvitations({ clock, invitations }: Parts): ReceivedInvitation[] {
  const now = clock.now();
  return invitations
    .allReceived()
    .filter(({ expires, keys }) => keys !== undefined || expires > now);
}

/**
 * The invitation to a group of this name or id. Throws invitation-unknown.
 * @param from a contact, where several sent one.
 */
export function invitationNamed(
  parts: Parts,
  text: string,
  from: string | undefined,
): ReceivedInvitation {
  const wanted = text.replace(/^\s*group:/i, "").trim();
  const account = from && parts.contactStore.find(from).contact.account;
  const found = openInvitations(parts).filter(
    (each) =>
      (account === undefined || each.from === account) &&
      (each.group === groupId.parse(wanted) || nameKey(each.name) === nameKey(wanted)),
  );
  const [only] = found;
  if (only === undefined)
    throw new SottoError("invitation-unknown", "There is no such invitation to a group.");
  if (new Set(found.map(({ group }) => group)).size > 1)
    throw new SottoError("invitation-unknown", "Several groups have this name: use an id.");
  return only;
}

/** Throws contact-unknown where the contact was removed. */
export function inviterOf({ contactStore }: Parts, { from }: ReceivedInvitation): Peer {
  const peer = contactStore.byAccount(from);
  if (peer === undefined)
    throw new SottoError("contact-unknown", "The contact that invited you was removed.");
  return peer;
}

/** The member that a text means: a contact, an id, or an own name. Throws member-unknown. */
export function memberNamed(viewer: GroupViewer, group: Group, text: string): MemberId {
  const id = memberId.parse(text.trim());
  if (id !== undefined && group.state.members.has(id)) return id;
  const shown = viewer.members(group);
  const named = (name: string | undefined): boolean =>
    name !== undefined && nameKey(name) === nameKey(text);
  const exact = shown.filter(({ account, contact }) => account === text || named(contact));
  const found = exact.length > 0 ? exact : shown.filter(({ name }) => named(name));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new SottoError("member-unknown", "There is no such member in the group.");
  return only.member as MemberId;
}
