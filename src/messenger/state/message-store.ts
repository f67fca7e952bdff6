/** Reads messages: by id, and pages of a conversation. */
import { type MessageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import {
  type MessagePlace,
  type MessageRow,
  messageKey,
  messageView,
  placeKey,
} from "../model/message.ts";
import type { HistoryOptions } from "../model/messenger-api.ts";
import type { Peer } from "../model/peer.ts";
import { decodeRow } from "../model/rows.ts";
import type { Context } from "./context.ts";

/** The message at a place of a conversation, as it stands now. */
export async function view(
  context: Context,
  peer: Peer,
  at: number,
): Promise<MessageView | undefined> {
  const bytes = await context.store.get(messageKey(peer.contact.conversation.ref, at));
  const row = bytes && decodeRow<MessageRow>(bytes);
  return row === undefined || row.hidden ? undefined : messageView(peer, at, row);
}

/** Where a message stands. */
export interface Place {
  readonly peer: Peer;
  readonly at: number;
}

/** Where a message stands, if its contact is still known. */
export async function placeOf(context: Context, id: MessageId): Promise<Place | undefined> {
  const bytes = await context.store.get(placeKey(id));
  if (bytes === undefined) return undefined;
  const { ref, at } = decodeRow<MessagePlace>(bytes);
  const peer = context.contactStore.byConversation(ref);
  return peer && { peer, at };
}

export async function message(context: Context, id: MessageId): Promise<MessageView | undefined> {
  const place = await placeOf(context, id);
  return place && view(context, place.peer, place.at);
}

/** See `Messenger.history`. */
export async function history(
  context: Context,
  peer: Peer,
  { limit, before, after }: HistoryOptions,
): Promise<MessageView[]> {
  const newestFirst: MessageView[] = [];
  let to = before === undefined ? Number.MAX_SAFE_INTEGER : before - 1;
  while (newestFirst.length < limit && to >= 0) {
    const wanted = limit - newestFirst.length;
    const rows = await context.store.list("message", peer.contact.conversation.ref, {
      reverse: true,
      limit: wanted,
      to,
      ...(after !== undefined && { from: after + 1 }),
    });
    for (const { at, value } of rows) {
      const row = decodeRow<MessageRow>(value);
      if (!row.hidden) newestFirst.push(messageView(peer, at, row));
    }
    // Hidden ones leave room for older ones.
    to = rows.length < wanted ? -1 : (rows.at(-1)?.at ?? 0) - 1;
  }
  return newestFirst.reverse();
}

/** Where a message stands. Throws message-unknown. */
export async function requirePlace(context: Context, id: MessageId): Promise<Place> {
  const place = await placeOf(context, id);
  if (place === undefined) throw new SottoError("message-unknown", "There is no such message.");
  return place;
}
