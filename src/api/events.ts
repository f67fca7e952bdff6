/** What a node tells its listeners, in the order in which it happened there. */
import type { Contact, Invite, Message } from "./views.ts";

export type NodeEvent =
  | { readonly type: "message.new"; readonly message: Message }
  | { readonly type: "message.state"; readonly message: Message }
  | { readonly type: "contact.changed"; readonly contact: Contact }
  | { readonly type: "contact.removed"; readonly account: string }
  | { readonly type: "contact.request"; readonly contact: Contact }
  | { readonly type: "key.changed"; readonly contact: Contact }
  | { readonly type: "presence"; readonly contact: Contact }
  /** Somebody claimed an invite that was used already. */
  | { readonly type: "invite.reused"; readonly invite: Invite }
  /** The last event of a subscription: the listener was too far behind, or the node stops or is locked. */
  | { readonly type: "stream.ended"; readonly why: "too-slow" | "stopping" | "locked" };

export type EventType = NodeEvent["type"];

/** Every type, for checking what a person wrote. */
export const eventTypes = [
  "message.new",
  "message.state",
  "contact.changed",
  "contact.removed",
  "contact.request",
  "key.changed",
  "presence",
  "invite.reused",
  "stream.ended",
] as const satisfies readonly EventType[];

/** Whose event it is, where it is about a contact. */
export function accountOf(event: NodeEvent): string | undefined {
  if ("message" in event) return event.message.contact;
  if ("contact" in event) return event.contact.account;
  return "account" in event ? event.account : undefined;
}
