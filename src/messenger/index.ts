/** The use cases of a node: where the pure modules meet the ports. */

export type {
  Awaits,
  ContactView,
  ConversationView,
  DraftView,
  GroupInvitationView,
  GroupView,
  InviteView,
  MessageState,
  MessageView,
  NewInvite,
  Pairing,
  Policy,
} from "../model/index.ts";
export type { Backup } from "../wire/index.ts";
export {
  reconcileAfterRepair,
  reconcileOlderCopy,
  recreatedTables,
} from "./account/after-restore.ts";
export { checkBackup, openBackup, restoredRows } from "./account/backup.ts";
export { isNewest } from "./messages/conversation-page.ts";
export { compareConversations, decodePlace, encodePlace } from "./messages/conversations.ts";
export { createMessenger } from "./messenger.ts";
export type { Diagnosis, Health } from "./model/diagnosis.ts";
export type {
  FollowerView,
  FollowOptions,
  LoggedEvent,
  LoggedType,
  Messenger,
  MessengerEvent,
  Ping,
} from "./model/messenger-api.ts";
export type {
  AddOptions,
  ConversationFilter,
  ConversationFlags,
  Draft,
  HistoryOptions,
  InviteOptions,
  MessagePage,
  PageOptions,
} from "./model/options.ts";
export type { BootstrapPort, DiskSpace, MessengerPorts, SharedBootstrap } from "./model/ports.ts";
export { type AccountOptions, createAccount, hasAccount, recoveryWords } from "./state/identity.ts";
export { meansGroup } from "./state/owners.ts";
