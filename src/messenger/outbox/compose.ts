/** What every text of the user goes through before it is queued: its key, and what it answers. */
import { type MessageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import {
  idempotencyKey,
  type KeyPlace,
  type MessageRow,
  messageKey,
  messageView,
} from "../model/message.ts";
import { type ConversationOwner, conversationOf } from "../model/owner.ts";
import type { PendingText } from "../model/peer.ts";
import { decodeRow } from "../model/rows.ts";
import type { Context } from "../state/context.ts";
import type { MessageBatch } from "../state/message-batch.ts";

/** A message that a key of the caller's made before. */
interface Keyed {
  readonly shown: MessageView;
  /** What it was sent with; absent where that is not kept, since it was edited or deleted. */
  readonly content: Pick<MessageRow, "text" | "replyTo"> | undefined;
}

/**
 * Composes texts, each idempotency key once. Requires the lock of the conversation.
 * @param compose puts a text into the batch at hand.
 * @returns what is shown of each, in their order; an error where one is not sent.
 */
export async function composeKeyed(
  context: Context,
  owner: ConversationOwner,
  texts: readonly PendingText[],
  compose: (text: PendingText) => Promise<MessageView | SottoError>,
): Promise<(MessageView | SottoError)[]> {
  /** Messages that keys of this batch made. */
  const keyed = new Map<string, Keyed>();
  const shown: (MessageView | SottoError)[] = [];
  for (const text of texts) {
    const { key } = text;
    const before = key && (keyed.get(key) ?? (await earlier(context, owner, key)));
    if (before) {
      shown.push(repeated(before, text));
      continue;
    }
    const made = await compose(text);
    if (key !== undefined && !(made instanceof SottoError))
      keyed.set(key, { shown: made, content: made });
    shown.push(made);
  }
  return shown;
}

async function earlier(
  { store }: Context,
  owner: ConversationOwner,
  key: string,
): Promise<Keyed | undefined> {
  const { ref } = conversationOf(owner);
  const bytes = await store.get(idempotencyKey(ref, key));
  if (bytes === undefined) return undefined;
  const { at, gone } = decodeRow<KeyPlace>(bytes);
  if (gone !== undefined) {
    const envelope = { sequence: 0, lamport: 0, parents: [] };
    const row: MessageRow = { ...envelope, ...gone, key, direction: "out", text: "" };
    return { shown: messageView(owner, at, row), content: undefined };
  }
  const stored = await store.get(messageKey(ref, at));
  if (stored === undefined) return undefined;
  const row = decodeRow<MessageRow>(stored);
  const changed = row.edited ?? row.rewritten ?? row.deleted ?? row.hidden;
  return { shown: messageView(owner, at, row), content: changed ? undefined : row };
}

/** The result of a send whose key was used before. */
function repeated({ shown, content }: Keyed, { text, replyTo }: PendingText) {
  if (content === undefined || (content.text === text && content.replyTo === replyTo)) return shown;
  return new SottoError("key-reused", "This key was used for another message in the conversation.");
}

/** Why a message cannot be answered: message-unknown, message-deleted. */
export async function answerRefusal(
  changes: MessageBatch,
  replyTo: MessageId | undefined,
): Promise<SottoError | undefined> {
  if (replyTo === undefined) return undefined;
  const at = await changes.place(replyTo);
  const answered = at === undefined ? undefined : await changes.row(at);
  if (answered === undefined || answered.hidden)
    return new SottoError("message-unknown", "The message to reply to is not stored here.");
  if (answered.deleted)
    return new SottoError("message-deleted", "The message to reply to was deleted.");
  return undefined;
}
