/** The `conversation.*`, `draft.*` and `history.*` methods. */
import type { ConversationMethods } from "../../../api/index.ts";
import {
  type ConversationView,
  compareConversations,
  decodePlace,
  encodePlace,
  isNewest,
} from "../../../messenger/index.ts";
import { fitting, fittingPage, withoutUndefined } from "./fitting.ts";
import { idOf } from "./message.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

/** The conversations after a place in their order that fit into one response. */
function pageAfter(after: string | undefined, all: readonly ConversationView[]) {
  const place = after === undefined ? undefined : decodePlace(after);
  const rest = all.filter((each) => place === undefined || compareConversations(place, each) < 0);
  const page = fitting(rest, "first");
  const last = page.at(-1);
  return {
    conversations: page,
    ...(last && { last: encodePlace(last) }),
    more: page.length < rest.length,
  };
}

export function conversationHandlers({ messenger }: DispatchParts): Handlers<ConversationMethods> {
  return {
    "conversation.list": async ({ after, ...filter }) => {
      return pageAfter(after, await messenger.conversations(withoutUndefined(filter)));
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
      return pageAfter(
        after,
        all.filter(({ draft }) => draft !== undefined),
      );
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
