/** Bytes to values and back, nothing else. Decoders refuse with a value and never throw, whatever the bytes. */
export * from "./ack.ts";
export { type Backup, type BackupContact, decodeBackup, encodeBackup } from "./backup.ts";
export * from "./backup-file.ts";
export {
  type Act,
  type Body,
  isReaction,
  isTimer,
  type NewerBody,
  type TextBody,
} from "./body.ts";
export {
  type Content,
  decodeContent,
  type Envelope,
  encodeContent,
  type Message,
  type ReceivedContent,
  type ReceivedMessage,
} from "./content.ts";
export * from "./frame.ts";
export * from "./invite.ts";
export * from "./link.ts";
export * from "./name.ts";
export * from "./payload.ts";
export * from "./signal.ts";
