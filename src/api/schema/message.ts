/** Schemas of messages; the types are those that the messenger shares. */
import type { MessageId, PositionRange } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import { accountId } from "./contact.ts";
import {
  flag,
  id,
  list,
  maybe,
  ms,
  number,
  object,
  of,
  oneOf,
  only,
  text,
  whole,
} from "./fields.ts";

export const messageId = id<MessageId>(26);

const direction = oneOf(
  ["in", "out"],
  "in: from the contact, or a member of the group. out: from us.",
);

export const messageState = oneOf(
  ["queued", "sent", "held", "delivered", "read", "failed", "cancelled", "received"],
  "Delivery of a message of ours, each state shown only when it is proven; `received` for " +
    "theirs. failed: not acknowledged in time. cancelled: taken back before it left. In a group " +
    "never `sent`, but held: the node of a member stores it. A later state is that of the member " +
    "that came furthest.",
);

const author = object(
  {
    account: maybe(accountId),
    name: text("What the member calls itself. Untrusted text; empty where it is unknown."),
    member: text("The account in this group: 32 hexadecimal characters."),
  },
  "Whose it is, in a group; absent for our own.",
);

export const message = of<MessageView>()(
  object({
    id: messageId,
    ref: text("Of its conversation: names it wherever a method takes `who`."),
    contact: maybe(accountId),
    group: maybe(text("The id of the group; absent in a conversation with a contact.")),
    direction,
    author: maybe(author),
    unconfirmed: maybe(
      only(
        true,
        "In a group: only the signature itself says who wrote it, since its key was made before " +
          "this node was a member.",
      ),
    ),
    reached: maybe(
      object(
        {
          held: whole("Their nodes store it."),
          delivered: whole("They opened it."),
          read: whole("Their users read it."),
          of: whole("All other members that could read it when it was encrypted."),
        },
        "Of ours in a group: how many other members have proven what.",
      ),
    ),
    text: text("Exactly as sent. Untrusted text: clean it before a screen shows it."),
    state: messageState,
    at: whole("Position by arrival in the conversation on this node: grows with each message."),
    position: text(
      "Position in the order of the conversation: compares as text as the messages do, and is " +
        "the cursor of `message.list`. Changes once, when a message of ours is encrypted, or " +
        "cancelled before.",
    ),
    arrival: maybe(
      whole(
        "Number by arrival on this node, over all conversations: the cursor of `history.list`. " +
          "Absent once the message is deleted here.",
      ),
    ),
    sentAt: number("The sender's clock, for display only, ms since 1970."),
    storedAt: ms("When this node stored it, ms since 1970."),
    lamport: maybe(whole("Its Lamport value; absent where a message of ours was not encrypted.")),
    late: maybe(only(true, "It arrived after texts that come after it in the conversation.")),
    gap: maybe(only(true, "A text that its author had seen before is lost, or not here yet.")),
    key: maybe(text("Of ours: the idempotency key with which it was sent.")),
    replyTo: maybe(id<MessageId>(26, "The message that it answers; it need not be here.")),
    keep: maybe(ms("How long it is kept, ms: ours from its delivery on, theirs once read.")),
    notice: maybe(
      object(
        {
          kind: oneOf(["timer"]),
          ms: ms("How long messages are kept from then on, ms; 0: forever."),
        },
        "Not a message, but a setting that one side changed; the text is empty.",
      ),
    ),
    edited: flag("The author has changed the text; former texts are not kept."),
    deleted: flag("The author has deleted it for both: the text is empty."),
    reactions: list(
      object({
        direction: oneOf(["in", "out"], "out: our own."),
        author: maybe(author),
        emoji: text("Exactly as sent, without control characters. Untrusted text."),
      }),
      "At most one of each side, or of each member of a group.",
    ),
    changing: flag("A change of ours (edit, deletion, reaction) is not delivered yet."),
  }),
);

export const positionRange = of<PositionRange>()(
  object({ from: whole("The first position."), to: whole("The last position, inclusive.") }),
);

/** The ends of a page of messages. */
export const pageEnds = {
  moreBefore: flag("There are messages before the first one."),
  moreAfter: flag("There are messages after the last one."),
};
