/** Where everything meets: settings, composition, the doors of a node. Loaded only by commands that run one. */
export {
  type AtRest,
  checkHome,
  protectHome,
  type RepairedHome,
  readWords,
  repairHome,
} from "./at-rest.ts";
export { type BootstrapHost, type BootstrapOptions, startBootstrap } from "./bootstrap.ts";
export { type Daemon, type DaemonOptions, startDaemon } from "./compose.ts";
export type { Overrides } from "./config.ts";
export { type Answers, type NewAccount, readProtectionOf } from "./home.ts";
export { type Initialized, type InitOptions, initHome } from "./init.ts";
export { readLastWords } from "./last-words.ts";
export { makeNetworkKey } from "./network-key.ts";
export { type Offline, openOffline } from "./offline.ts";
export {
  checkBackup,
  type Restored,
  type RestoreOptions,
  requireNoAccount,
  restoreHome,
} from "./restore.ts";
export { onSignals } from "./signals.ts";
