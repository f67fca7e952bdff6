/**
 * Texts become messages: each stored with its outbox entry, all in one batch, and on their way at once if the link
 * is up and nothing waits ahead.
 */
import { limits, messageId } from "../base/index.ts";
import type { StoreOp } from "../ports/index.ts";
import type { Session } from "../ratchet/index.ts";
import { putContact, putEntry, putSession } from "./book.ts";
import type { Contact } from "./contact.ts";
import type { Core } from "./core.ts";
import { messageHappened } from "./happening.ts";
import { view } from "./history.ts";
import {
  idempotencyKey,
  type MessagePlace,
  type MessageRow,
  messageView,
  placeKey,
  putMessage,
} from "./message.ts";
import { clearAhead, markSent, post, pump, ratchetFrame, sealMessage } from "./outbox.ts";
import type { Draft, Link, OutboxEntry, Peer } from "./peer.ts";
import { decodeRow, encodeRow, put } from "./rows.ts";
import type { MessageView } from "./types.ts";

/** Everything that the drafts at hand change, built up before anything is committed. */
interface Batch {
  contact: Contact;
  /** Moves on as messages are sealed; `undefined` where they wait for the link. */
  session: Session | undefined;
  readonly link: Link | undefined;
  readonly ops: StoreOp[];
  readonly entries: OutboxEntry[];
  readonly frames: Uint8Array[];
  readonly fresh: MessageView[];
  /** Places of the messages that keys of this batch made. */
  readonly keyed: Map<string, MessageView>;
}

/** Runs in the contact's turn. @returns what is shown of each draft, in their order. */
export async function accept(
  core: Core,
  peer: Peer,
  drafts: readonly Draft[],
): Promise<MessageView[]> {
  // A UTF-16 unit has three bytes of UTF-8 at most.
  const bytes = drafts.reduce((sum, { text }) => sum + 3 * text.length, 0);
  const atOnce = clearAhead(peer) && bytes <= limits.sendBytes;
  const batch: Batch = {
    contact: peer.contact,
    session: atOnce ? peer.session : undefined,
    link: atOnce ? peer.link : undefined,
    ops: [],
    entries: [],
    frames: [],
    fresh: [],
    keyed: new Map(),
  };
  const shown: MessageView[] = [];
  for (const { text, key } of drafts)
    shown.push((key && (await earlier(core, peer, batch, key))) || compose(core, batch, text, key));
  if (batch.entries.length > 0) await commit(core, peer, batch);
  return shown;
}

/** The message that this key made before. */
async function earlier(
  core: Core,
  peer: Peer,
  batch: Batch,
  key: string,
): Promise<MessageView | undefined> {
  const made = batch.keyed.get(key);
  if (made !== undefined) return made;
  const bytes = await core.store.get(idempotencyKey(peer.contact.ref, key));
  return bytes && view(core, peer, decodeRow<MessagePlace>(bytes).at);
}

function compose(core: Core, batch: Batch, text: string, key: string | undefined): MessageView {
  const { contact } = batch;
  const at = contact.nextAt;
  const row: MessageRow = {
    id: messageId.from(core.crypto.random(16)),
    direction: "out",
    text,
    state: "waiting",
    sequence: contact.sequence + 1,
    lamport: contact.lamport + 1,
    parents: contact.heads,
    sentAt: core.clock.now(),
    ...(key !== undefined && { key }),
  };
  batch.contact = {
    ...contact,
    sequence: row.sequence,
    lamport: row.lamport,
    heads: [row.id],
    nextAt: at + 1,
  };
  const entry = seal(core, batch, at, row);
  const place = encodeRow({ ref: contact.ref, at } satisfies MessagePlace);
  batch.entries.push(entry);
  batch.ops.push(
    putMessage(contact.ref, at, row),
    put(placeKey(row.id), place),
    putEntry(contact.ref, at, entry),
  );
  if (key !== undefined) batch.ops.push(put(idempotencyKey(contact.ref, key), place));
  const message = messageView(contact.account, at, row, false);
  batch.fresh.push(message);
  if (key !== undefined) batch.keyed.set(key, message);
  return message;
}

/** The message's entry in the outbox, sealed if the batch goes out at once. */
function seal(core: Core, batch: Batch, at: number, row: MessageRow): OutboxEntry {
  const { id, sequence } = row;
  const entry: OutboxEntry = {
    id,
    at,
    sequence,
    sealed: undefined,
    session: undefined,
    link: undefined,
    sent: false,
  };
  const { session, link, contact } = batch;
  if (session === undefined) return entry;
  const { sealed, next } = sealMessage(core, session, contact, row, sequence);
  batch.session = next;
  batch.frames.push(ratchetFrame(sealed));
  return { ...entry, sealed, session: next.id, link };
}

async function commit(core: Core, peer: Peer, batch: Batch): Promise<void> {
  const { contact, session, link, entries } = batch;
  const ops = [...batch.ops, putContact(contact)];
  if (session !== undefined) ops.push(putSession(contact.ref, session));
  const happened = batch.fresh.map((shown) => messageHappened("message.new", contact.ref, shown));
  const tell = await core.journal.commit(ops, happened);
  peer.contact = contact;
  if (session !== undefined) peer.session = session;
  for (const entry of entries) peer.outbox.set(entry.at, entry);
  const posted = link && post(link, batch.frames);
  tell();
  if (link === undefined || posted === undefined) {
    pump(core, peer);
    return;
  }
  void posted
    .then((taken) => (taken ? markSent(core, peer, link, entries) : undefined))
    .catch(() => undefined);
}
