/** Acts upon messages (docs/SPEC.md §8): what each makes of a message, and as it travels. Pure. */
import { messageId, never, toHex } from "../../base/index.ts";
import type { Act as WireAct } from "../../wire/index.ts";
import type { ActionBody, MessageAction, Stamp } from "./actions.ts";
import type { Conversation } from "./conversation.ts";
import { emptied, type MessageRow } from "./message.ts";

/**
 * Whether `stamp` comes after `than`: by Lamport time, then by id, so that both sides agree
 * whatever came first.
 */
export function isNewer(stamp: Stamp, than: Stamp | undefined): boolean {
  if (than === undefined) return true;
  if (stamp.lamport !== than.lamport) return stamp.lamport > than.lamport;
  // In the order of the bytes; base32 would put its digits first.
  return toHex(messageId.bytes(stamp.id)) > toHex(messageId.bytes(than.id));
}

/**
 * The message after an act of its author ("in" for the peer's) or on it; the same object where the
 * act may not or need not change it. The order in which acts come makes no difference, nor does one
 * that comes twice.
 */
export function applyAction(
  row: MessageRow,
  by: "in" | "out",
  { lamport, id }: Stamp,
  body: MessageAction,
): MessageRow {
  if (row.deleted || row.hidden) return row;
  const own = row.direction === by;
  switch (body.kind) {
    case "edit":
      return own && isNewer({ lamport, id }, row.edited)
        ? { ...row, text: body.text, edited: { lamport, id } }
        : row;
    case "delete":
      return own ? emptied(row, "deleted") : row;
    case "reaction":
      return isNewer({ lamport, id }, row.reactions?.[by])
        ? { ...row, reactions: { ...row.reactions, [by]: { lamport, id, emoji: body.emoji } } }
        : row;
    default:
      return never(body);
  }
}

/** As it travels. */
export function toWire(body: ActionBody): WireAct {
  return "target" in body ? { ...body, target: messageId.bytes(body.target) } : body;
}

/** As it is kept. */
export function fromWire(body: WireAct): ActionBody {
  return "target" in body ? { ...body, target: messageId.from(body.target) } : body;
}

// How long messages of a conversation are kept: both sides hold the setting of whichever of them
// set it last.

/** The conversation after a timer action. @param ms as in `wire/body`: 0 for forever. */
export function withTimer<Kind extends Conversation>(
  conversation: Kind,
  { lamport, id }: Stamp,
  ms: number,
): Kind {
  if (!isNewer({ lamport, id }, conversation.timer)) return conversation;
  return { ...conversation, timer: { lamport, id, ms } };
}

/** The line of the conversation that says who set the timer. */
export function timerNotice(
  direction: "in" | "out",
  envelope: Pick<MessageRow, "id" | "sequence" | "lamport" | "parents" | "sentAt" | "storedAt">,
  ms: number,
): MessageRow {
  const state = direction === "in" ? "received" : "queued";
  return { ...envelope, direction, text: "", state, notice: { kind: "timer", ms } };
}
