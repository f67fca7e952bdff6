/**
 * Typing indicators: sent over a live link only, never stored, never acknowledged, and only where
 * receipts are shared.
 */
import { limits } from "../../base/index.ts";
import { canSeal } from "../../ratchet/index.ts";
import { shares } from "../model/contact.ts";
import type { Peer } from "../model/peer.ts";
import { type Context, withContactLock } from "../state/context.ts";
import { sealControl } from "./seal.ts";

/** See `Messenger.typing`. */
export async function sendTyping(context: Context, peer: Peer): Promise<void> {
  await withContactLock(context, peer, async () => {
    const { contact, link, session } = peer;
    if (link === undefined || session === undefined || !canSeal(session)) return;
    // A contact whose request is open is not notified; and queued messages go first.
    if (contact.pairing !== "confirmed" || !shares(contact, context.receipts)) return;
    if (
      link.posting > limits.sendBytes ||
      context.clock.now() < peer.typingSentAt + limits.typingPause
    )
      return;
    peer.typingSentAt = context.clock.now();
    await sealControl(context, peer, { typing: true }, (ops) => context.store.commit(ops));
  });
}

/** Emits a typing event for an indicator of theirs, at a limited rate. */
export function receiveTyping(context: Context, peer: Peer): void {
  const now = context.clock.now();
  // Half, since two that were sent a pause apart may arrive closer together.
  const early = now < peer.typingReceivedAt + limits.typingPause / 2;
  if (early || !shares(peer.contact, context.receipts)) return;
  peer.typingReceivedAt = now;
  peer.typingUntil = now + limits.typingShown;
  const contact = context.contactStore.view(peer);
  context.events.emit({ type: "typing", contact, until: peer.typingUntil });
}

/** Emits that a contact has stopped typing, where it was shown as typing: its message is here. */
export function endTyping(context: Context, peer: Peer): void {
  const now = context.clock.now();
  if (now >= peer.typingUntil) return;
  peer.typingUntil = now;
  context.events.emit({ type: "typing", contact: context.contactStore.view(peer), until: now });
}
