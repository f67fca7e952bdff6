/** Sends a message again that was given up. */
import { limits, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import { actionRules } from "../model/actions.ts";
import { applyAction } from "../model/apply-action.ts";
import { emptied, messageView } from "../model/message.ts";
import { PENDING } from "../model/order.ts";
import { withKnownOwner } from "../state/change-contact.ts";
import type { Context } from "../state/context.ts";
import type { PeerPlace } from "./cancel.ts";
import {
  type Batch,
  commit,
  enqueueAct,
  enqueueText,
  openBatch,
  queueRefusal,
} from "./outgoing-batch.ts";
import { contactRefusal, refuse, requireMessage, requireOwn } from "./preconditions.ts";

/**
 * See `Messenger.resend`. The message gets a new line and a new number, as receipts go by those,
 * and keeps its id, by which the contact knows it if it had arrived after all. What was sealed once
 * keeps its Lamport value, so that both sides show it at one place.
 */
export function resend(context: Context, { peer, at }: PeerPlace): Promise<MessageView> {
  return withKnownOwner(context, peer, async () => {
    const batch = openBatch(context, peer, limits.textBytes);
    const failed = requireMessage(await batch.changes.row(at));
    requireOwn(failed);
    if (failed.deleted) throw new SottoError("message-deleted", "This message was deleted.");
    if (failed.state !== "failed")
      throw new SottoError("message-not-failed", "This message did not fail.");
    refuse(contactRefusal(batch.contact) ?? queueRefusal(batch));
    const { key: _, ...left } = emptied(failed, "hidden");
    batch.changes.set(at, left, "text");
    const { after: _a, arrival: _n, ...kept } = failed;
    const { at: place } = await enqueueText(context, batch, { ...kept, state: "queued" });
    await repeatEdit(context, batch, place);
    await commit(context, peer, batch);
    return messageView(peer, place, batch.changes.changed(place) ?? failed);
  });
}

/** An edit was given up with its message, of which the contact may have the former text. */
async function repeatEdit(context: Context, batch: Batch, place: number): Promise<void> {
  const row = batch.changes.changed(place);
  if (row?.edited === undefined || row.lamport === PENDING) return;
  const body = { kind: "edit", target: row.id, text: row.text } as const;
  await enqueueAct(context, batch, body, (line) =>
    batch.changes.set(place, applyAction(row, "out", line, body), actionRules.edit.changes),
  );
}
