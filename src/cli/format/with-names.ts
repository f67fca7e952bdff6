/** Names of contacts and groups, in JSON output next to each id that would be alone. */
import type {
  Contact,
  Conversation,
  FollowedEvent,
  Invite,
  Message,
  MessageAuthor,
  NodeEvent,
} from "../../api/index.ts";
import { displayLine } from "../../base/index.ts";

/** Names of contacts and groups, as they are stored, by the `ref` of the conversation. */
export type Names = ReadonlyMap<string, string>;

export const namesOf = (contacts: readonly Contact[]): Map<string, string> =>
  new Map(contacts.map(({ account, name }) => [account, name]));

const isGroup = (ref: string): boolean => ref.startsWith("group:");

/** What a conversation is called, safe to print: a contact by its name, a group after `#`. */
export function conversationName({ ref, name }: Pick<Conversation, "ref" | "name">): string {
  return `${isGroup(ref) ? "#" : ""}${displayLine(name)}`;
}

/** The same by its ref; the ref itself where the name is not known. */
export function nameIn(ref: string, names: Names): string {
  const name = names.get(ref);
  return name === undefined ? ref : conversationName({ ref, name });
}

/** A member of a group, safe to print: a contact by its name, others by their own after `~`. */
export function authorName({ account, name, member }: MessageAuthor, names: Names): string {
  const known = account === undefined ? undefined : names.get(account);
  return displayLine(known ?? `~${name === "" ? member : name}`);
}

interface Named {
  readonly contactName?: string;
  readonly groupName?: string;
}

const named = (ref: string, names: Names): Named => {
  const name = names.get(ref);
  if (name === undefined) return {};
  return isGroup(ref) ? { groupName: name } : { contactName: name };
};

/** A message with `contactName` or `groupName`, which is absent if that was removed. */
export const messageWithName = (message: Message, names: Names) => ({
  ...message,
  ...named(message.ref, names),
});

/** A result about one message, with the name of its conversation in the message. */
export const resultWithName = <Result extends { readonly message: Message }>(
  result: Result,
  { ref, name }: Pick<Conversation, "ref" | "name">,
) => ({ ...result, message: messageWithName(result.message, new Map([[ref, name]])) });

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
