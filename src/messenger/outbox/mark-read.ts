/** Marks messages as read: sends a receipt where receipts are shared, and starts expiry timers. */
import type { StoreOp } from "../../ports/index.ts";
import { shares, withConversation } from "../model/contact.ts";
import type { PairConversation } from "../model/conversation.ts";
import { countsAsUnread, type MessageRow, putMessage } from "../model/message.ts";
import type { MarkRead } from "../model/options.ts";
import type { Peer } from "../model/peer.ts";
import { commitContact } from "../state/change-contact.ts";
import { type Context, withContactLock } from "../state/context.ts";
import type { Started } from "../state/expiry-timers.ts";
import { readablePages } from "../state/readable-rows.ts";
import { ackOf } from "./receipts.ts";
import { sealControl } from "./seal.ts";

/**
 * See `Messenger.markRead`. The receipt goes out now if the peer is linked, otherwise with the next
 * acknowledgement.
 */
export async function markRead(context: Context, peer: Peer, shown: MarkRead): Promise<void> {
  await withContactLock(context, peer, async () => {
    const { contact } = peer;
    const { conversation } = contact;
    const read = marked(conversation, await unseen(context, conversation, shown));
    if (read === undefined) return;
    const spans = context.expiryTimers.start(conversation.ref, read.started);
    const reports =
      shares(contact, context.receipts) && read.next.readUpTo !== conversation.readUpTo;
    const content = reports ? { ack: ackOf(read.next, true) } : undefined;
    await sealControl(context, peer, content, (ops) =>
      commitContact(context, peer, {
        contact: withConversation(contact, read.next),
        events: [],
        ops: [...ops, ...read.ops, ...spans.ops],
        applied: spans.begin,
      }),
    );
  });
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
  { ref, seenTo = 0, nextAt }: PairConversation,
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
  readonly next: PairConversation;
  /** The rows of messages that were seen before older ones. */
  readonly ops: StoreOp[];
  readonly started: Started[];
}

/**
 * The conversation once the user has seen the messages that were shown. A message that was
 * removed here needs no reading. `undefined` if nothing changes.
 */
function marked(conversation: PairConversation, before: readonly Unseen[]): Marked | undefined {
  const read = before.filter(({ shown }) => shown);
  const left = before.filter(({ shown }) => !shown);
  const seenTo = (left[0]?.at ?? conversation.nextAt) - 1;
  const unread = left.filter(({ row }) => countsAsUnread(row)).length;
  // The receipt names one sequence, so it waits for the lowest that was not seen.
  const lowest = Math.min(...left.map(({ row }) => row.sequence));
  const readUpTo = Math.max(
    conversation.readUpTo,
    Math.min(conversation.received.upTo, lowest - 1),
  );
  const same =
    unread === conversation.unread &&
    readUpTo === conversation.readUpTo &&
    !conversation.markedUnread;
  if (read.length === 0 && same) return undefined;
  return {
    next: { ...conversation, seenTo, unread, readUpTo, markedUnread: false },
    ops: read
      .filter(({ at }) => at > seenTo)
      .map(({ at, row }) => putMessage(conversation.ref, at, { ...row, seen: true })),
    started: read.flatMap(({ at, row: { keep } }) => (keep === undefined ? [] : [{ at, keep }])),
  };
}
