/**
 * Sends queued messages over the live link. Each batch is sealed and committed before it is
 * posted; a retransmission under the same session sends the very same bytes.
 */
import { equal, limits } from "../../base/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { canSeal, type Session } from "../../ratchet/index.ts";
import { withConversation } from "../model/contact.ts";
import { accept, type DeliveryState, giveTo, isOn, requeue } from "../model/delivery-state.ts";
import { type MessageRow, messageKey, messageView } from "../model/message.ts";
import type { Link, OutboxEntry, Peer } from "../model/peer.ts";
import { decodeRow } from "../model/rows.ts";
import { putContact, putEntry, sessionOps } from "../state/contact-store.ts";
import { background, type Context, withContactLock } from "../state/context.ts";
import { MessageBatch } from "../state/message-batch.ts";
import { replaceSession, stepDraft, withDraft } from "../state/session-draft.ts";
import { post, ratchetFrame, sealMessage } from "./seal.ts";
import { stamp } from "./stamp.ts";

/**
 * Whether another link that we dialled is about to replace the contact's. The other side compares
 * our position with its own: what we seal in the meantime would look as if our disk were an older
 * copy.
 */
function moving({ link, attempt }: Peer): boolean {
  return link !== undefined && attempt?.outbound === true && attempt.moves?.link === link;
}

/**
 * Whether messages may be sealed for the link now. On a new session, and while we have no base, the
 * peer's settings come first: they state the greatest value, above which we stamp.
 */
function maySeal(peer: Peer): peer is Peer & { link: Link; session: Session } {
  const { link, session } = peer;
  return link?.heardSettings === true && session !== undefined && canSeal(session);
}

/** Whether a new message may be sealed and sent at once: nothing waits ahead of it. */
export function clearAhead(peer: Peer): peer is Peer & { link: Link; session: Session } {
  if (!maySeal(peer) || moving(peer)) return false;
  const { link } = peer;
  if (link.posting > limits.sendBytes || link.pumping || peer.outbox.size >= limits.sendWindow)
    return false;
  for (const entry of peer.outbox.values()) if (!isOn(entry, link)) return false;
  return true;
}

/** Notes that the stream of a live link accepted entries, and reports their messages as sent. */
export function markSent(
  context: Context,
  peer: Peer,
  entries: readonly OutboxEntry[],
): Promise<void> {
  const sent = entries.filter((entry) => accept(entry, peer.link));
  return reportState(context, peer, sent, "sent");
}

/** Queues again what a link that closed or was replaced has not proven to have delivered. */
export function requeueAll(context: Context, peer: Peer, link: Link): void {
  const queued = [...peer.outbox.values()].filter((entry) => requeue(entry, link));
  if (peer.removed || context.stopping.now) return;
  background(context, "states-failed", () => reportState(context, peer, queued, "queued"));
}

/** Emits the state of messages that changed in memory alone, unless it has changed again. */
async function reportState(
  context: Context,
  peer: Peer,
  entries: readonly OutboxEntry[],
  state: DeliveryState,
): Promise<void> {
  for (const { act, at } of entries) {
    // Of an action only its arrival is reported, with the message that it changed.
    if (act !== undefined || !peer.outbox.has(at)) continue;
    const bytes = await context.store.get(messageKey(peer.contact.conversation.ref, at));
    if (bytes === undefined || !peer.outbox.has(at)) continue;
    const message = messageView(peer, at, decodeRow<MessageRow>(bytes));
    if (message.state === state) context.events.emit({ type: "message.state", message });
  }
}

/** Sends what waits, as long as the link lives and the window is open. Safe to call at any time. */
export function pump(context: Context, peer: Peer): void {
  const { link } = peer;
  if (link === undefined || link.pumping) return;
  link.pumping = true;
  background(context, "pump-failed", async () => {
    try {
      for (;;) {
        const round = await withContactLock(context, peer, () => sealRound(context, peer, link));
        if (round === undefined) return;
        if (round === "moving") {
          await peer.attempt?.moves?.over;
          continue;
        }
        if (!(await round.posted)) return;
        void markSent(context, peer, round.entries).catch(() => undefined);
      }
    } finally {
      link.pumping = false;
    }
  });
}

/**
 * Seals and commits the next few entries, and hands them to the channel. `undefined` when there is
 * nothing to do.
 */
