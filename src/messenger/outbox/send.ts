/** Checks a text and queues it; the node then delivers it by itself. */
import { fromUtf8, limits, SottoError, utf8 } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import { pairingEnded } from "../model/contact.ts";
import type { SendOptions } from "../model/messenger-api.ts";
import type { Peer, PendingText } from "../model/peer.ts";
import { withKnownContact } from "../state/change-contact.ts";
import type { Context } from "../state/context.ts";
import { accept } from "./outgoing-batch.ts";

/** Throws what makes a text unfit to send, before anything is stored. */
export function checkText(text: string): void {
  if (text === "") throw new SottoError("message-empty", "The message is empty.");
  if (text.length > limits.textBytes || utf8(text).length > limits.textBytes)
    throw new SottoError("message-too-long", "The text is longer than 64 KiB (65,536 bytes).");
  if (fromUtf8(utf8(text)) !== text)
    throw new SottoError("message-not-text", "The text contains invalid characters.");
}

/** Throws what makes a contact unfit to be sent to. */
export function checkPeer(peer: Peer): void {
  const { contact } = peer;
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
  if (peer.outbox.size + peer.pendingTexts.length >= limits.outboxMessages)
    throw new SottoError(
      "outbox-full",
      `${limits.outboxMessages} messages are waiting for this contact.`,
    );
}

/**
 * See `Messenger.send`. Texts that come while the contact's turn is taken go into one batch
 * together.
 */
export function send(
  context: Context,
  peer: Peer,
  text: string,
  { key, replyTo }: SendOptions = {},
): Promise<MessageView> {
  checkText(text);
  checkPeer(peer);
  return new Promise((resolve, reject) => {
    peer.pendingTexts.push({ text, replyTo, key, resolve, reject });
    if (peer.pendingTexts.length === 1) void acceptDrafts(context, peer);
  });
}

/** Accepts every text that waits, in batches. */
async function acceptDrafts(context: Context, peer: Peer): Promise<void> {
  while (peer.pendingTexts.length > 0) {
    let taken: PendingText[] = [];
    try {
      const shown = await withKnownContact(context, peer, () => {
        taken = peer.pendingTexts.slice(0, limits.sendBatch);
        return accept(context, peer, taken);
      });
      peer.pendingTexts.splice(0, taken.length);
      taken.forEach(({ resolve, reject }, i) => {
        const made = shown[i];
        if (made === undefined || made instanceof SottoError) reject(made);
        else resolve(made);
      });
    } catch (error) {
      // The batch is not stored, or that is unknown: each caller gets the error.
      const failed = taken.length > 0 ? taken : peer.pendingTexts;
      for (const { reject } of failed) reject(error);
      peer.pendingTexts.splice(0, failed.length);
    }
  }
}
