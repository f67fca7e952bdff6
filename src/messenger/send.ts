/** A message is accepted: stored with its outbox entry in one batch, and on its way at once if the link is up. */
import { fromUtf8, limits, messageId, SottoError, utf8 } from "../base/index.ts";
import type { StoreOp } from "../ports/index.ts";
import { dropEntry, putContact, putEntry, putSession } from "./book.ts";
import { pairingEnded } from "./contact.ts";
import { type Core, inTurn } from "./core.ts";
import {
  idempotencyKey,
  type MessagePlace,
  type MessageRow,
  messageKey,
  messageView,
  placeKey,
  putMessage,
} from "./message.ts";
import { clearAhead, markSent, post, pump, ratchetFrame, sealMessage } from "./outbox.ts";
import type { OutboxEntry, Peer } from "./peer.ts";
import { settledUpTo } from "./receipts.ts";
import { decodeRow, encodeRow, put } from "./rows.ts";
import type { MessageView } from "./types.ts";

/** Throws what makes a text or a contact unfit to send, before anything is stored. */
function check(peer: Peer, text: string): void {
  const { contact } = peer;
  if (text === "") throw new SottoError("message-empty", "The message is empty.");
  if (text.length > limits.textBytes || utf8(text).length > limits.textBytes)
    throw new SottoError("message-too-long", "The text is longer than 64 KiB (65,536 bytes).");
  if (fromUtf8(utf8(text)) !== text)
    throw new SottoError("message-not-text", "The text has broken characters.");
  if (contact.blocked) throw new SottoError("contact-blocked", "You blocked this contact.");
  if (contact.changedAccount !== undefined)
    throw new SottoError("key-changed", `The account key of ${contact.name} has changed.`);
  if (pairingEnded(contact.pairing))
    throw new SottoError(
      contact.pairing === "used"
        ? "invite-used"
        : contact.pairing === "denied"
          ? "invite-denied"
          : "invite-expired",
      `You and ${contact.name} were never paired.`,
    );
  if (peer.outbox.size >= limits.outboxMessages)
    throw new SottoError("outbox-full", `${limits.outboxMessages} messages wait for this contact.`);
}

/** See `Messenger.send`. */
export async function send(
  core: Core,
  peer: Peer,
  text: string,
  options: { readonly key?: string } = {},
): Promise<MessageView> {
  check(peer, text);
  const accepted = await inTurn(core, peer, async () => {
    const repeated = options.key && (await earlier(core, peer, options.key));
    return repeated
      ? { message: repeated, sent: undefined }
      : accept(core, peer, text, options.key);
  });
  if (accepted === undefined)
    throw new SottoError("contact-unknown", "The contact was removed meanwhile.");
  void accepted.sent?.catch(() => undefined);
  return accepted.message;
}

async function earlier(core: Core, peer: Peer, key: string): Promise<MessageView | undefined> {
  const { ref } = peer.contact;
  const bytes = await core.store.get(idempotencyKey(ref, key));
  return bytes && view(core, peer, decodeRow<MessagePlace>(bytes).at);
}

/** The message at a place of a conversation, as it stands now. */
export async function view(core: Core, peer: Peer, at: number): Promise<MessageView | undefined> {
  const { ref, account } = peer.contact;
  const bytes = await core.store.get(messageKey(ref, at));
  if (bytes === undefined) return undefined;
  return messageView(account, at, decodeRow<MessageRow>(bytes), peer.outbox.get(at)?.sent === true);
}

async function accept(core: Core, peer: Peer, text: string, key: string | undefined) {
  const { contact } = peer;
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
  const next = {
    ...contact,
    sequence: row.sequence,
    lamport: row.lamport,
    heads: [row.id],
    nextAt: at + 1,
  };
  const entry: OutboxEntry = {
    id: row.id,
    at,
    sequence: row.sequence,
    sealed: undefined,
    session: undefined,
    link: undefined,
    sent: false,
  };
  const place = encodeRow({ ref: contact.ref, at } satisfies MessagePlace);
  const ops: StoreOp[] = [
    putMessage(contact.ref, at, row),
    put(placeKey(row.id), place),
    putContact(next),
  ];
  if (key !== undefined) ops.push(put(idempotencyKey(contact.ref, key), place));
  const message = messageView(contact.account, at, row, false);

  if (!clearAhead(peer)) {
    await core.store.commit([...ops, putEntry(contact.ref, at, entry)]);
    peer.contact = next;
    peer.outbox.set(at, entry);
    core.events.emit({ type: "message.new", message });
    pump(core, peer);
    return { message, sent: undefined };
  }
  const { link } = peer;
  const { sealed, next: session } = sealMessage(core, peer.session, next, row, row.sequence);
  const kept = { ...entry, sealed, session: session.id, link };
  await core.store.commit([
    ...ops,
    putEntry(contact.ref, at, kept),
    putSession(contact.ref, session),
  ]);
  peer.contact = next;
  peer.session = session;
  peer.outbox.set(at, kept);
  const posted = post(link, [ratchetFrame(sealed)]);
  core.events.emit({ type: "message.new", message });
  return {
    message,
    sent: posted.then((taken) => (taken ? markSent(core, peer, link, [kept]) : undefined)),
  };
}

/** Settles entries as failed: by the person's word, or because their time is over. */
export async function giveUp(
  core: Core,
  peer: Peer,
  which: (row: MessageRow) => boolean,
): Promise<void> {
  await inTurn(core, peer, async () => {
    const { contact } = peer;
    const ops: StoreOp[] = [];
    const failed: { at: number; row: MessageRow }[] = [];
    for (const { at } of peer.outbox.values()) {
      const bytes = await core.store.get(messageKey(contact.ref, at));
      if (bytes === undefined) continue;
      const row = decodeRow<MessageRow>(bytes);
      if (!which(row)) continue;
      failed.push({ at, row: { ...row, state: "failed" } });
      ops.push(
        dropEntry(contact.ref, at),
        putMessage(contact.ref, at, { ...row, state: "failed" }),
      );
    }
    if (failed.length === 0) return;
    const gone = new Set(failed.map(({ at }) => at));
    const next = { ...contact, settled: settledUpTo(contact, peer.outbox.values(), gone) };
    await core.store.commit([...ops, putContact(next)]);
    peer.contact = next;
    for (const { at, row } of failed) {
      peer.outbox.delete(at);
      core.events.emit({
        type: "message.state",
        message: messageView(contact.account, at, row, false),
      });
    }
  });
}
