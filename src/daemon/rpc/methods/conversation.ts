/** The `conversation.*`, `draft.*` and `history.*` methods. */
import type { ConversationMethods } from "../../../api/index.ts";
import { isNewest } from "../../../messenger/index.ts";
import { fittingAfter, fittingPage, withoutUndefined } from "./fitting.ts";
import { idOf } from "./message.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function conversationHandlers({ messenger }: DispatchParts): Handlers<ConversationMethods> {
  return {
    "conversation.list": async ({ after, ...filter }) => {
      const all = await messenger.conversations(withoutUndefined(filter));
      const { page, more } = fittingAfter(all, ({ ref }) => ref === after);
      return { conversations: page, more };
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
    "draft.list": async ({ after }) => {
      const all = await messenger.conversations({});
      const drafts = all.filter(({ draft }) => draft !== undefined);
      const { page, more } = fittingAfter(drafts, ({ ref }) => ref === after);
      return { conversations: page, more };
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
