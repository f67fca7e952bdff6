/** Marks messages as read: sends a receipt where receipts are shared, and starts expiry timers. */
import { never } from "../../base/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { shares, withConversation } from "../model/contact.ts";
import type { Conversation, PairConversation } from "../model/conversation.ts";
import { countsAsUnread, type MessageRow, putMessage } from "../model/message.ts";
import type { MarkRead } from "../model/options.ts";
import { type ConversationOwner, conversationOf, type GroupOwner } from "../model/owner.ts";
import type { Peer } from "../model/peer.ts";
import { commitContact, commitConversation } from "../state/change-contact.ts";
import { type Context, withOwnerLock } from "../state/context.ts";
import type { Started } from "../state/expiry-timers.ts";
import { readablePages } from "../state/readable-rows.ts";
import { ackOf } from "./receipts.ts";
import { sealControl } from "./seal.ts";

/** See `Messenger.markRead`. */
export async function markRead(
  context: Context,
  owner: ConversationOwner,
  shown: MarkRead,
): Promise<void> {
  await withOwnerLock(context, owner, async () => {
    const conversation = conversationOf(owner);
    const before = await unseen(context, conversation, shown);
    const marked = mark(conversation, before);
    switch (owner.kind) {
      case "contact":
        return markForContact(context, owner, marked, before);
      case "group":
        return isUnchanged(conversation, marked)
          ? undefined
          : markForGroup(context, owner, marked, before);
      default:
        return never(owner);
    }
  });
}

/** What was read is acknowledged to each author later, as far as receipts are shared. */
async function markForGroup(
  context: Context,
  group: GroupOwner,
  marked: Marked,
  before: readonly Unseen[],
): Promise<void> {
  const spans = context.expiryTimers.start(group.row.ref, marked.started);
  const seen = group.seen(before.filter(({ shown }) => !shown).map(({ row }) => row));
  await commitConversation(context, group, (last) => ({ ...last, ...marked.next }), {
    ops: [...marked.ops, ...spans.ops, ...seen.ops],
    applied: () => {
      spans.begin();
      seen.applied();
    },
  });
}

/**
 * The receipt goes out now if the contact is linked, otherwise with the next acknowledgement.
 */
async function markForContact(
  context: Context,
  peer: Peer,
  marked: Marked,
  before: readonly Unseen[],
): Promise<void> {
  const { contact } = peer;
  const { conversation } = contact;
  const readUpTo = readBy(conversation, before);
  if (isUnchanged(conversation, marked) && readUpTo === conversation.readUpTo) return;
  const next = { ...conversation, ...marked.next, readUpTo };
  const spans = context.expiryTimers.start(conversation.ref, marked.started);
  const reports = shares(contact, context.receipts) && readUpTo !== conversation.readUpTo;
  const content = reports ? { ack: ackOf(next, true) } : undefined;
  await sealControl(context, peer, content, (ops) =>
    commitContact(context, peer, {
      contact: withConversation(contact, next),
      events: [],
      ops: [...ops, ...marked.ops, ...spans.ops],
      applied: spans.begin,
    }),
  );
}

/** The highest sequence of the contact up to which every message was seen. */
function readBy(conversation: PairConversation, before: readonly Unseen[]): number {
  // The receipt names one sequence, so it waits for the lowest that was not seen.
  const left = before.filter(({ shown }) => !shown).map(({ row }) => row.sequence);
  const seen = Math.min(conversation.received.upTo, Math.min(...left) - 1);
  return Math.max(conversation.readUpTo, seen);
}

/** An incoming message that was not marked yet. */
interface Unseen {
  readonly at: number;
  /** Without its text if it is not stored again. */
  readonly row: MessageRow;
  readonly shown: boolean;
}

/**
 * Those of a conversation, oldest first. They are read in pages, and most texts are dropped at
 * once: a contact decides how many there are, and how long.
 */
async function unseen(
  { store, breathe }: Context,
  { ref, seenTo = 0, nextAt }: Conversation,
  { from = 0, upTo = Number.POSITIVE_INFINITY, ids }: MarkRead,
): Promise<Unseen[]> {
  const found: Unseen[] = [];
  const named = ids && new Set(ids);
  let isGap = false;
  for await (const rows of readablePages(store, ref, { from: seenTo + 1, to: nextAt - 1 })) {
    for (const { at, row } of rows) {
      if (row.direction !== "in" || row.seen !== undefined) continue;
      const marks = named === undefined ? at >= from && at <= upTo : named.has(row.id);
      const shown = row.hidden === true || marks;
      isGap ||= !shown;
      found.push({ at, row: shown && isGap ? row : { ...row, text: "" }, shown });
    }
    await breathe();
  }
  return found;
}

interface Marked {
  readonly next: Required<Pick<Conversation, "seenTo" | "unread" | "markedUnread">>;
  /** Some messages were not marked before. */
  readonly isNew: boolean;
  /** The rows of messages that were seen before older ones. */
  readonly ops: StoreOp[];
  readonly started: Started[];
}

/**
 * What is marked once the user has seen the messages that were shown. A message that was removed
 * here needs no reading.
 */
function mark({ ref, nextAt }: Conversation, before: readonly Unseen[]): Marked {
  const read = before.filter(({ shown }) => shown);
  const left = before.filter(({ shown }) => !shown);
  const seenTo = (left[0]?.at ?? nextAt) - 1;
  const unread = left.filter(({ row }) => countsAsUnread(row)).length;
  return {
    next: { seenTo, unread, markedUnread: false },
    isNew: read.length > 0,
    ops: read
      .filter(({ at }) => at > seenTo)
      .map(({ at, row }) => putMessage(ref, at, { ...row, seen: true })),
    started: read.flatMap(({ at, row: { keep } }) => (keep === undefined ? [] : [{ at, keep }])),
  };
}

function isUnchanged({ unread, markedUnread }: Conversation, { next, isNew }: Marked): boolean {
  return !isNew && next.unread === unread && !markedUnread;
}
