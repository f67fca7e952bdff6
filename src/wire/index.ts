/** Bytes to values and back, nothing else. Decoders refuse with a value and never throw, whatever the bytes. */
export * from "./ack.ts";
export { type Backup, type BackupContact, decodeBackup, encodeBackup } from "./backup.ts";
export * from "./backup-file.ts";
export {
  type Content,
  decodeContent,
  decodeHandshakePayload,
  encodeContent,
  encodeHandshakePayload,
  type HandshakePayload,
  type Message,
  type ReceivedContent,
} from "./content.ts";
export * from "./frame.ts";
export * from "./invite.ts";
export * from "./link.ts";
export * from "./name.ts";
