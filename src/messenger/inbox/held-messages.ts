/**
 * Messages whose Lamport value is refused (docs/SPEC.md §8, Order). They are acknowledged and kept,
 * unseen, until the greatest value of the conversation has grown to within reach of theirs.
 */
import { limits, messageId } from "../../base/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import type { Conversation, HeldPlace } from "../model/conversation.ts";
import { isNewer, judgeLamport } from "../model/order.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

/** They share a table with early actions: positions of a conversation are never given twice. */
const heldKey = (ref: string, at: number) => rowKey("early", ref, at);

/** What of a message decides whether and where it is held. */
export interface HeldMessage {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly lamport: number;
}

/** What a batch of incoming messages needs to hold some back. */
export interface Holding<Kind extends Conversation, Message extends HeldMessage> {
  /** Replaces the owner's once the batch is done. */
  conversation: Kind;
  /** Messages that this batch holds back, by their positions. */
  readonly held: Map<number, Message>;
  readonly ops: StoreOp[];
}

/** Deletes held messages. @param ref of their conversation. */
export function dropHeld(ref: string, places: readonly { readonly at: number }[]): StoreOp[] {
  return places.map(({ at }) => drop(heldKey(ref, at)));
}

/**
 * Holds a message back. One whose value is never valid, and any beyond `limits.heldMessages`, is
 * counted and dropped: it cannot be asked for again, since its message key is used.
 */
export function holdMessage<Kind extends Conversation, Message extends HeldMessage>(
  taking: Holding<Kind, Message>,
  message: Message,
): void {
  const { conversation } = taking;
  const { ref, held = [], dropped = 0, nextAt } = conversation;
  const id = messageId.from(message.id);
  const known = held.some((place) => place.id === id);
  const full = held.length >= limits.heldMessages;
  if (known || full || judgeLamport(conversation, message.lamport) === "invalid") {
    taking.conversation = { ...conversation, dropped: dropped + (known ? 0 : 1) };
    return;
  }
  const place: HeldPlace = { at: nextAt, id, lamport: message.lamport };
  taking.held.set(nextAt, message);
  taking.ops.push(put(heldKey(ref, nextAt), encodeRow(message)));
  taking.conversation = { ...conversation, nextAt: nextAt + 1, held: [...held, place] };
}

/** Takes out the earliest held message whose value is accepted by now, if there is one. */
export async function releaseMessage<Kind extends Conversation, Message extends HeldMessage>(
  store: Store,
  taking: Holding<Kind, Message>,
): Promise<Message | undefined> {
  for (;;) {
    const { conversation } = taking;
    const { ref, held = [] } = conversation;
    let first: HeldPlace | undefined;
    for (const place of held) {
      if (judgeLamport(conversation, place.lamport) !== "accepted") continue;
      if (first === undefined || isNewer(first, place)) first = place;
    }
    if (first === undefined) return undefined;
    const { at } = first;
    taking.conversation = { ...conversation, held: held.filter((place) => place !== first) };
    taking.ops.push(drop(heldKey(ref, at)));
    const fresh = taking.held.get(at);
    if (fresh !== undefined) return fresh;
    const bytes = await store.get(heldKey(ref, at));
    // A row that a repair of the store could not save is not coming back.
    if (bytes !== undefined) return decodeRow<Message>(bytes);
  }
}
