/** What happened to what is on the disk: what the log keeps of it, and what listeners are told. */
import type { AccountId, InviteId, MessageId } from "../base/index.ts";
import type { Book } from "./book.ts";
import type { Contact } from "./contact.ts";
import type { Peer } from "./peer.ts";
import type { InviteView, KeptEvent, MessageState, MessageView } from "./types.ts";

/** A row of the log: names what it tells of and holds no text and no name. */
export type Entry =
  | {
      readonly type: "message.new" | "message.state";
      readonly ref: string;
      readonly account: AccountId;
      readonly at: number;
      readonly id: MessageId;
      readonly state: MessageState;
    }
  | {
      readonly type: "contact.changed" | "contact.request" | "key.changed";
      readonly ref: string;
      readonly account: AccountId;
    }
  | { readonly type: "contact.removed"; readonly ref: string; readonly account: AccountId }
  | { readonly type: "invite.reused"; readonly invite: InviteId };

export interface Happening {
  readonly entry: Entry;
  /** Asked for once the change is committed, so that it shows what then holds. */
  readonly event: () => KeptEvent;
}

export function messageHappened(
  type: "message.new" | "message.state",
  ref: string,
  message: MessageView,
): Happening {
  const { id, at, contact, state } = message;
  return {
    entry: { type, ref, account: contact, at, id, state },
    event: () => ({ type, message }),
  };
}

/** @param contact as it is about to be committed. */
export function contactHappened(
  { book }: { readonly book: Book },
  peer: Peer,
  contact: Contact,
  type: "contact.changed" | "contact.request" | "key.changed" = "contact.changed",
): Happening {
  return {
    entry: { type, ref: contact.ref, account: contact.account },
    event: () => ({ type, contact: book.view(peer) }),
  };
}

export function contactRemoved({ ref, account }: Contact): Happening {
  return {
    entry: { type: "contact.removed", ref, account },
    event: () => ({ type: "contact.removed", account }),
  };
}

export function inviteReused(invite: InviteView): Happening {
  return {
    entry: { type: "invite.reused", invite: invite.id },
    event: () => ({ type: "invite.reused", invite }),
  };
}
