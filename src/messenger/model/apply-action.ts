/** What each action changes (docs/SPEC.md §8), of a message or of its conversation. Pure. */
import { never } from "../../base/index.ts";
import { type Actor, actionRules, type MessageAction, type Stamp } from "./actions.ts";
import type { Conversation } from "./conversation.ts";
import { actorOf, emptied, type MessageRow } from "./message.ts";
import { isNewer } from "./order.ts";

/**
 * The message after an action on it; the same object where the action may not or need not change
 * it. Neither the order of actions nor repetitions make a difference.
 * @param by whose action it is.
 */
export function applyAction(
  row: MessageRow,
  by: Actor,
  { lamport, id }: Stamp,
  body: MessageAction,
): MessageRow {
  // A notice states a setting; it has no text of an author.
  if (row.deleted || row.hidden || row.notice !== undefined) return row;
  if (actionRules[body.kind].by === "author" && actorOf(row) !== by) return row;
  switch (body.kind) {
    case "edit":
      return isNewer({ lamport, id }, row.edited)
        ? { ...row, text: body.text, edited: { lamport, id } }
        : row;
    case "delete":
      return emptied(row, "deleted");
    case "reaction":
      return isNewer({ lamport, id }, row.reactions?.[by])
        ? { ...row, reactions: { ...row.reactions, [by]: { lamport, id, emoji: body.emoji } } }
        : row;
    default:
      return never(body);
  }
}

/**
 * The conversation after a timer action.
 * @param by who set it: "in" for the peer.
 * @param ms as in `wire/body`: 0 for forever.
 */
export function withTimer<Kind extends Conversation>(
  conversation: Kind,
  { lamport, id }: Stamp,
  by: "in" | "out",
  ms: number,
): Kind {
  if (!isNewer({ lamport, id }, conversation.timer)) return conversation;
  return { ...conversation, timer: { lamport, id, by, ms } };
}

/** The line of the conversation that shows who set the timer. */
export function timerNotice(
  direction: "in" | "out",
  envelope: Pick<MessageRow, "id" | "sequence" | "lamport" | "parents" | "sentAt" | "storedAt">,
  ms: number,
): MessageRow {
  const state = direction === "in" ? "received" : "queued";
  return { ...envelope, direction, text: "", state, notice: { kind: "timer", ms } };
}
