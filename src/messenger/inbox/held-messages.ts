/**
 * Messages whose Lamport value is refused (docs/SPEC.md §8, Order). They are acknowledged and kept,
 * unseen, until the greatest value of the conversation has grown to within reach of theirs.
 */
import { limits, messageId } from "../../base/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import type { ReceivedMessage, ReceivedSet } from "../../wire/index.ts";
import type { HeldPlace, PairConversation } from "../model/conversation.ts";
import { isNewer, judgeLamport } from "../model/order.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

/** They share a table with early actions: positions of a conversation are never given twice. */
const heldKey = (ref: string, at: number) => rowKey("early", ref, at);

/** What a batch of incoming messages needs to hold some back. */
export interface Holding {
  /** Replaces the contact's once the batch is done. */
  conversation: PairConversation;
  /** Messages that this batch holds back, by their positions. */
  readonly held: Map<number, ReceivedMessage>;
  readonly ops: StoreOp[];
}

/** Deletes held messages. @param ref of their conversation. */
export function dropHeld(ref: string, places: readonly { readonly at: number }[]): StoreOp[] {
  return places.map(({ at }) => drop(heldKey(ref, at)));
}

/**
 * Holds a message back. One whose value is never valid, and any beyond `limits.heldMessages`, is
 * counted and dropped: it cannot be asked for again, since its message key is used.
 * @param received with the message's sequence.
 */
export function holdMessage(
  taking: Holding,
  message: ReceivedMessage,
  received: ReceivedSet,
): void {
  const { conversation } = taking;
  const { ref, held = [], dropped = 0, nextAt } = conversation;
  const id = messageId.from(message.id);
  const known = held.some((place) => place.id === id);
  const full = held.length >= limits.heldMessages;
  if (known || full || judgeLamport(conversation, message.lamport) === "invalid") {
    taking.conversation = { ...conversation, received, dropped: dropped + (known ? 0 : 1) };
    return;
  }
  const place: HeldPlace = { at: nextAt, id, lamport: message.lamport };
  taking.held.set(nextAt, message);
  taking.ops.push(put(heldKey(ref, nextAt), encodeRow(message)));
  taking.conversation = { ...conversation, received, nextAt: nextAt + 1, held: [...held, place] };
}

/** Takes out the earliest held message whose value is accepted by now, if there is one. */
export async function releaseMessage(
  store: Store,
  taking: Holding,
): Promise<ReceivedMessage | undefined> {
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
    if (bytes !== undefined) return decodeRow<ReceivedMessage>(bytes);
  }
}
