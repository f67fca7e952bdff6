/** Checks a text and queues it; the node then delivers it by itself. */
import { limits, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { SendOptions } from "../model/options.ts";
import type { ConversationOwner } from "../model/owner.ts";
import type { Peer, PendingText } from "../model/peer.ts";
import { withKnownOwner } from "../state/change-contact.ts";
import type { Context } from "../state/context.ts";
import { accept } from "./outgoing-batch.ts";
import { capacityRefusal, checkText, refuse } from "./preconditions.ts";

/** See `Messenger.send`. */
export function send(
  context: Context,
  peer: Peer,
  text: string,
  options?: SendOptions,
): Promise<MessageView> {
  return sendTexts(context, peer, text, options, (texts) => accept(context, peer, texts));
}

/** Stores texts in one batch. @returns what is shown of each, or why it is not sent. */
type Accept = (texts: readonly PendingText[]) => Promise<(MessageView | SottoError)[]>;

/**
 * Sends a text of any conversation. Texts that come while its owner is locked are stored in one
 * batch.
 */
export function sendTexts(
  context: Context,
  owner: ConversationOwner,
  text: string,
  { key, replyTo }: SendOptions = {},
  store: Accept,
): Promise<MessageView> {
  checkText(text);
  // Limits the memory that waiting texts need; what the outbox has is checked under the lock.
  refuse(capacityRefusal(owner.pendingTexts.length));
  return new Promise((resolve, reject) => {
    owner.pendingTexts.push({ text, replyTo, key, resolve, reject });
    if (owner.pendingTexts.length === 1) void acceptWaiting(context, owner, store);
  });
}

/** Accepts every text that waits, in batches. */
async function acceptWaiting(
  context: Context,
  owner: ConversationOwner,
  store: Accept,
): Promise<void> {
  while (owner.pendingTexts.length > 0) {
    let taken: PendingText[] = [];
    try {
      const shown = await withKnownOwner(context, owner, () => {
        taken = owner.pendingTexts.slice(0, limits.sendBatch);
        return store(taken);
      });
      owner.pendingTexts.splice(0, taken.length);
      taken.forEach(({ resolve, reject }, i) => {
        const made = shown[i];
        if (made === undefined || made instanceof SottoError) reject(made);
        else resolve(made);
      });
    } catch (error) {
      // The batch is not stored, or that is unknown: each caller gets the error.
      const failed = taken.length > 0 ? taken : owner.pendingTexts;
      for (const { reject } of failed) reject(error);
      owner.pendingTexts.splice(0, failed.length);
    }
  }
}
