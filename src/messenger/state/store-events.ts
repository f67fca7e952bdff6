/** Events about stored changes: what the log keeps of each, and what listeners receive. */
import { type AccountId, type InviteId, type MessageId, never } from "../../base/index.ts";
import type { GroupId } from "../../group/index.ts";
import type { InviteView, MessageChange, MessageState } from "../../model/index.ts";
import type { Contact } from "../model/contact.ts";
import { type MessageRow, messageView } from "../model/message.ts";
import type { KeptEvent } from "../model/messenger-api.ts";
import { type ConversationOwner, ownerRef } from "../model/owner.ts";
import type { Peer } from "../model/peer.ts";
import type { ContactStore } from "./contact-store.ts";
import type { Conversations } from "./conversations.ts";

/** What is told of a message that is here. */
type MessageEvent = "message.new" | "message.state";

/** What is reported of a contact that exists. */
type ContactEvent = "contact.changed" | "contact.renamed" | "contact.request" | "key.changed";

/** Whom an event names once the owner of its conversation may be gone. */
export type EntryOwner = { readonly account: AccountId } | { readonly group: GroupId };

/** A row of the log: refers to what changed and holds no text and no name. */
export type Entry =
  | {
      readonly type: MessageEvent;
      readonly ref: string;
      readonly of: EntryOwner;
      readonly at: number;
      readonly id: MessageId;
      readonly state: MessageState;
    }
  | {
      readonly type: "message.changed";
      readonly ref: string;
      readonly of: EntryOwner;
      readonly at: number;
      readonly id: MessageId;
      readonly what: MessageChange;
    }
  | {
      readonly type: "message.removed";
      readonly ref: string;
      readonly of: EntryOwner;
      readonly id: MessageId;
    }
  | {
      readonly type: ContactEvent;
      readonly ref: string;
      readonly account: AccountId;
    }
  | { readonly type: "conversation.changed"; readonly ref: string; readonly of: EntryOwner }
  | { readonly type: "contact.removed"; readonly ref: string; readonly account: AccountId }
  | { readonly type: "invite.reused"; readonly invite: InviteId }
  | { readonly type: "group.invited"; readonly group: GroupId; readonly account: AccountId }
  | {
      readonly type: "group.declined";
      readonly ref: string;
      readonly group: GroupId;
      readonly account: AccountId;
    }
  | { readonly type: "group.changed"; readonly ref: string; readonly group: GroupId };

function entryOwner(owner: ConversationOwner): EntryOwner {
  switch (owner.kind) {
    case "contact":
      return { account: owner.contact.account };
    case "group":
      return { group: owner.row.id };
    default:
      return never(owner);
  }
}

/** The removal of a message, also of one whose conversation is gone. */
export function removalOf(of: EntryOwner, id: MessageId): Extract<KeptEvent, { id: MessageId }> {
  const ref = "account" in of ? of.account : `group:${of.group}`;
  return { type: "message.removed", ...("account" in of && { account: of.account }), ref, id };
}

export interface StoreEvent {
  readonly entry: Entry;
  /** Asked for once the change is committed, so that it shows what then holds. */
  readonly event: () => KeptEvent;
}

/** @param row as it is about to be committed. */
export function messageEvent(
  type: MessageEvent,
  owner: ConversationOwner,
  at: number,
  row: MessageRow,
): StoreEvent {
  const { id, state } = row;
  return {
    entry: { type, ref: ownerRef(owner), of: entryOwner(owner), at, id, state },
    event: () => ({ type, message: messageView(owner, at, row) }),
  };
}

/** @param row as it is about to be committed. */
export function messageChangedEvent(
  what: MessageChange,
  owner: ConversationOwner,
  at: number,
  row: MessageRow,
): StoreEvent {
  const type = "message.changed";
  return {
    entry: { type, ref: ownerRef(owner), of: entryOwner(owner), at, id: row.id, what },
    event: () => ({ type, message: messageView(owner, at, row), what }),
  };
}

export function messageRemovedEvent(owner: ConversationOwner, { id }: MessageRow): StoreEvent {
  const of = entryOwner(owner);
  return {
    entry: { type: "message.removed", ref: ownerRef(owner), of, id },
    event: () => removalOf(of, id),
  };
}

/** @param contact as it is about to be committed. */
export function contactEvent(
  { contactStore }: { readonly contactStore: ContactStore },
  peer: Peer,
  contact: Contact,
  type: ContactEvent = "contact.changed",
): StoreEvent {
  return {
    entry: { type, ref: contact.ref, account: contact.account },
    event: () => ({ type, contact: contactStore.view(peer) }),
  };
}

/** @param conversations has loaded the last message of the conversation. */
export function conversationEvent(
  { conversations }: { readonly conversations: Conversations },
  owner: ConversationOwner,
): StoreEvent {
  return {
    entry: { type: "conversation.changed", ref: ownerRef(owner), of: entryOwner(owner) },
    event: () => ({ type: "conversation.changed", conversation: conversations.view(owner) }),
  };
}

export function contactRemovedEvent({ ref, account }: Contact): StoreEvent {
  return {
    entry: { type: "contact.removed", ref, account },
    event: () => ({ type: "contact.removed", account }),
  };
}

export function inviteReusedEvent(invite: InviteView): StoreEvent {
  return {
    entry: { type: "invite.reused", invite: invite.id },
    event: () => ({ type: "invite.reused", invite }),
  };
}
