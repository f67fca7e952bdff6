/** Messages. */
import { limits, type MessageId } from "../../base/index.ts";
import type { MessageState } from "../../model/index.ts";
import { contact as someContact } from "../schema/contact.ts";
import {
  flag,
  type Infer,
  input,
  list,
  maybe,
  number,
  object,
  of,
  oneOf,
  only,
  optional,
  pageSize,
  short,
  text,
  wait,
  whole,
} from "../schema/fields.ts";
import { message, messageId, messageState, pageEnds, positionRange } from "../schema/message.ts";
import { groupErrors, messageErrors, sendErrors, textErrors, whoErrors } from "./errors.ts";
import { type MethodTypes, method, nothing, oneContact, sample, who } from "./method.ts";

/** In the answer of a method that works in any conversation. */
const contact = maybe(someContact);

const timeout = wait("How long to wait, ms; 30 seconds by default.");

const sendParams = object({
  who,
  text: text("At most 64 KiB of UTF-8."),
  key: optional(
    short(
      "Idempotency key. A second call with the same key returns the first message; with another " +
        "text or `replyTo` it fails as `key-reused`, unless that message was edited or deleted.",
    ),
  ),
  replyTo: optional(short("Id of the message that it replies to.")),
  wait: optional(
    oneOf(
      ["sent", "delivered", "read", "live"],
      "The state to wait for; by default none. live: `delivered` if the contact is connected at " +
        "the call; in a group `held`, if there is a link to a member.",
    ),
  ),
  timeout,
});
export type SendParams = Infer<typeof sendParams>;
/** What a send waits for. `live`: for `delivered` if the contact is connected at the call. */
export type SendWait = NonNullable<SendParams["wait"]>;

export const sendResult = object({
  contact,
  message,
  timedOut: flag(
    "The awaited state was not reached in time, or the account key of the contact has changed " +
      "(`contact.keyChanged`); the message is kept.",
  ),
  elapsed: number("From the call to the reported state, ms."),
});
export type SendResult = Infer<typeof sendResult>;

/** The answer to a program that may not read. */
export interface PostResult {
  readonly id: MessageId;
  readonly state: MessageState;
  readonly timedOut: boolean;
  readonly elapsed: number;
}
const postResult = of<PostResult>()(
  object({
    id: messageId,
    state: messageState,
    timedOut: flag("The awaited state was not reached in time; the message is kept."),
    elapsed: number("From the call to the reported state, ms."),
  }),
);

const id = short("The id of a message.");
const inConversation = optional(
  short("The conversation of the message: several may have one with this id."),
);
const change = {
  id,
  who: inConversation,
  wait: optional(only("live", "Wait until it is delivered, if the contact is connected.")),
  timeout,
};
const messages = list(message);
const hit = object({
  message,
  ranges: list(
    object({ from: whole(), to: whole("The end: the first code unit after it.") }),
    "What matches in `text`, in its UTF-16 code units as in JavaScript: ascending and apart, at " +
      "most 64.",
  ),
});
const more = flag("There are more messages in this direction.");

const newMessageErrors = [
  ...whoErrors,
  ...sendErrors,
  ...groupErrors,
  ...textErrors,
  "key-reused",
  "message-unknown",
  "message-deleted",
] as const;

