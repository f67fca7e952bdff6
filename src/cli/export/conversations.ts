/** Reads whole conversations from a node page by page, so that memory use does not grow. */
import type { Account, Contact, Message } from "../../api/index.ts";
import type { Callable } from "../runtime/context.ts";
import { allContacts } from "../runtime/lists.ts";

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
      ? await allContacts(node)
      : [(await node.call("contact.show", { who })).contact];
  const conversations = contacts.map((contact) => ({
    contact,
    messages: messagesOf(node, contact.account, onDamage),
  }));
  return { account, exportedAt, conversations };
}

/** The messages that exist now, in the order of the conversation. */
async function* messagesOf(
  node: Callable,
  who: string,
  onDamage: () => void,
): AsyncGenerator<Message> {
  const { last: end = "" } = await node.call("message.list", { who, limit: 1 });
  let after: string | undefined;
  for (;;) {
    const page = await node.call("message.list", { who, order: "oldest", limit: PAGE, after });
    if (page.damaged !== undefined) onDamage();
    yield* page.messages.filter(({ position }) => position <= end);
    after = page.last;
    if (!page.moreAfter || after === undefined || after >= end) return;
  }
}
