/**
 * Codecs: bytes to values and back. Decoders refuse with a value and never throw, whatever the
 * bytes.
 */

export { type Backup, type BackupContact, decodeBackup, encodeBackup } from "./backup.ts";
export * from "./backup-file.ts";
export {
  type Content,
  decodeContent,
  type Envelope,
  encodeContent,
  type Message,
  type ReceivedContent,
  type ReceivedMessage,
  type Settings,
} from "./content.ts";
export * from "./display-name.ts";
export * from "./features.ts";
export * from "./frame.ts";
export * from "./group-body.ts";
export type { GroupInvite, GroupJoin, GroupWelcome } from "./group-invitation.ts";
export * from "./group-keys.ts";
export * from "./group-link.ts";
export * from "./group-message.ts";
export * from "./group-op.ts";
export * from "./handshake-payload.ts";
export {
  encodeInvite,
  type Invite,
  type InviteRefusal,
  type ParsedInvite,
  parseInvite,
} from "./invite.ts";
export * from "./link-frame.ts";
export {
  type Action,
  type Body,
  type InvitationAction,
  isReaction,
  isTimer,
  type NewerBody,
  type TextBody,
} from "./message-body.ts";
export { findInvite } from "./pasted-invite.ts";
export * from "./received-set.ts";
export * from "./signalling.ts";
