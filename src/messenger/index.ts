/** The use cases: the only place where the pure rooms and the ports meet. */
export type { Backup } from "../wire/index.ts";
export { checkBackup, openBackup } from "./backup.ts";
export { restoredRows } from "./backup-contents.ts";
export type { Diagnosis, Health } from "./diagnosis.ts";
export { dropSessions } from "./drop-sessions.ts";
export type { HostsPort, LearnedHost } from "./host-book.ts";
export { type AccountOptions, createAccount, hasAccount, recoveryWords } from "./identity.ts";
export { madeAnew, mend } from "./mend.ts";
export { createMessenger } from "./messenger.ts";
export type { AddOptions, HistoryOptions, InviteOptions } from "./options.ts";
export type { MessengerPorts } from "./ports.ts";
export type {
  FollowerView,
  FollowOptions,
  LoggedEvent,
  LoggedType,
  Messenger,
  MessengerEvent,
  Ping,
} from "./types.ts";
export type {
  Awaits,
  ContactView,
  InviteView,
  MessageState,
  MessageView,
  NewInvite,
  Pairing,
  Policy,
} from "./views.ts";
