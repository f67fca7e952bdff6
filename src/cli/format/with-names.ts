/** JSON output with the name of a contact next to each account id that would be alone. */
import type { Contact, FollowedEvent, Invite, Message, NodeEvent } from "../../api/index.ts";

/** Names of contacts, as they are stored, by account id, which is the `ref` of the conversation. */
export type Names = ReadonlyMap<string, string>;

export const namesOf = (contacts: readonly Contact[]): Map<string, string> =>
  new Map(contacts.map(({ account, name }) => [account, name]));

const named = (account: string, names: Names): { readonly contactName?: string } => {
  const contactName = names.get(account);
  return contactName === undefined ? {} : { contactName };
};

/** A message with `contactName`, which is absent if the contact was removed. */
export const messageWithName = (message: Message, names: Names) => ({
  ...message,
  ...named(message.ref, names),
});

/** A result about one message and its contact, with the name in the message. */
export const resultWithName = <
  Result extends { readonly contact: Contact; readonly message: Message },
>(
  result: Result,
) => ({ ...result, message: messageWithName(result.message, namesOf([result.contact])) });

/** An event whose message, or which itself, has `contactName`. */
export function eventWithName(event: NodeEvent | FollowedEvent, names: Names): object {
  if ("message" in event) return { ...event, message: messageWithName(event.message, names) };
  if ("ref" in event) return { ...event, ...named(event.ref, names) };
  return "account" in event ? { ...event, ...named(event.account, names) } : event;
}

/** An invite with `users`: each account of `usedBy` with its `contactName`. */
export const inviteWithNames = (invite: Invite, names: Names) => ({
  ...invite,
  users: invite.usedBy.map((account) => ({ account, ...named(account, names) })),
});
