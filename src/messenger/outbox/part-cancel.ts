/** Giving one message up, by the person's word. */
import { type MessageId, SottoError } from "../../base/index.ts";
import type { MessageRow } from "../model/message.ts";
import type { OutboxEntry } from "../model/peer.ts";
import type { MessageView } from "../model/views.ts";
import type { Core } from "../state/context.ts";
import { placeOf, view } from "../state/message-store.ts";
import { giveUp } from "./cancel.ts";

/** See `Messenger.cancel`. */
export async function cancel(core: Core, id: MessageId): Promise<MessageView> {
  const place = await placeOf(core, id);
  // What was sealed once may be there already, and is not called failed.
  const open = (row: MessageRow, { sealed }: OutboxEntry): boolean =>
    row.id === id && sealed === undefined;
  if (place !== undefined) await giveUp(core, place.peer, open);
  const shown = place && (await view(core, place.peer, place.at));
  if (shown === undefined) throw new SottoError("message-unknown", "There is no such message.");
  if (shown.state !== "failed")
    throw new SottoError("message-sent", "The message has left already, and may have arrived.");
  return shown;
}
