/** Reads whole conversations from a node page by page, so that memory use does not grow. */
import type { Account, Contact, Message } from "../../api/index.ts";
import type { Callable } from "../runtime/context.ts";

/** Messages per request. */
const PAGE = 200;

export interface Conversation {
  readonly contact: Contact;
  /** Oldest first; can be read once. */
  readonly messages: AsyncIterable<Message>;
}

export interface Everything {
  readonly account: Account;
  /** ms since 1970. */
  readonly exportedAt: number;
  readonly conversations: readonly Conversation[];
}

/**
 * Conversations with all contacts, or with one. Throws `contact-unknown`, `contact-ambiguous`.
 * @param onDamage called while they are read, where messages are left out because the store is
 * damaged.
 */
export async function everything(
  node: Callable,
  who: string | undefined,
  exportedAt: number,
  onDamage: () => void,
): Promise<Everything> {
  const account = await node.call("account.show", {});
  const contacts =
    who === undefined
      ? (await node.call("contact.list", {})).contacts
      : [(await node.call("contact.show", { who })).contact];
  const conversations = contacts.map((contact) => ({
    contact,
    messages: messagesOf(node, contact.account, onDamage),
  }));
  return { account, exportedAt, conversations };
}

/** The messages that exist now, oldest first. */
async function* messagesOf(
  node: Callable,
  who: string,
  onDamage: () => void,
): AsyncGenerator<Message> {
  const newest = await node.call("message.list", { who, limit: 1 });
  const end = newest.messages.at(-1)?.at ?? 0;
  for (let after = 0; after < end; after += PAGE)
    yield* await between(node, who, after, Math.min(after + PAGE, end) + 1, onDamage);
}

/** Messages at positions between the two. A response may contain only the newest of them. */
async function between(
  node: Callable,
  who: string,
  after: number,
  before: number,
  onDamage: () => void,
): Promise<readonly Message[]> {
  const page = await node.call("message.list", { who, limit: PAGE, after, before });
  const { messages, more, damaged } = page;
  if (damaged !== undefined) onDamage();
  const [oldest] = messages;
  if (!more || oldest === undefined) return messages;
  return [...(await between(node, who, after, oldest.at, onDamage)), ...messages];
}