export const messageMethods = {
  "message.post": method({
    row: "post",
    limited: true,
    summary:
      "Sends a message and answers without anything of the contact: for programs that may write " +
      "and not read.",
    errors: newMessageErrors,
    params: sendParams,
    result: postResult,
    example: { who: "bob", text: "The backup is done.", key: "backup-2026-11-30" },
  }),
  "message.send": method({
    row: "send",
    limited: true,
    summary: "Sends a message. It is stored first, and sent when the contact can be reached.",
    errors: newMessageErrors,
    params: sendParams,
    result: sendResult,
    example: { who: "bob", text: "See you at nine.", key: "order-17", wait: "delivered" },
  }),
  "message.list": method({
    row: "read",
    limited: true,
    summary:
      "Messages of a conversation in its order, oldest first; fewer where the response would be " +
      "too long. A message that arrives late is inserted where it belongs: place it by its " +
      "`position`.",
    errors: [...whoErrors, "cursor-unknown", "message-unknown", "message-ambiguous"],
    params: object({
      who,
      order: optional(
        oneOf(
          ["newest", "oldest"],
          "From which end of what is between the cursors the page is taken; by default oldest " +
            "with `after` alone, so that the next page follows, else newest.",
        ),
      ),
      before: optional(short("Only messages before this position.")),
      after: optional(short("Only messages after this position.")),
      around: optional(
        short(
          "The id of a message: it and those next to it. Without `order`, `before` and `after`.",
        ),
      ),
      limit: pageSize("50 by default."),
      since: optional(
        whole(
          "Only from the first message on that this node stored at or after this time, ms since " +
            "1970.",
        ),
      ),
    }),
    result: object({
      messages,
      first: maybe(text("The position of the first message of the page.")),
      last: maybe(text("The position of the last message of the page.")),
      ...pageEnds,
      damaged: maybe(
        list(
          positionRange,
          "Where the store is damaged, by `at`: a message that cannot be read (`from` equals " +
            "`to`), or a range in which messages may be missing or out of date.",
        ),
      ),
    }),
    example: { who: "bob", limit: 20 },
  }),
  "message.count": method({
    row: "read",
    limited: true,
    summary: "How many messages of the conversation this node has.",
    errors: [...whoErrors],
    params: oneContact,
    result: object({ contact, messages: whole() }),
    example: { who: "bob" },
  }),
  "message.search": method({
    row: "read",
    limited: true,
    summary:
      "Messages that contain every word of the query, or a word that starts with it, in the " +
      "order of their arrival here, newest first. Next page: `before` the last one's `arrival`.",
    errors: [...whoErrors, "search-empty"],
    params: object({
      query: input(1024, "1 to 16 words."),
      from: optional(short("Only this conversation.")),
      before: optional(whole("Only messages that arrived before this number (`arrival`).")),
      limit: pageSize("50 by default."),
    }),
    result: object({ hits: list(hit), more }),
    example: { query: "nine" },
  }),
  "message.edit": method({
    row: "send",
    limited: true,
    summary: "Replaces the text of a message of ours, for both sides.",
    errors: [
      ...messageErrors,
      ...sendErrors,
      ...groupErrors,
      ...textErrors,
      "message-not-yours",
      "message-deleted",
      "message-failed",
    ],
    params: object({ ...change, text: text("At most 64 KiB of UTF-8.") }),
    result: sendResult,
    example: { id: sample.message, text: "See you at ten.", wait: "live" },
  }),
  "message.delete": method({
    row: "send",
    limited: true,
    summary:
      "Deletes a message of ours for both sides; with `forMe` a message of either side here " +
      "only, which is returned as it was.",
    errors: [
      ...messageErrors,
      ...sendErrors,
      ...groupErrors,
      "message-not-yours",
      "message-deleted",
      "message-failed",
      "message-waiting",
    ],
    params: object({ ...change, forMe: optional(flag()) }),
    result: sendResult,
    example: { id: sample.message, wait: "live" },
  }),
  "message.react": method({
    row: "send",
    limited: true,
    summary: "Reacts to a message, replacing an earlier reaction; an empty `emoji` removes it.",
    errors: [
      ...messageErrors,
      ...sendErrors,
      ...groupErrors,
      "message-deleted",
      "message-failed",
      "message-not-text",
      "reaction-invalid",
    ],
    params: object({ ...change, emoji: input(1024) }),
    result: sendResult,
    example: { id: sample.message, emoji: "👍", wait: "live" },
  }),
  "message.find": method({
    row: "read",
    limited: true,
    summary: "One message.",
    errors: [...messageErrors],
    params: object({
      id: short(
        "An id, the first characters of one (at least 4), or `last` for the newest message of a " +
          "conversation. `WHO/` before it names the conversation.",
      ),
      who: optional(short("The conversation; by default all of them are searched.")),
      direction: optional(
        oneOf(
          ["in", "out"],
          "With `last`: the newest of that side. With `out`, ours is meant where several fit.",
        ),
      ),
    }),
    result: object({ contact, message }),
    example: { id: "last", who: "bob" },
  }),
  "typing.send": method({
    row: "post",
    limited: true,
    summary: "Sends a typing notice to a contact who is online; can be called at any rate.",
    errors: [...whoErrors],
    params: oneContact,
    result: nothing,
    example: { who: "bob" },
  }),
  "message.markRead": method({
    row: "send",
    limited: true,
    summary:
      "Marks the messages as read that were shown: those with the `ids`, or those that arrived " +
      "at `from` to `upTo`; without `from` all older ones too, without `upTo` all newer ones.",
    errors: [...whoErrors, "message-unknown"],
    params: object({
      who,
      ids: optional(list(short(), "At most 1,000 ids.", limits.pageMessages)),
      from: optional(whole("A position by arrival (`at`).")),
      upTo: optional(whole("The last position, inclusive.")),
    }),
    result: nothing,
    example: { who: "bob", upTo: 2 },
  }),
  "message.cancel": method({
    row: "send",
    limited: true,
    summary:
      "Takes back a message of ours that never left: it is shown as cancelled and never sent. " +
      "Works also for a contact to whom nothing can be sent.",
    errors: [...messageErrors, "message-not-yours", "message-sent"],
    params: object({ id, who: inConversation }),
    result: object({ contact, message }),
    example: { id: sample.waiting },
  }),
  "message.resend": method({
    row: "send",
    limited: true,
    summary:
      "Queues a message of ours again that is `failed`. It keeps its id, so that the contact " +
      "never shows it twice, and gets new positions: `message.removed` of the id comes first, " +
      "then `message.new`. In a group it never left, and gets another id.",
    errors: [
      ...messageErrors,
      ...sendErrors,
      ...groupErrors,
      "message-not-yours",
      "message-deleted",
      "message-not-failed",
    ],
    params: object({ id, who: inConversation }),
    result: object({ contact, message }),
    example: { id: sample.waiting },
  }),
};

export type MessageMethods = MethodTypes<typeof messageMethods>;
