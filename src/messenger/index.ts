/** The use cases: the only place where the pure rooms and the ports meet. */
export type { Backup } from "../wire/index.ts";
export { checkBackup, openBackup } from "./backup.ts";
export { restoredRows } from "./backup-contents.ts";
export { dropSessions } from "./drop-sessions.ts";
export { type AccountOptions, createAccount, hasAccount, recoveryWords } from "./identity.ts";
export { createMessenger } from "./messenger.ts";
export type { MessengerPorts } from "./ports.ts";
export type {
  ContactView,
  FollowerView,
  FollowOptions,
  HistoryOptions,
  InviteOptions,
  InviteView,
  LoggedEvent,
  LoggedType,
  MessageState,
  MessageView,
  Messenger,
  MessengerEvent,
  NewInvite,
  Pairing,
} from "./types.ts";
