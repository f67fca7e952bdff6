/**
 * What a conversation belongs to: a contact or a group. All that works on conversations takes
 * either, and a switch over `kind` names each place that has to distinguish them.
 */
import { type AccountId, never } from "../../base/index.ts";
import type { GroupId, MemberId, StreamId } from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { type Contact, withConversation } from "./contact.ts";
import type { Conversation } from "./conversation.ts";
import type { GroupEntry, Peer, SendQueue } from "./peer.ts";

export type ConversationOwner = Peer | GroupOwner;

/** What of a group's row its conversation needs; the group folder stores more in it. */
export interface GroupOwnerRow {
  /** Names the group in our own store, its conversation included. */
  readonly ref: string;
  readonly id: GroupId;
  /** What this node calls the group after `group:`; unique among groups. */
  readonly alias: string;
  readonly conversation: Conversation;
}

/** A group while the node runs, as far as its conversation is concerned. */
export interface GroupOwner extends SendQueue<GroupEntry> {
  readonly kind: "group";
  row: GroupOwnerRow;
  /** The account and own name of a member, also of a former one; `undefined` where unknown. */
  person(member: MemberId): GroupPerson | undefined;
  /** Notes that the user has seen all messages of others but these. */
  seen(unseen: readonly InStream[]): {
    readonly ops: readonly StoreOp[];
    /** To be called once they are on disk. */
    readonly applied: () => void;
  };
  /** The user has forgotten the group: jobs that wait for its lock do nothing. */
  removed: boolean;
}

/** Where a message of a member is among those of its author. */
export interface InStream {
  readonly author?: MemberId;
  readonly stream?: StreamId;
  readonly sequence: number;
}

/** Whom a member id stands for. */
export interface GroupPerson {
  readonly account: AccountId;
  /** What the member calls itself, as sent. */
  readonly name: string;
}

export function conversationOf(owner: ConversationOwner): Conversation {
  switch (owner.kind) {
    case "contact":
      return owner.contact.conversation;
    case "group":
      return owner.row.conversation;
    default:
      return never(owner);
  }
}

/** What names the owner in our own store: its lock, its events. */
export function ownerRef(owner: ConversationOwner): string {
  switch (owner.kind) {
    case "contact":
      return owner.contact.ref;
    case "group":
      return owner.row.ref;
    default:
      return never(owner);
  }
}

/** What names the conversation to clients: the account id, or `group:` and the group's id. */
export function shownRef(owner: ConversationOwner): string {
  switch (owner.kind) {
    case "contact":
      return owner.contact.account;
    case "group":
      return `group:${owner.row.id}`;
    default:
      return never(owner);
  }
}

/** What an owner is once a change is committed. */
export type OwnerChange =
  | { readonly kind: "contact"; readonly owner: Peer; readonly next: Contact }
  | { readonly kind: "group"; readonly owner: GroupOwner; readonly next: GroupOwnerRow };

/** A change of what contacts and groups have in common. */
export type ConversationChange = <Kind extends Conversation>(before: Kind) => Kind;

/** The owner with another conversation. */
export function changedBy(owner: ConversationOwner, change: ConversationChange): OwnerChange {
  switch (owner.kind) {
    case "contact": {
      const { kind, contact } = owner;
      return { kind, owner, next: withConversation(contact, change(contact.conversation)) };
    }
    case "group": {
      const { kind, row } = owner;
      const conversation = change(row.conversation);
      const next = conversation === row.conversation ? row : { ...row, conversation };
      return { kind, owner, next };
    }
    default:
      return never(owner);
  }
}

/** Takes a committed change up. */
export function takeUp(change: OwnerChange): void {
  switch (change.kind) {
    case "contact":
      change.owner.contact = change.next;
      break;
    case "group":
      change.owner.row = change.next;
      break;
    default:
      never(change);
  }
}
