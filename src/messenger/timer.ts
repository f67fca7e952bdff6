/** How long messages of a conversation are kept: both sides hold the setting of whichever of them set it last. */
import { isNewer } from "./act.ts";
import type { Contact } from "./contact.ts";
import type { Stamp } from "./kept.ts";

/** The contact after a timer act of either side. @param ms as in `wire/body`: 0 for ever. */
export function withTimer(contact: Contact, { lamport, id }: Stamp, ms: number): Contact {
  if (!isNewer({ lamport, id }, contact.timer)) return contact;
  return { ...contact, timer: { lamport, id, ms } };
}
