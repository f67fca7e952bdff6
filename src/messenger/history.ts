/** Reading back: messages by id, a page of a conversation, and what was read. */
import type { MessageId } from "../base/index.ts";
import { canSeal, seal } from "../ratchet/index.ts";
import { encodeContent } from "../wire/index.ts";
import { putContact, putSession } from "./book.ts";
import { type Core, inTurn } from "./core.ts";
import { contactHappened } from "./happening.ts";
import {
  type MessagePlace,
  type MessageRow,
  messageKey,
  messageView,
  placeKey,
} from "./message.ts";
import { post, ratchetFrame } from "./outbox.ts";
import type { Peer } from "./peer.ts";
import { ackOf } from "./receipts.ts";
import { decodeRow } from "./rows.ts";
import type { HistoryOptions, MessageView } from "./types.ts";

/** The message at a place of a conversation, as it stands now. */
export async function view(core: Core, peer: Peer, at: number): Promise<MessageView | undefined> {
  const { ref, account } = peer.contact;
  const bytes = await core.store.get(messageKey(ref, at));
  if (bytes === undefined) return undefined;
  return messageView(account, at, decodeRow<MessageRow>(bytes), peer.outbox.get(at)?.sent === true);
}

/** Where a message stands, if its contact is still known. */
export async function placeOf(
  core: Core,
  id: MessageId,
): Promise<{ readonly peer: Peer; readonly at: number } | undefined> {
  const bytes = await core.store.get(placeKey(id));
  if (bytes === undefined) return undefined;
  const { ref, at } = decodeRow<MessagePlace>(bytes);
  const peer = core.book.byRef(ref);
  return peer && { peer, at };
}

export async function message(core: Core, id: MessageId): Promise<MessageView | undefined> {
  const place = await placeOf(core, id);
  return place && view(core, place.peer, place.at);
}

/** See `Messenger.history`. */
export async function history(
  core: Core,
  peer: Peer,
  { limit, before, after }: HistoryOptions,
): Promise<MessageView[]> {
  const { ref, account } = peer.contact;
  const rows = await core.store.list("message", ref, {
    reverse: true,
    limit,
    ...(before !== undefined && { to: before - 1 }),
    ...(after !== undefined && { from: after + 1 }),
  });
  return rows
    .reverse()
    .map(({ at, value }) =>
      messageView(account, at, decodeRow<MessageRow>(value), peer.outbox.get(at)?.sent === true),
    );
}

/** See `Messenger.markRead`. The peer hears of it now if it is linked, else with the next acknowledgement. */
export async function markRead(core: Core, peer: Peer): Promise<void> {
  await inTurn(core, peer, async () => {
    const { contact, link, session } = peer;
    const readUpTo = Math.max(contact.readUpTo, contact.received.upTo);
    if (readUpTo === contact.readUpTo && contact.unread === 0) return;
    const next = { ...contact, readUpTo, unread: 0 };
    const happened = [contactHappened(core, peer, next)];
    if (link === undefined || session === undefined || !canSeal(session)) {
      const tell = await core.journal.commit([putContact(next)], happened);
      peer.contact = next;
      tell();
      return;
    }
    const sealed = seal(core.crypto, session, encodeContent({ ack: ackOf(next) }));
    const ops = [putContact(next), putSession(contact.ref, sealed.next)];
    const tell = await core.journal.commit(ops, happened);
    peer.contact = next;
    peer.session = sealed.next;
    void post(link, [ratchetFrame(sealed.message)]);
    tell();
  });
}
