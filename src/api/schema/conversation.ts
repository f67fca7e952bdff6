/** Schemas of conversations and drafts; the types are those that the messenger shares. */
import type { MessageId } from "../../base/index.ts";
import type { ConversationView, DraftView } from "../../model/index.ts";
import { handle } from "./contact.ts";
import { flag, id, maybe, ms, object, of, oneOf, text, whole } from "./fields.ts";
import { message } from "./message.ts";

const ref = text(
  "Names the conversation in every method: the account id of the contact, or `group:` and the id " +
    "of the group.",
);

export const conversation = of<ConversationView>()(
  object({
    ref,
    kind: oneOf(["contact", "group"]),
    handle: maybe(handle),
    name: text("Untrusted text: clean it before a screen shows it."),
    last: maybe(message),
    lastAt: maybe(ms("When this node stored `last`, ms since 1970.")),
    unread: whole(
      "Messages of others that were not read; 1 at least where the user marked it as unread.",
    ),
    muted: flag(),
    pinned: flag(),
    archived: flag(),
    draft: maybe(text("The first 120 characters of the text that was not sent yet.")),
  }),
);

export const draft = of<DraftView>()(
  object({
    ref,
    text: text(),
    replyTo: maybe(id<MessageId>(26, "The message that it answers.")),
    savedAt: ms("ms since 1970."),
  }),
);
