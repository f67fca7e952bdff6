/** Checks a text for a group and queues it; the pump seals it once the group may be written to. */
import { never, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import { type Group, timerOf } from "../group-state/group.ts";
import type { MessageRow } from "../model/message.ts";
import { messageView } from "../model/message.ts";
import type { SendOptions } from "../model/options.ts";
import type { PendingText } from "../model/peer.ts";
import { answerRefusal, composeKeyed } from "../outbox/compose.ts";
import { refuse } from "../outbox/preconditions.ts";
import { sendTexts } from "../outbox/send.ts";
import type { Context } from "../state/context.ts";
import {
  commitGroup,
  type GroupBatch,
  groupCapacity,
  openGroupBatch,
  queueText,
} from "./group-batch.ts";

/** See `Messenger.send`. Throws group-ended, group-joining, group-reader besides. */
export function sendToGroup(
  context: Context,
  group: Group,
  text: string,
  options?: SendOptions,
): Promise<MessageView> {
  const refusal = writeRefusal(group);
  // A repetition of what was sent before is answered also where nothing may be sent any more.
  if (options?.key === undefined) refuse(refusal);
  return sendTexts(context, group, text, options, (texts) => accept(context, group, texts));
}

/** Stores texts in one batch. Requires the lock of the group. */
async function accept(
  context: Context,
  group: Group,
  texts: readonly PendingText[],
): Promise<(MessageView | SottoError)[]> {
  const batch = openGroupBatch(context, group);
  const shown = await composeKeyed(context, group, texts, (text) => compose(context, batch, text));
  if (batch.entries.length > 0) await commitGroup(context, batch);
  return shown.map((made) => {
    const row = made instanceof SottoError ? undefined : batch.changes.changed(made.at);
    // With the numbers that it got when it was stored.
    return row === undefined || made instanceof SottoError
      ? made
      : messageView(group, made.at, row);
  });
}

async function compose(
  context: Context,
  batch: GroupBatch,
  { text, key, replyTo }: PendingText,
): Promise<MessageView | SottoError> {
  const { group, changes } = batch;
  const refused =
    writeRefusal(group) ?? groupCapacity(batch) ?? (await answerRefusal(changes, replyTo));
  if (refused !== undefined) return refused;
  const timer = timerOf(group);
  const row: Pick<MessageRow, "text" | "replyTo" | "key" | "keep"> = {
    text,
    ...(timer !== 0 && { keep: timer }),
    ...(key !== undefined && { key }),
    ...(replyTo !== undefined && { replyTo }),
  };
  batch.dropsDraft = context.conversations.hasDraft(batch.conversation.ref);
  const line = queueText(context, batch, row);
  return messageView(group, line.at, line.row);
}

/** Why this node may not write: group-ended, group-joining, group-reader. */
export function writeRefusal({ row, state }: Group): SottoError | undefined {
  switch (row.standing) {
    case "left":
      return new SottoError("group-ended", "You left this group.");
    case "removed":
      return new SottoError("group-ended", "You were removed from this group.");
    case "welcomed":
      // It waits until this node has the members.
      return undefined;
    case "dissolved":
      return new SottoError("group-ended", "This group was dissolved.");
    case "member":
    case "behind": {
      const own = state.members.get(row.us);
      if (own === undefined) return new SottoError("group-ended", "You are not in this group.");
      if (own.role !== "reader") return undefined;
      return new SottoError("group-reader", "You may read in this group, and not write.");
    }
    default:
      return never(row.standing);
  }
}
