/** Checks a text and queues it; the node then delivers it by itself. */
import { limits, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { SendOptions } from "../model/options.ts";
import type { Peer, PendingText } from "../model/peer.ts";
import { withKnownOwner } from "../state/change-contact.ts";
import type { Context } from "../state/context.ts";
import { accept } from "./outgoing-batch.ts";
import { capacityRefusal, checkText, refuse } from "./preconditions.ts";

/**
 * See `Messenger.send`. Texts that come while the contact is locked are sent in one batch.
 */
export function send(
  context: Context,
  peer: Peer,
  text: string,
  { key, replyTo }: SendOptions = {},
): Promise<MessageView> {
  checkText(text);
  // Limits the memory that waiting texts need; what the outbox has is checked under the lock.
  refuse(capacityRefusal(peer.pendingTexts.length));
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
      const shown = await withKnownOwner(context, peer, () => {
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
