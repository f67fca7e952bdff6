/** How long messages of a conversation are kept: both sides hold the setting of whichever of them set it last. */

import type { Stamp } from "./actions.ts";
import { isNewer } from "./apply-action.ts";
import type { Contact } from "./contact.ts";
import type { MessageRow } from "./message.ts";

/** The contact after a timer act of either side. @param ms as in `wire/body`: 0 for ever. */
export function withTimer(contact: Contact, { lamport, id }: Stamp, ms: number): Contact {
  if (!isNewer({ lamport, id }, contact.timer)) return contact;
  return { ...contact, timer: { lamport, id, ms } };
}

/** The line of the conversation that says who set the timer. */
export function timerNotice(
  direction: "in" | "out",
  envelope: Pick<MessageRow, "id" | "sequence" | "lamport" | "parents" | "sentAt" | "storedAt">,
  ms: number,
): MessageRow {
  const state = direction === "in" ? "received" : "waiting";
  return { ...envelope, direction, text: "", state, notice: { kind: "timer", ms } };
}
