/** Conversations, drafts, and the history of all conversations. */
import { conversation, draft } from "../schema/conversation.ts";
import {
  flag,
  list,
  maybe,
  object,
  oneOf,
  only,
  optional,
  pageSize,
  short,
  text,
  whole,
} from "../schema/fields.ts";
import { message, pageEnds } from "../schema/message.ts";
import { whoErrors } from "./errors.ts";
import { type MethodTypes, method, oneContact, who } from "./method.ts";

const arrival = (about: string) => optional(whole(`${about} (\`arrival\`).`));

const afterPlace = optional(
  short(
    "The `last` of the page before. A place in the order, not a conversation: one that does not " +
      "move between two pages comes exactly once. One that moves to the front in between is on " +
      "no later page, but has an event `conversation.changed`.",
  ),
);
const conversationPage = object({
  conversations: list(conversation),
  last: maybe(text("The place of the last conversation of the page, for `after`.")),
  more: flag("The response would be too long: call again with `after`."),
});

export const conversationMethods = {
  "conversation.list": method({
    row: "read",
    limited: true,
    summary:
      "Every conversation: pinned ones first, then by their last messages, newest first. " +
      "`last.text` has the first 120 characters. The first call after a start or an unlock reads " +
      "the last message of each from the disk; later ones read nothing.",
    errors: ["cursor-unknown"],
    params: object({
      kind: optional(oneOf(["contact", "group"])),
      archived: optional(flag("Only archived ones, or only others; absent: both.")),
      after: afterPlace,
    }),
    result: conversationPage,
    example: { archived: false },
  }),
  "conversation.get": method({
    row: "read",
    limited: true,
    summary: "One conversation.",
    errors: [...whoErrors],
    params: oneContact,
    result: object({ conversation }),
    example: { who: "bob" },
  }),
  "conversation.set": method({
    row: "manage",
    summary: "Mutes, pins or archives a conversation; what is absent does not change.",
    errors: [...whoErrors],
    params: object({
      who,
      muted: optional(flag("Clients notify of no message in it.")),
      pinned: optional(flag()),
      archived: optional(flag()),
    }),
    result: object({ conversation }),
    example: { who: "bob", muted: true, pinned: true },
  }),
  "conversation.markUnread": method({
    row: "send",
    limited: true,
    summary:
      "Shows the conversation as unread until it is marked as read. The contact does not learn " +
      "of it.",
    errors: [...whoErrors],
    params: oneContact,
    result: object({ conversation }),
    example: { who: "bob" },
  }),
  "draft.set": method({
    row: "send",
    limited: true,
    summary:
      "Keeps a text that is not sent yet, encrypted as messages are. An empty text deletes it, " +
      "and so does a message that is sent to the conversation.",
    errors: [...whoErrors, "message-too-long", "message-not-text"],
    params: object({
      who,
      text: text("At most 64 KiB of UTF-8."),
      replyTo: optional(short("Id of the message that it answers.")),
    }),
    result: object({ draft }),
    example: { who: "bob", text: "Dear Bob," },
  }),
  "draft.get": method({
    row: "read",
    limited: true,
    summary: "The draft of a conversation, if there is one.",
    errors: [...whoErrors],
    params: oneContact,
    result: object({ draft: maybe(draft) }),
    example: { who: "bob" },
  }),
  "draft.list": method({
    row: "read",
    limited: true,
    summary: "The conversations that have a draft. `draft.get` has the whole text.",
    errors: ["cursor-unknown"],
    params: object({ after: afterPlace }),
    result: conversationPage,
    example: {},
  }),
  "history.list": method({
    row: "read",
    limited: true,
    summary:
      "Messages of all conversations, or of one, in the order in which they arrived on this " +
      "node, oldest first. Nothing is ever inserted before a message that was returned, so " +
      "`after` with the `last` of the page before misses nothing.",
    errors: [...whoErrors],
    params: object({
      who: optional(short("Only this conversation.")),
      order: optional(
        oneOf(
          ["newest", "oldest"],
          "From which end of what is between the cursors the page is taken; by default oldest " +
            "with `after` alone, else newest.",
        ),
      ),
      before: arrival("Only messages that arrived before this number"),
      after: arrival("Only messages that arrived after this number"),
      limit: pageSize("50 by default."),
    }),
    result: object({
      messages: list(message),
      first: maybe(whole("The number of the first message of the page.")),
      last: maybe(whole("The number of the last message of the page.")),
      ...pageEnds,
      incomplete: maybe(
        only(true, "The store is damaged: messages that cannot be read are left out."),
      ),
    }),
    example: { after: 0, limit: 20 },
  }),
};

export type ConversationMethods = MethodTypes<typeof conversationMethods>;
