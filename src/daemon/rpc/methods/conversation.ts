/** The `conversation.*`, `draft.*` and `history.*` methods. */
import type { ConversationMethods } from "../../../api/index.ts";
import { isNewest } from "../../../messenger/index.ts";
import { fitting, fittingPage, withoutUndefined } from "./fitting.ts";
import { idOf } from "./message.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function conversationHandlers({ messenger }: DispatchParts): Handlers<ConversationMethods> {
  return {
    "conversation.list": async ({ after, ...filter }) => {
      const all = await messenger.conversations(withoutUndefined(filter));
      const start = all.findIndex(({ ref }) => ref === after) + 1;
      const wanted = all.slice(start);
      const conversations = fitting(wanted, "first");
      return { conversations, more: conversations.length < wanted.length };
    },
    "conversation.get": async ({ who }) => ({ conversation: await messenger.conversation(who) }),
    "conversation.set": async ({ who, ...flags }) => ({
      conversation: await messenger.setConversation(who, withoutUndefined(flags)),
    }),
    "conversation.markUnread": async ({ who }) => ({
      conversation: await messenger.markUnread(who),
    }),
    "draft.set": async ({ who, text, replyTo }) => ({
      draft: await messenger.setDraft(who, {
        text,
        ...(replyTo !== undefined && { replyTo: idOf(replyTo) }),
      }),
    }),
    "draft.get": async ({ who }) => {
      const draft = await messenger.draft(who);
      return draft === undefined ? {} : { draft };
    },
    "draft.list": async () => {
      const all = await messenger.conversations({});
      return {
        conversations: fitting(
          all.filter(({ draft }) => draft !== undefined),
          "first",
        ),
      };
    },
    "history.list": async ({ limit = 50, ...options }) => {
      const damage = { found: false };
      const onDamage = (): void => {
        damage.found = true;
      };
      const page = await messenger.arrivals({ ...withoutUndefined(options), limit, onDamage });
      const from = isNewest(options) ? "last" : "first";
      return {
        ...fittingPage<number>(page, from, ({ arrival }) => arrival),
        ...(damage.found && { incomplete: true }),
      };
    },
  };
}
