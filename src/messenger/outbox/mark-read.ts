/** Marks messages as read: sends a receipt where receipts are shared, and starts expiry timers. */
import { shares, withConversation } from "../model/contact.ts";
import type { PairConversation } from "../model/conversation.ts";
import { countsAsUnread, type MessageRow } from "../model/message.ts";
import type { MarkRead } from "../model/messenger-api.ts";
import type { Peer } from "../model/peer.ts";
import { decodeRow } from "../model/rows.ts";
import { commitContact } from "../state/change-contact.ts";
import { type Context, withContactLock } from "../state/context.ts";
import type { Started } from "../state/expiry-timers.ts";
import { ackOf } from "./receipts.ts";
import { sealControl } from "./seal.ts";

/**
 * See `Messenger.markRead`. The peer hears of it now if it is linked, else with the next
 * acknowledgement.
 */
export async function markRead(context: Context, peer: Peer, options: MarkRead): Promise<void> {
  await withContactLock(context, peer, async () => {
    const { contact } = peer;
    const { conversation } = contact;
    const read = await given(context, conversation, options);
    if (read === undefined) return;
    const { started } = read;
    const { readUpTo, unread, timedFrom } = conversation;
    const same = read.next.unread === unread && read.next.timedFrom === timedFrom;
    if (same && read.next.readUpTo === readUpTo) return;
    const next = withConversation(contact, read.next);
    const spans = context.expiryTimers.start(conversation.ref, started);
    const tells = shares(contact, context.receipts) && read.next.readUpTo !== readUpTo;
    const content = tells ? { ack: ackOf(read.next, true) } : undefined;
    await sealControl(context, peer, content, (ops) =>
      commitContact(context, peer, {
        contact: next,
        ops: [...ops, ...spans.ops],
        applied: spans.begin,
      }),
    );
  });
}

/**
 * The conversation once the user has seen everything up to a position, and the messages whose
 * expiry timers start then. `undefined` where older ones would have to stay unread.
 */
async function given(
  { store }: Context,
  conversation: PairConversation,
  { upTo, only = false }: MarkRead,
): Promise<{ readonly next: PairConversation; readonly started: Started[] } | undefined> {
  const { ref, nextAt, timedFrom } = conversation;
  const last = nextAt - 1;
  const seenTo = Math.max(conversation.seenTo ?? 0, Math.min(upTo ?? last, last));
  const incoming = async (from: number, to: number) => {
    const rows = from > to ? [] : await store.list("message", ref, { from, to });
    return rows
      .map(({ at, value }) => ({ at, row: decodeRow<MessageRow>(value) }))
      .filter(({ row }) => row.direction === "in");
  };
  const before = only ? await incoming((conversation.seenTo ?? 0) + 1, seenTo - 1) : [];
  if (before.some(({ row }) => countsAsUnread(row))) return undefined;
  const beyond = await incoming(seenTo + 1, last);
  const lowest = Math.min(...beyond.map(({ row }) => row.sequence));
  const unread = beyond.filter(({ row }) => countsAsUnread(row)).length;
  const timed = beyond.find(({ row }) => row.keep !== undefined)?.at;
  const { timedFrom: _, ...rest } = conversation;
  return {
    next: {
      ...rest,
      seenTo,
      unread,
      readUpTo: Math.max(conversation.readUpTo, Math.min(conversation.received.upTo, lowest - 1)),
      ...(timed !== undefined && { timedFrom: timed }),
    },
    started: (await incoming(timedFrom ?? nextAt, seenTo)).flatMap(({ at, row: { keep } }) =>
      keep === undefined ? [] : [{ at, keep }],
    ),
  };
}
