/** What must hold before a text or an action is queued. */
import { fromUtf8, limits, SottoError, utf8 } from "../../base/index.ts";
import { type Contact, pairingEnded } from "../model/contact.ts";
import type { MessageRow } from "../model/message.ts";

/**
 * Throws message-empty, message-too-long, message-not-text where a text cannot be sent. One of only
 * white space is empty: the contact would see nothing.
 */
export function checkText(text: string): void {
  if (text.trim() === "") throw new SottoError("message-empty", "The message is empty.");
  if (text.length > limits.textBytes || utf8(text).length > limits.textBytes)
    throw new SottoError("message-too-long", "The text is longer than 64 KiB (65,536 bytes).");
  if (fromUtf8(utf8(text)) !== text)
    throw new SottoError("message-not-text", "The text contains invalid characters.");
}

/** The message of the user that a command names. Throws message-unknown: a notice is none. */
export function requireMessage(row: MessageRow | undefined): MessageRow {
  const shown = requireShown(row);
  if (shown.notice !== undefined)
    throw new SottoError("message-unknown", "A notice is not a message and cannot be changed.");
  return shown;
}

/** A line of the conversation that is shown, also a notice. Throws message-unknown. */
export function requireShown(row: MessageRow | undefined): MessageRow {
  if (row === undefined || row.hidden)
    throw new SottoError("message-unknown", "There is no such message.");
  return row;
}

/** Throws message-not-yours. */
export function requireOwn({ direction }: MessageRow): void {
  if (direction === "in")
    throw new SottoError("message-not-yours", "You did not write this message.");
}

/**
 * Why nothing may be sent to a contact: contact-blocked, key-changed, invite-used, invite-denied,
 * invite-expired; `undefined` where something may.
 */
export function contactRefusal(contact: Contact): SottoError | undefined {
  const { blocked, changedAccount, pairing, name } = contact;
  if (blocked) return new SottoError("contact-blocked", "You blocked this contact.");
  if (changedAccount !== undefined)
    return new SottoError("key-changed", `The account key of ${name} has changed.`);
  if (!pairingEnded(pairing)) return undefined;
  const code =
    pairing === "used" ? "invite-used" : pairing === "denied" ? "invite-denied" : "invite-expired";
  return new SottoError(code, `You and ${name} were never paired.`);
}

/** The refusal outbox-full. @param queued what the outbox of the contact has already. */
export function capacityRefusal(queued: number): SottoError | undefined {
  if (queued < limits.outboxMessages) return undefined;
  return new SottoError(
    "outbox-full",
    `${limits.outboxMessages} messages are waiting for this contact.`,
  );
}

/** Throws a refusal, if there is one. */
export function refuse(refusal: SottoError | undefined): void {
  if (refusal !== undefined) throw refusal;
}
