/** Groups, their members and invitations as they are shown, and the events about them. */
import { type AccountId, fromUtf8 } from "../../base/index.ts";
import type { GroupId, Member } from "../../group/index.ts";
import type { GroupInvitationView, GroupMemberView, GroupView } from "../../model/index.ts";
import type { ContactStore } from "../state/contact-store.ts";
import type { GroupViews } from "../state/context.ts";
import type { StoreEvent } from "../state/store-events.ts";
import { type Group, nameOf, settingOf, timerOf } from "./group.ts";
import type { GroupStore } from "./group-store.ts";
import { type Invitations, invitationView, type ReceivedInvitation } from "./invitations.ts";

/** What views are made of. `isLinked`: there is a live group link to the account. */
interface Shown {
  readonly groups: GroupStore;
  readonly invitations: Invitations;
  readonly contactStore: ContactStore;
  readonly isLinked: (group: Group, account: AccountId) => boolean;
}

export class GroupViewer implements GroupViews {
  readonly #shown: Shown;

  constructor(shown: Shown) {
    this.#shown = shown;
  }

  group(ref: string): GroupView | undefined {
    const group = this.#shown.groups.byRef(ref);
    return group && this.view(group);
  }

  view(group: Group): GroupView {
    const { row, state } = group;
    const own = state.members.get(row.us);
    const members = [...state.members.values()];
    return {
      id: row.id,
      ref: `group:${row.id}`,
      alias: row.alias,
      name: nameOf(group) || row.alias,
      topic: fromUtf8(settingOf(group, "topic")) ?? "",
      standing: row.standing === "member" && isBehind(group) ? "behind" : row.standing,
      ...(own !== undefined && { role: own.role }),
      members: members.length,
      linked: members.filter(({ entry }) => this.#shown.isLinked(group, entry.account)).length,
      timer: timerOf(group),
      joinedAt: row.joinedAt,
    };
  }

  /** The owner first, then admins, members and readers; those of one role by name. */
  members(group: Group): GroupMemberView[] {
    const order = ["owner", "admin", "member", "reader"];
    const shown = [...group.state.members].map(([id, member]) => this.#member(group, id, member));
    return shown.sort(
      (a, b) => order.indexOf(a.role) - order.indexOf(b.role) || (a.name < b.name ? -1 : 1),
    );
  }

  invitation(group: GroupId, from: AccountId): GroupInvitationView | undefined {
    const received = this.#shown.invitations.received(group, from);
    return received && this.received(received);
  }

  received(invitation: ReceivedInvitation): GroupInvitationView {
    const peer = this.#shown.contactStore.byAccount(invitation.from);
    return invitationView(invitation, peer?.contact.name ?? invitation.from);
  }

  #member(group: Group, member: string, { entry, role }: Member): GroupMemberView {
    const { account, name } = entry;
    const own = member === group.row.us;
    const peer = own ? undefined : this.#shown.contactStore.byAccount(account);
    return {
      member,
      account,
      name,
      ...(peer !== undefined && { contact: peer.contact.name }),
      role,
      own,
      linked: !own && this.#shown.isLinked(group, account),
    };
  }
}

/** Whether a generation is announced whose keys are still to come: others may write under it. */
function isBehind({ keys }: Group): boolean {
  return [...keys.generations.values()].some(({ standing }) => standing === "announced");
}

/** The event that a group is another one now. */
export function groupEvent(viewer: GroupViewer, group: Group): StoreEvent {
  const { ref, id } = group.row;
  return {
    entry: { type: "group.changed", ref, group: id },
    event: () => ({ type: "group.changed", group: viewer.view(group) }),
  };
}

/** The event that a contact declined an invitation. */
export function declinedEvent(viewer: GroupViewer, group: Group, account: AccountId): StoreEvent {
  const { ref, id } = group.row;
  return {
    entry: { type: "group.declined", ref, group: id, account },
    event: () => ({ type: "group.declined", group: viewer.view(group), account }),
  };
}

/** The event that a contact asks us to join a group. */
export function invitedEvent(viewer: GroupViewer, invitation: ReceivedInvitation): StoreEvent {
  const { group, from: account } = invitation;
  return {
    entry: { type: "group.invited", group, account },
    event: () => ({ type: "group.invited", invitation: viewer.received(invitation) }),
  };
}
