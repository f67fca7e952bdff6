/** Whole lists of a node, which answers them in pages. */
import type { Client, Contact, Conversation, Invite, Params } from "../../api/index.ts";

type Node = Pick<Client, "call">;

/** Every contact, in the order of `contact.list`. */
export function allContacts(node: Node): Promise<readonly Contact[]> {
  return all(
    async (after) => {
      const { contacts, more } = await node.call("contact.list", { after });
      return { items: contacts, more };
    },
    ({ account }) => account,
  );
}

/** What this node calls each contact and each group, by the ref of the conversation. */
export async function allNames(node: Node): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { account, name } of await allContacts(node)) names.set(account, name);
  for (const { ref, name } of await allConversations(node, { kind: "group" })) names.set(ref, name);
  return names;
}

/** Every request without an answer. */
export function allRequests(node: Node): Promise<readonly Contact[]> {
  return all(
    async (after) => {
      const { requests, more } = await node.call("request.list", { after });
      return { items: requests, more };
    },
    ({ account }) => account,
  );
}

/** Every conversation, or those that a filter lets pass, in the order of `conversation.list`. */
export function allConversations(
  node: Node,
  filter: Omit<Params<"conversation.list">, "after"> = {},
): Promise<readonly Conversation[]> {
  return all(
    async (after) => {
      const { conversations, ...page } = await node.call("conversation.list", { ...filter, after });
      return { items: conversations, ...page };
    },
    ({ ref }) => ref,
  );
}

/** Every invite of the node. */
export function allInvites(node: Node): Promise<readonly Invite[]> {
  return all(
    async (after) => {
      const { invites, more } = await node.call("invite.list", { after });
      return { items: invites, more };
    },
    ({ id }) => id,
  );
}

/** Reads page after page; each item once, although a list may begin again or change its order. */
async function all<Item>(
  read: (after: string | undefined) => Promise<{
    readonly items: readonly Item[];
    readonly more: boolean;
    /** For the next page; absent where it is the name of the last item. */
    readonly last?: string;
  }>,
  nameOf: (item: Item) => string,
): Promise<readonly Item[]> {
  const found = new Map<string, Item>();
  for (let after: string | undefined; ; ) {
    const page = await read(after);
    for (const item of page.items) found.set(nameOf(item), item);
    const last = page.items.at(-1);
    if (!page.more || last === undefined) return [...found.values()];
    after = page.last ?? nameOf(last);
  }
}
