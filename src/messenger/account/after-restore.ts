/**
 * Makes rows consistent again that were written together, and of which some are missing or older
 * now: after a repair of the store, and in a store that is an older copy.
 */
import { SottoError } from "../../base/index.ts";
import type { Store, StoreOp, Table } from "../../ports/index.ts";
import { type Contact, withConversation } from "../model/contact.ts";
import { restoredConversation } from "../model/conversation.ts";
import { type KeptInvite, restoredInvite } from "../model/invite.ts";
import {
  idempotencyKey,
  type MessagePlace,
  type MessageRow,
  messageKey,
  placeKey,
} from "../model/message.ts";
import type { OutboxEntry } from "../model/peer.ts";
import { lineOf, rankOf } from "../model/position.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import { jumpArrivals, putArrival } from "../state/arrivals.ts";
import { dropEntry, putContact, putEntry } from "../state/contact-store.ts";
import { hasAccount } from "../state/identity.ts";
import { putInvite } from "../state/invites.ts";
import { type Move, moveLines } from "../state/order-index.ts";
import { searchState } from "../state/search-index.ts";

/**
 * Tables that are re-created: sessions, because an older state of one would use its keys again and
 * a handshake costs nothing; the search index, the order and arrivals, from the messages.
 */
export const recreatedTables: readonly Table[] = [
  "session",
  "search",
  "search-mark",
  "search-part",
  "order",
  "arrival",
];

/** Messages that are looked at together. */
const PAGE = 256;

/** @param store without the tables of `recreatedTables`. Throws `account-lost`. */
export async function reconcileAfterRepair(store: Store): Promise<void> {
  if (!(await hasAccount(store)))
    throw new SottoError("account-lost", "The account cannot be read.");
  await store.commit([drop(searchState), ...(await invitesOfOlderCopy(store))]);
  for (const bytes of await store.all("contact"))
    await repairConversation(store, decodeRow<Contact>(bytes));
  await store.commit(await jumpArrivals(store));
}

/**
 * Repairs the conversation of a contact whose row is older than its messages: it must neither
 * overwrite them nor assign their numbers again. Each message can be found by its id again; an
 * outbox entry whose message is lost is dropped, and a queued message whose entry is lost is queued
 * again.
 */
async function repairConversation(store: Store, contact: Contact): Promise<void> {
  const { conversation } = contact;
  const { ref } = conversation;
  let { nextAt, sequence, lamport } = conversation;
  const queued = await queuedPlaces(store, ref);
  for await (const rows of messagePages(store, ref)) {
    const ops: StoreOp[] = [];
    const moves: Move[] = [];
    for (const { at, row } of rows) {
      moves.push({ before: undefined, after: rankOf(row, at), line: lineOf(row, at) });
      if (row.arrival !== undefined && !row.hidden) ops.push(putArrival(row.arrival, { ref, at }));
      nextAt = Math.max(nextAt, at + 1);
      lamport = Math.max(lamport, row.lamport);
      if (row.direction === "out") sequence = Math.max(sequence, row.sequence);
      const place = encodeRow({ at } satisfies MessagePlace);
      ops.push(put(placeKey(ref, row.id), place));
      if (row.key !== undefined) ops.push(put(idempotencyKey(ref, row.key), place));
      if (isUnqueued(row, at, queued)) ops.push(requeue(ref, at, row));
    }
    await store.commit([...ops, ...(await moveLines(store, ref, moves))]);
  }
  const ops: StoreOp[] = [];
  let settled = Number.POSITIVE_INFINITY;
  for (const { at, value } of await store.list("outbox", ref)) {
    const entry = decodeRow<Pick<OutboxEntry, "sequence" | "act">>(value);
    if (entry.act === undefined && (await store.get(messageKey(ref, at))) === undefined) {
      ops.push(dropEntry(ref, at));
      continue;
    }
    nextAt = Math.max(nextAt, at + 1);
    sequence = Math.max(sequence, entry.sequence);
    lamport = Math.max(lamport, entry.act?.lamport ?? 0);
    settled = Math.min(settled, entry.sequence - 1);
  }
  const counts = { nextAt, sequence, lamport, settled: Math.min(settled, sequence) };
  // The values of rows that are lost may have been greater.
  const restored = restoredConversation({ ...conversation, ...counts, unbased: true });
  const repaired = withConversation(contact, restored);
  await store.commit([...ops, putContact(repaired)]);
}

// Queued messages whose outbox entries are lost.

async function queuedPlaces(store: Store, ref: string): Promise<ReadonlySet<number>> {
  return new Set((await store.list("outbox", ref)).map(({ at }) => at));
}

/** The messages of a conversation, oldest first. */
async function* messagePages(store: Store, ref: string) {
  let from = 0;
  for (;;) {
    const rows = await store.list("message", ref, { from, limit: PAGE });
    const last = rows.at(-1);
    if (last === undefined) return;
    from = last.at + 1;
    yield rows.map(({ at, value }) => ({ at, row: decodeRow<MessageRow>(value) }));
  }
}

/** Whether a message would stay queued forever: nothing is left that would send it. */
function isUnqueued(row: MessageRow, at: number, queued: ReadonlySet<number>): boolean {
  return row.direction === "out" && row.state === "queued" && !queued.has(at);
}

/**
 * The outbox entry of a message, under its own id and sequence. It counts as never sealed, so that
 * the contact's position shows whether it has more of our stream than this store knows of; a
 * message that the contact has is recognised by its id, and acknowledged.
 */
function requeue(ref: string, at: number, row: MessageRow): StoreOp {
  const { id, sequence, notice, lamport, parents, sentAt } = row;
  const act = notice && { body: notice, lamport, parents, sentAt };
  const entry = { id, sequence, sealed: undefined, session: undefined };
  return putEntry(ref, at, act ? { ...entry, act } : entry);
}

/** The invites that may have been used since, by what the rows that are lost or older said. */
async function invitesOfOlderCopy(store: Store): Promise<StoreOp[]> {
  const kept = (await store.all("invite")).map((bytes) => decodeRow<KeptInvite>(bytes));
  return kept.flatMap((invite) => {
    const restored = restoredInvite(invite);
    return restored === invite ? [] : [putInvite(restored)];
  });
}

/**
 * Makes a store consistent that is an older copy, in one commit: drops the sessions of all
 * contacts, so that each is re-created at the next link, lets each contact state the order of its
 * conversation, and queues messages again whose outbox entries could not be opened any more. An
 * invite for one use counts as used. Actions on messages that were queued are lost with their
 * entries.
 * @returns the number of contacts.
 */
export async function reconcileOlderCopy(store: Store): Promise<number> {
  const contacts = (await store.all("contact")).map((bytes) => decodeRow<Contact>(bytes));
  const ops = [...(await invitesOfOlderCopy(store)), ...(await jumpArrivals(store))];
  for (const contact of contacts) {
    for (const { at } of await store.list("session", contact.ref))
      ops.push(drop(rowKey("session", contact.ref, at)));
    const { ref } = contact.conversation;
    const restored = restoredConversation({ ...contact.conversation, unbased: true });
    ops.push(putContact(withConversation(contact, restored)));
    const queued = await queuedPlaces(store, ref);
    for await (const rows of messagePages(store, ref))
      for (const { at, row } of rows)
        if (isUnqueued(row, at, queued)) ops.push(requeue(ref, at, row));
  }
  await store.commit(ops);
  return contacts.length;
}