async function sealRound(context: Context, peer: Peer, link: Link) {
  if (peer.link !== link || !maySeal(peer)) return undefined;
  if (moving(peer)) return "moving";
  const entries = nextEntries(peer, link);
  if (entries.length === 0) return undefined;
  const { ref } = peer.contact;
  let { conversation } = peer.contact;
  const changes = new MessageBatch(context.store, conversation);
  let session = peer.session;
  const ops: StoreOp[] = [];
  const frames: Uint8Array[] = [];
  const sealed: { entry: OutboxEntry; now: Pick<OutboxEntry, "act" | "sealed" | "session"> }[] = [];
  const taken: OutboxEntry[] = [];
  let size = 0;
  const sealEntry = async (entry: OutboxEntry): Promise<void> => {
    const stamped = await stamp(changes, conversation, entry);
    if (stamped === undefined) return;
    const { outgoing, act } = stamped;
    conversation = stamped.conversation;
    const { settled } = conversation;
    const { sealed: bytes, next } = sealMessage(context, session, settled, entry, outgoing);
    session = stepDraft(peer, session, next);
    frames.push(ratchetFrame(bytes));
    size += bytes.length;
    const now = { ...(act && { act }), sealed: bytes, session: next.id };
    sealed.push({ entry, now });
    ops.push(putEntry(conversation.ref, entry.at, { ...entry, ...now }));
  };
  await withDraft(
    peer,
    () => session,
    async () => {
      for (const entry of entries) {
        if (size > limits.sendBytes) break;
        taken.push(entry);
        if (entry.sealed && entry.session && equal(entry.session, session.id)) {
          frames.push(ratchetFrame(entry.sealed));
          size += entry.sealed.length;
        } else await sealEntry(entry);
      }
      if (ops.length > 0) {
        const contact = withConversation(peer.contact, conversation);
        const order = await changes.orderOps();
        const last = await context.conversations.lastAfter(peer, changes.list());
        const stamps = contact === peer.contact ? [] : [...changes.ops(), putContact(contact)];
        const rows = sessionOps(ref, peer.session, session);
        await context.store.commit([...ops, ...stamps, ...order, ...rows]);
        peer.contact = contact;
        context.conversations.setLast(peer, last);
      }
      replaceSession(peer, session);
    },
  );
  for (const { entry, now } of sealed) Object.assign(entry, now);
  for (const entry of taken) giveTo(entry, link);
  return { entries: taken, posted: post(link, frames) };
}

function nextEntries(peer: Peer, link: Link): OutboxEntry[] {
  const entries: OutboxEntry[] = [];
  let onWire = 0;
  for (const entry of peer.outbox.values()) {
    if (isOn(entry, link)) onWire++;
    else entries.push(entry);
    if (onWire + entries.length >= limits.sendWindow || entries.length >= limits.sendBatch) break;
  }
  return entries;
}

// Sequences of messages that are taken out of the outbox.

/**
 * What was never sealed leaves its number to what comes after it, which was not sealed either: so
 * the peer waits for no number that never comes. Numbers before every open one need no new owner:
 * `settled` passes over them.
 * @returns the entries under their new numbers, and how many numbers are free again.
 */
export async function closeGaps(
  { outbox }: Pick<Peer, "outbox">,
  changes: MessageBatch,
  gone: ReadonlySet<number>,
) {
  const moved: OutboxEntry[] = [];
  let open = false;
  let free = 0;
  for (const entry of outbox.values()) {
    const { at, act } = entry;
    if (gone.has(at)) {
      if (open && entry.sealed === undefined) free++;
      continue;
    }
    open = true;
    if (free === 0) continue;
    const sequence = entry.sequence - free;
    moved.push({ ...entry, sequence });
    const row = act === undefined ? await changes.row(at) : undefined;
    if (row !== undefined) changes.set(at, { ...row, sequence }, "number");
  }
  return { moved, free };
}

/** Takes up the new numbers, once they are on the disk. */
export function renumber({ outbox }: Pick<Peer, "outbox">, moved: readonly OutboxEntry[]): void {
  for (const { at, sequence } of moved) {
    const entry = outbox.get(at);
    if (entry !== undefined) entry.sequence = sequence;
  }
}
