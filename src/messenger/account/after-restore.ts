/**
 * Repairs the relations between rows after a repair of the store: rows that were written together,
 * and of which some are missing or older now, are made consistent again.
 */
import { SottoError } from "../../base/index.ts";
import type { Store, StoreOp, Table } from "../../ports/index.ts";
import { type Contact, withConversation } from "../model/contact.ts";
import {
  idempotencyKey,
  type MessagePlace,
  type MessageRow,
  messageKey,
  placeKey,
} from "../model/message.ts";
import type { OutboxEntry } from "../model/peer.ts";
import { decodeRow, drop, encodeRow, put } from "../model/rows.ts";
import { dropEntry, dropSession, putContact } from "../state/contact-store.ts";
import { hasAccount } from "../state/identity.ts";
import { searchState } from "../state/search-index.ts";

/**
 * Tables that are re-created: sessions, because an older state of one would use its keys again and
 * a handshake costs nothing; the search index, from the messages.
 */
export const recreatedTables: readonly Table[] = ["session", "search", "search-mark"];

/** Messages that are looked at together. */
const PAGE = 256;

/** @param store without the tables of `madeAnew`. Throws `account-lost`. */
export async function reconcileAfterRepair(store: Store): Promise<void> {
  if (!(await hasAccount(store)))
    throw new SottoError("account-lost", "The account cannot be read.");
  await store.commit([drop(searchState)]);
  for (const bytes of await store.all("contact"))
    await repairConversation(store, decodeRow<Contact>(bytes));
}

/**
 * Repairs the conversation of a contact whose row is older than its messages: it must neither
 * overwrite them nor assign their numbers again. Each message can be found by its id again; an
 * outbox entry whose message is lost is dropped.
 */
async function repairConversation(store: Store, contact: Contact): Promise<void> {
  const { conversation } = contact;
  const { ref } = conversation;
  let { nextAt, sequence, lamport } = conversation;
  let from = 0;
  for (;;) {
    const rows = await store.list("message", ref, { from, limit: PAGE });
    const last = rows.at(-1);
    if (last === undefined) break;
    from = last.at + 1;
    nextAt = Math.max(nextAt, from);
    const ops: StoreOp[] = [];
    for (const { at, value } of rows) {
      const row = decodeRow<MessageRow>(value);
      lamport = Math.max(lamport, row.lamport);
      if (row.direction === "out") sequence = Math.max(sequence, row.sequence);
      const place = encodeRow({ ref, at } satisfies MessagePlace);
      ops.push(put(placeKey(row.id), place));
      if (row.key !== undefined) ops.push(put(idempotencyKey(ref, row.key), place));
    }
    await store.commit(ops);
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
  const repaired = withConversation(contact, { ...conversation, ...counts });
  await store.commit([...ops, putContact(repaired)]);
}

// Sessions of a store that is an older copy.

/**
 * Drops the sessions of all contacts in one commit, so that each is re-created at the next link.
 * Queued messages are sealed again under the new ones.
 * @returns the number of contacts.
 */
export async function dropSessions(store: Store): Promise<number> {
  const contacts = (await store.all("contact")).map((bytes) => decodeRow<Contact>(bytes));
  await store.commit(contacts.map(({ ref }) => dropSession(ref)));
  return contacts.length;
}
