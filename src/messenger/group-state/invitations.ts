/** Invitations to groups: those that contacts sent to us, and those that we sent to contacts. */
import type { AccountId } from "../../base/index.ts";
import { wipe } from "../../base/index.ts";
import {
  type GroupId,
  groupLimits,
  type KeyPackageSecrets,
  wipeKeyPackage,
} from "../../group/index.ts";
import type { GroupInvitationView } from "../../model/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

/** The keys with which this node joins; they move into the group once it is welcomed. */
export interface JoiningKeys {
  /** Seed of the Ed25519 member key, 32 bytes. */
  readonly memberSeed: Uint8Array;
  readonly package: KeyPackageSecrets;
}

/** A contact asks us to join a group. With `keys` we have accepted and wait for the welcome. */
export interface ReceivedInvitation {
  readonly kind: "received";
  readonly group: GroupId;
  readonly from: AccountId;
  /** The group's name as the contact stated it. */
  readonly name: string;
  readonly members: number;
  readonly founder: AccountId;
  /** ms since 1970, as are the times below. */
  readonly expires: number;
  readonly at: number;
  readonly keys?: JoiningKeys;
}

/** We asked a contact to join. `added`: its add operation is in the log, and its welcome is due. */
export interface SentInvitation {
  readonly kind: "sent";
  readonly group: GroupId;
  readonly to: AccountId;
  readonly expires: number;
  readonly added: boolean;
}

export type Invitation = ReceivedInvitation | SentInvitation;

const nameOf = (kind: Invitation["kind"], group: GroupId, account: AccountId): string =>
  `${kind} ${group} ${account}`;

function keyOf(invitation: Invitation) {
  const other = invitation.kind === "received" ? invitation.from : invitation.to;
  return rowKey("group-invitation", nameOf(invitation.kind, invitation.group, other));
}

/** The operation that writes an invitation; what it held before is shredded. */
export function putInvitation(invitation: Invitation): StoreOp {
  return { ...put(keyOf(invitation), encodeRow(invitation)), shreds: true };
}

export function dropInvitation(invitation: Invitation): StoreOp {
  return drop(keyOf(invitation));
}

/** Those that are open, in memory. Changed only once a change is on disk. */
export class Invitations {
  readonly #open = new Map<string, Invitation>();

  /** Reads all of them. Throws store-damaged. */
  static async load(store: Store): Promise<Invitations> {
    const invitations = new Invitations();
    for (const bytes of await store.all("group-invitation"))
      invitations.set(decodeRow<Invitation>(bytes));
    return invitations;
  }

  set(invitation: Invitation): void {
    this.#open.set(keyOf(invitation).of, invitation);
  }

  delete(invitation: Invitation): void {
    this.#open.delete(keyOf(invitation).of);
  }

  received(group: GroupId, from: AccountId): ReceivedInvitation | undefined {
    const found = this.#open.get(nameOf("received", group, from));
    return found?.kind === "received" ? found : undefined;
  }

  sent(group: GroupId, to: AccountId): SentInvitation | undefined {
    const found = this.#open.get(nameOf("sent", group, to));
    return found?.kind === "sent" ? found : undefined;
  }

  /** The oldest first. */
  allReceived(): ReceivedInvitation[] {
    return [...this.#open.values()]
      .flatMap((each) => (each.kind === "received" ? [each] : []))
      .sort((a, b) => a.at - b.at);
  }

  allSent(): SentInvitation[] {
    return [...this.#open.values()].flatMap((each) => (each.kind === "sent" ? [each] : []));
  }

  /** Whether one more may be kept: a contact cannot fill the list of all others. */
  hasRoomFor(from: AccountId): boolean {
    const all = this.allReceived();
    const own = all.filter((each) => each.from === from);
    return all.length < groupLimits.invitations && own.length < groupLimits.invitationsOfContact;
  }
}

/** Overwrites the keys of an invitation that ended without a group. */
export function wipeJoiningKeys({ keys }: ReceivedInvitation): void {
  if (keys === undefined) return;
  wipe(keys.memberSeed);
  wipeKeyPackage(keys.package);
}

/** What is shown of an invitation that we received. @param fromName what we call the contact. */
export function invitationView(
  { group, from, name, members, founder, expires, keys }: ReceivedInvitation,
  fromName: string,
): GroupInvitationView {
  const state = keys === undefined ? "invited" : "joining";
  return { group, name, from: { account: from, name: fromName }, members, founder, expires, state };
}
