/** The use cases: the only place where the pure rooms and the ports meet. */
export type { Backup } from "../wire/index.ts";
export { madeAnew, mend } from "./account/after-restore.ts";
export { checkBackup, openBackup } from "./account/backup.ts";
export { restoredRows } from "./account/part-backup-contents.ts";
export { dropSessions } from "./account/part-drop-sessions.ts";
export { createMessenger } from "./messenger.ts";
export type {
  FollowerView,
  FollowOptions,
  LoggedEvent,
  LoggedType,
  Messenger,
  MessengerEvent,
  Ping,
} from "./model/messenger-api.ts";
export type { Diagnosis, Health } from "./model/part-diagnosis.ts";
export type { HostsPort, LearnedHost } from "./model/part-host-book.ts";
export type { AddOptions, HistoryOptions, InviteOptions } from "./model/part-options.ts";
export type { MessengerPorts } from "./model/ports.ts";
export type {
  Awaits,
  ContactView,
  InviteView,
  MessageState,
  MessageView,
  NewInvite,
  Pairing,
  Policy,
} from "./model/views.ts";
export { type AccountOptions, createAccount, hasAccount, recoveryWords } from "./state/identity.ts";
