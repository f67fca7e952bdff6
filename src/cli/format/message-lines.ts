/** Messages as lines of a terminal: their authors, texts, states and reactions. */
import type { Message } from "../../api/index.ts";
import {
  cutText,
  displayLine,
  indented,
  joined,
  limits,
  type Part,
  type PositionRange,
  padded,
  type SafeText,
  safe,
  safeLines,
  widthOf,
} from "../../base/index.ts";
import { formatDuration, formatTime } from "./time.ts";
import { authorName, type Names } from "./with-names.ts";

const states: Readonly<Record<Message["state"], string>> = {
  queued: "waiting for peer",
  sent: "sent",
  held: "under way",
  delivered: "delivered",
  read: "read",
  failed: "failed",
  cancelled: "cancelled",
  received: "",
};

/** The state of a message; empty for a received one. */
export function stateText(state: Message["state"]): string {
  return states[state];
}

/** The state of a message, in a group with how many members of how many it is true of. */
export function reachedText({
  state,
  reached,
  group,
}: Pick<Message, "state" | "reached" | "group">): string {
  if (state === "queued" && group !== undefined) return "waiting for a member";
  if (reached === undefined) return stateText(state);
  const { held, delivered, read, of } = reached;
  const counts: Partial<Record<Message["state"], number>> = { held, delivered, read };
  const count = counts[state];
  return count === undefined ? stateText(state) : `${stateText(state)} ${count}/${of}`;
}

/** What a message is shown with, in addition to its own content. */
export interface MessageContext {
  /** The contact's name, and the number of columns for names. */
  readonly name: string;
  readonly width: number;
  /** In a group: names of contacts, by account. */
  readonly names?: Names;
  /** The message that it replies to, if it is stored here. */
  readonly answered?: Message | undefined;
  /** The parts of its text that are emphasised. */
  readonly emphasis?: Emphasis;
}

export interface Emphasis {
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
  readonly paint: (text: Part) => SafeText;
}

/** Characters of a message id that are shown: few ids are alike among some thousands. */
const ID_LENGTH = 5;

/** Puts an item after the last one that arrived before it. */
function putAfterEarlier<Item extends Pick<Message, "at">>(items: Item[], item: Item): void {
  items.splice(items.findLastIndex(({ at }) => at < item.at) + 1, 0, item);
}

/**
 * Lines of messages in their order, with a mark for each that cannot be read. Where that belongs is
 * not known: it comes after what arrived before it.
 */
export function withUnreadable(
  shown: readonly { readonly at: number; readonly lines: Part }[],
  damaged: readonly PositionRange[],
): Part[] {
  const all = [...shown];
  for (const { from, to } of damaged)
    if (from === to)
      putAfterEarlier(all, { at: from, lines: "(a damaged message, which cannot be read)" });
  return all.map(({ lines }) => lines);
}

/** A message: the quoted message above it, its state after it, and reactions below it. */
export function messageLines(
  message: Message,
  { name, width, names = new Map(), answered, emphasis }: MessageContext,
): SafeText {
  const whose = ({ direction, author }: Pick<Message, "direction" | "author">) => {
    if (direction === "out") return "you";
    return author === undefined ? name : authorName(author, names);
  };
  const id = message.id.slice(0, ID_LENGTH);
  const head = safe`${formatTime(message.sentAt)}  ${id}  ${padded(whose(message), width)}  `;
  const reactions = message.reactions.map((each) => `${each.emoji} ${whose(each)}`);
  const content = contentText(message, whose(message), emphasis);
  const text = safe`${content}${message.edited ? " (edited)" : ""}`;
  const lines = [
    ...(message.replyTo === undefined ? [] : [`↳ ${excerpt(answered)}`]),
    joined([text, ...stateNotes(message)], "  "),
    ...(reactions.length === 0 ? [] : [reactions.join("  ")]),
  ];
  return indented(safe`${head}${joined(lines, "\n")}`, widthOf(head));
}

function contentText({ notice, deleted, text }: Message, whose: string, emphasis?: Emphasis): Part {
  if (notice !== undefined) return `(${whose} ${noticeText(notice)})`;
  if (deleted) return "(deleted)";
  if (emphasis === undefined) return safeLines(text);
  const parts: Part[] = [];
  let end = 0;
  for (const { from, to } of emphasis.ranges) {
    parts.push(safeLines(text.slice(end, from)), emphasis.paint(safeLines(text.slice(from, to))));
    end = to;
  }
  return joined([...parts, safeLines(text.slice(end))], "");
}

/** What one side changed, for a sentence that begins with who it was. */
export function noticeText({ ms }: NonNullable<Message["notice"]>): string {
  return ms === 0
    ? "turned disappearing messages off"
    : `set messages to disappear after ${formatDuration(ms)}`;
}

/** The proven state of our own message, and whether a change of it has reached the contact. */
function stateNotes(message: Message): string[] {
  const { state, deleted, changing, keep } = message;
  const arrived = arrivedApart(message);
  const notes = [
    ...(message.gap ? ["a message before it is missing"] : []),
    ...(message.late ? ["late"] : []),
    ...(arrived === undefined ? [] : [`arrived ${formatTime(arrived)}`]),
    ...(message.unconfirmed ? ["author unconfirmed"] : []),
    ...(deleted || stateText(state) === "" ? [] : [reachedText(message)]),
    ...(keep === undefined ? [] : [`disappears after ${formatDuration(keep)}`]),
    ...(changing ? ["change waiting for peer"] : []),
  ];
  return notes.length === 0 ? [] : [`[${notes.join("; ")}]`];
}

/**
 * When a message arrived, if that is far from when its sender claims to have sent it: the claim is
 * not checked by anyone, and may be wrong on purpose.
 */
export function arrivedApart({ direction, sentAt, storedAt }: Message): number | undefined {
  const apart = Math.abs(storedAt - sentAt) > limits.arrivalApart;
  return direction === "in" && apart ? storedAt : undefined;
}

const EXCERPT_LENGTH = 40;

function excerpt(answered: Message | undefined): string {
  if (answered === undefined) return "(a message that is not stored here)";
  if (answered.deleted) return "(deleted)";
  const line = displayLine(answered.text);
  const short = cutText(line, EXCERPT_LENGTH);
  return short === line ? line : `${short}…`;
}
