/**
 * What the person was given is marked as read, told to the peer where receipts are shared, and its
 * time begins to run.
 */
import { canSeal, seal } from "../../ratchet/index.ts";
import { encodeContent } from "../../wire/index.ts";
import { type Contact, shares } from "../model/contact.ts";
import type { MessageRow } from "../model/message.ts";
import type { MarkRead } from "../model/messenger-api.ts";
import type { Peer } from "../model/peer.ts";
import { decodeRow } from "../model/rows.ts";
import { putContact, putSession } from "../state/contact-store.ts";
import { type Context, withContactLock } from "../state/context.ts";
import type { Started } from "../state/expiry-timers.ts";
import { contactEvent } from "../state/store-events.ts";
import { post, ratchetFrame } from "./outbox.ts";
import { ackOf } from "./receipts.ts";

/**
 * See `Messenger.markRead`. The peer hears of it now if it is linked, else with the next
 * acknowledgement.
 */
export async function markRead(context: Context, peer: Peer, options: MarkRead): Promise<void> {
  await withContactLock(context, peer, async () => {
    const { contact, link, session } = peer;
    const read = await given(context, contact, options);
    if (read === undefined) return;
    const { next, started } = read;
    const { readUpTo, unread, timedFrom } = contact;
    const same = next.unread === unread && next.timedFrom === timedFrom;
    if (same && next.readUpTo === readUpTo) return;
    const spans = context.expiryTimers.start(contact.ref, started);
    const ops = [putContact(next), ...spans.ops];
    const tells = shares(contact, context.receipts) && next.readUpTo !== readUpTo;
    const sealed =
      tells && link !== undefined && session !== undefined && canSeal(session)
        ? seal(context.crypto, session, encodeContent({ ack: ackOf(next, true) }))
        : undefined;
    if (sealed) ops.push(putSession(contact.ref, sealed.next));
    const tell = await context.eventLog.commit(ops, [contactEvent(context, peer, next)]);
    peer.contact = next;
    if (sealed && link) {
      peer.session = sealed.next;
      void post(link, [ratchetFrame(sealed.message)]);
    }
    spans.begin();
    tell();
  });
}

/**
 * The contact once the person has everything up to a place, and the messages whose time runs from
 * then on. `undefined` where older ones would have to be unread still.
 */
async function given(
  { store }: Context,
  contact: Contact,
  { upTo, only = false }: MarkRead,
): Promise<{ readonly next: Contact; readonly started: Started[] } | undefined> {
  const { ref, nextAt, timedFrom } = contact;
  const last = nextAt - 1;
  const seenTo = Math.max(contact.seenTo ?? 0, Math.min(upTo ?? last, last));
  const incoming = async (from: number, to: number) => {
    const rows = from > to ? [] : await store.list("message", ref, { from, to });
    return rows
      .map(({ at, value }) => ({ at, row: decodeRow<MessageRow>(value) }))
      .filter(({ row }) => row.direction === "in");
  };
  const before = only ? await incoming((contact.seenTo ?? 0) + 1, seenTo - 1) : [];
  if (before.some(isUnread)) return undefined;
  const beyond = await incoming(seenTo + 1, last);
  const lowest = Math.min(...beyond.map(({ row }) => row.sequence));
  const unread = beyond.filter(isUnread).length;
  const timed = beyond.find(({ row }) => row.keep !== undefined)?.at;
  const { timedFrom: _, ...rest } = contact;
  return {
    next: {
      ...rest,
      seenTo,
      unread,
      readUpTo: Math.max(contact.readUpTo, Math.min(contact.received.upTo, lowest - 1)),
      ...(timed !== undefined && { timedFrom: timed }),
    },
    started: (await incoming(timedFrom ?? nextAt, seenTo)).flatMap(({ at, row: { keep } }) =>
      keep === undefined ? [] : [{ at, keep }],
    ),
  };
}

/** Whether a message counts as unread until it is read. */
function isUnread({ row }: { readonly row: MessageRow }): boolean {
  return !row.deleted && !row.hidden && row.notice === undefined;
}
