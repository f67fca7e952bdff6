/**
 * Invisible mode: the node publishes nothing, answers as for an unknown peer, and makes links only
 * where there is something to send; they close once it has arrived.
 */
import { limits } from "../../base/index.ts";
import { type Peer, pendingCount } from "../model/peer.ts";
import type { Context } from "./context.ts";

/** Whether a link with this contact may be made: an invisible node has a reason for each. */
export function mayLink({ presence, groupPort }: Context, peer: Peer): boolean {
  return !presence.invisible || hasToSend(peer) || groupPort.hasToSend(peer);
}

/** A message of ours, or our side of a pairing, is still to go. */
function hasToSend(peer: Peer): boolean {
  const { contact, pendingTexts } = peer;
  return (
    pendingCount(peer) > 0 ||
    pendingTexts.length > 0 ||
    contact.invite !== undefined ||
    contact.pairing === "handshaken"
  );
}

/**
 * Ends the contact's link where the node is invisible and nothing is to go any more: in
 * `limits.invisibleLinger`, so that what the other side has in hand still comes.
 */
export function leaveWhenDone(context: Context, peer: Peer): void {
  const { link } = peer;
  if (link === undefined || link.leaving || mayLink(context, peer)) return;
  link.leaving = true;
  context.clock.after(limits.invisibleLinger, () => {
    link.leaving = false;
    if (peer.link === link && !mayLink(context, peer)) void link.channel.close();
  });
}

/** See `Messenger.setInvisible`. */
export function setInvisible(context: Context, on: boolean): void {
  context.presence.invisible = on;
  for (const peer of context.contactStore.peers()) {
    if (!mayLink(context, peer)) peer.attempt?.abort();
    leaveWhenDone(context, peer);
  }
}
