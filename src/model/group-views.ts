/** Groups as a node shows them: plain values that travel as JSON. */
import type { AccountId } from "../base/index.ts";

/** What a member may do. The owner is the most senior member; readers do not write. */
export type GroupRole = "owner" | "admin" | "member" | "reader";

/**
 * What this node is in a group. welcomed: it was added, and the membership log is still to come.
 * behind: it lacks operations or keys that a linked member has, so it reads but does not send yet.
 */
export type GroupStanding = "welcomed" | "member" | "behind" | "left" | "removed" | "dissolved";

export interface GroupView {
  /** 32 hexadecimal characters. */
  readonly id: string;
  /** Its conversation: names it wherever a method takes `who` (`ConversationView.ref`). */
  readonly ref: string;
  /** What this node calls it after `group:`: unique here, and not changed by a rename. */
  readonly alias: string;
  /** What its members call it, as sent: clean it (`displayText`) before a screen shows it. */
  readonly name: string;
  /** Empty where none is set. Clean it as `name`. */
  readonly topic: string;
  readonly standing: GroupStanding;
  /** Our own; absent where this node is no member. */
  readonly role?: GroupRole;
  /** How many members it has. */
  readonly members: number;
  /** Members with a live link to this node. */
  readonly linked: number;
  /** How long new messages are kept, ms; 0: forever. */
  readonly timer: number;
  /** When this node made or joined it, ms since 1970. */
  readonly joinedAt: number;
}

export interface GroupMemberView {
  /** 32 hexadecimal characters: the account in this group. */
  readonly member: string;
  readonly account: AccountId;
  /** What the member calls itself. Exactly as sent: clean it before a screen shows it. */
  readonly name: string;
  /** What this node calls the contact; absent for others. */
  readonly contact?: string;
  readonly role: GroupRole;
  /** This node. */
  readonly own: boolean;
  /** There is a live link to it. */
  readonly linked: boolean;
}

/** How far a message of ours has come with one member, as that member has proven it. */
export interface GroupReachView extends Pick<GroupMemberView, "member" | "account" | "name"> {
  /** What this node calls the contact; absent for others. */
  readonly contact?: string;
  /** none: nothing is proven. held: its node stores the message. */
  readonly state: "none" | "held" | "delivered" | "read";
}

/** A contact asks us to join a group. joining: we accepted, and wait to be added. */
export interface GroupInvitationView {
  readonly group: string;
  /** The group's name as the contact states it. Clean it before a screen shows it. */
  readonly name: string;
  readonly from: { readonly account: AccountId; readonly name: string };
  readonly members: number;
  readonly founder: AccountId;
  /** ms since 1970. */
  readonly expires: number;
  readonly state: "invited" | "joining";
}
