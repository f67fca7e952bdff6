/** Reads whole conversations from a node page by page, so that memory use does not grow. */
import type { Account, Contact, Conversation as Listed, Message } from "../../api/index.ts";
import { type Names, namesOf } from "../format/with-names.ts";
import type { Callable } from "../runtime/context.ts";
import { allContacts, allConversations } from "../runtime/lists.ts";

/** Messages per request. */
const PAGE = 200;

/** Whose conversation it is. */
export type Owner =
  | { readonly contact: Contact; readonly group?: never }
  | { readonly group: Pick<Listed, "ref" | "name">; readonly contact?: never };

export interface Conversation {
  readonly owner: Owner;
  /** Oldest first; can be read once. */
  readonly messages: AsyncIterable<Message>;
}

export interface Everything {
  readonly account: Account;
  /** ms since 1970. */
  readonly exportedAt: number;
  readonly conversations: readonly Conversation[];
  /** Names of all contacts. */
  readonly names: Names;
}

/**
 * All conversations, or one. Throws `contact-unknown`, `contact-ambiguous`, `group-unknown`.
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
  const contacts = await allContacts(node);
  const asked =
    who === undefined ? undefined : (await node.call("conversation.get", { who })).conversation;
  const groups =
    asked === undefined ? await allConversations(node, { kind: "group" }) : groupsIn([asked]);
  const owners: readonly Owner[] = [
    ...contacts
      .filter(({ account: each }) => asked === undefined || asked.ref === each)
      .map((contact) => ({ contact })),
    ...groups.map(({ ref, name }) => ({ group: { ref, name } })),
  ];
  const conversations = owners.map((owner) => ({
    owner,
    messages: messagesOf(node, refOf(owner), onDamage),
  }));
  return { account, exportedAt, conversations, names: namesOf(contacts) };
}

const groupsIn = (all: readonly Listed[]): Listed[] => all.filter(({ kind }) => kind === "group");

const refOf = (owner: Owner): string =>
  owner.contact === undefined ? owner.group.ref : owner.contact.account;

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
