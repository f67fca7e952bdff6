/** What must hold before a text or an action is queued. */
import { fromUtf8, limits, SottoError, utf8 } from "../../base/index.ts";
import { type Contact, pairingEnded } from "../model/contact.ts";

/** Throws message-empty, message-too-long, message-not-text where a text cannot be sent. */
export function checkText(text: string): void {
  if (text === "") throw new SottoError("message-empty", "The message is empty.");
  if (text.length > limits.textBytes || utf8(text).length > limits.textBytes)
    throw new SottoError("message-too-long", "The text is longer than 64 KiB (65,536 bytes).");
  if (fromUtf8(utf8(text)) !== text)
    throw new SottoError("message-not-text", "The text contains invalid characters.");
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
