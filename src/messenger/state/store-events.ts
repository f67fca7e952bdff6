/** Events about stored changes: what the log keeps of each, and what listeners receive. */
import type { AccountId, InviteId, MessageId } from "../../base/index.ts";
import type { InviteView, MessageChange, MessageState } from "../../model/index.ts";
import type { Contact } from "../model/contact.ts";
import { type MessageRow, messageView } from "../model/message.ts";
import type { KeptEvent } from "../model/messenger-api.ts";
import type { Peer } from "../model/peer.ts";
import type { ContactStore } from "./contact-store.ts";
import type { Conversations } from "./conversations.ts";

/** What is told of a message that is here. */
type MessageEvent = "message.new" | "message.state";

/** What is reported of a contact that exists. */
type ContactEvent = "contact.changed" | "contact.renamed" | "contact.request" | "key.changed";

/** A row of the log: refers to what changed and holds no text and no name. */
export type Entry =
  | {
      readonly type: MessageEvent;
      readonly ref: string;
      readonly account: AccountId;
      readonly at: number;
      readonly id: MessageId;
      readonly state: MessageState;
    }
  | {
      readonly type: "message.changed";
      readonly ref: string;
      readonly account: AccountId;
      readonly at: number;
      readonly id: MessageId;
      readonly what: MessageChange;
    }
  | {
      readonly type: "message.removed";
      readonly ref: string;
      readonly account: AccountId;
      readonly id: MessageId;
    }
  | {
      readonly type: ContactEvent;
      readonly ref: string;
      readonly account: AccountId;
    }
  | { readonly type: "conversation.changed"; readonly ref: string; readonly account: AccountId }
  | { readonly type: "contact.removed"; readonly ref: string; readonly account: AccountId }
  | { readonly type: "invite.reused"; readonly invite: InviteId };

export interface StoreEvent {
  readonly entry: Entry;
  /** Asked for once the change is committed, so that it shows what then holds. */
  readonly event: () => KeptEvent;
}

/** @param row as it is about to be committed. */
export function messageEvent(
  type: MessageEvent,
  peer: Peer,
  at: number,
  row: MessageRow,
): StoreEvent {
  const { ref, account } = peer.contact;
  const { id, state } = row;
  return {
    entry: { type, ref, account, at, id, state },
    event: () => ({ type, message: messageView(peer, at, row) }),
  };
}

/** @param row as it is about to be committed. */
export function messageChangedEvent(
  what: MessageChange,
  peer: Peer,
  at: number,
  row: MessageRow,
): StoreEvent {
  const { ref, account } = peer.contact;
  const type = "message.changed";
  return {
    entry: { type, ref, account, at, id: row.id, what },
    event: () => ({ type, message: messageView(peer, at, row), what }),
  };
}

export function messageRemovedEvent({ contact }: Peer, { id }: MessageRow): StoreEvent {
  const { ref, account } = contact;
  return {
    entry: { type: "message.removed", ref, account, id },
    event: () => ({ type: "message.removed", account, ref: account, id }),
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
  peer: Peer,
): StoreEvent {
  const { ref, account } = peer.contact;
  return {
    entry: { type: "conversation.changed", ref, account },
    event: () => ({ type: "conversation.changed", conversation: conversations.view(peer) }),
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
