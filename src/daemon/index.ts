/** The entry point of the daemon; loaded only by commands that need it. */

export { lockHolder } from "../store/index.ts";
export {
  type BootstrapHost,
  type BootstrapOptions,
  startBootstrap,
} from "./bootstrap/bootstrap-daemon.ts";
export { type Daemon, type DaemonOptions, startDaemon } from "./daemon.ts";
export {
  diagnoseStart,
  type StartFinding,
  type StartOptions,
} from "./home/diagnose-start.ts";
export { type Answers, type NewAccount, readProtectionOf } from "./home/home.ts";
export { type Initialized, type InitOptions, initHome } from "./home/init.ts";
export {
  checkHome,
  type MaintenanceOptions,
  protectHome,
  type RepairedHome,
  readWords,
  repairHome,
} from "./home/maintenance.ts";
export { type Offline, openOffline } from "./home/offline-store.ts";
export {
  checkBackup,
  type Restored,
  type RestoreOptions,
  requireNoAccount,
  restoreHome,
} from "./home/restore.ts";
export { type MemoryNode, startMemoryNode } from "./node/memory-node.ts";
export { readExitReason } from "./process/exit-reason.ts";
export { readLimited } from "./process/read-limited.ts";
export { onSignals } from "./process/signals.ts";
export type { ServerConnection } from "./rpc/connection.ts";
export type { Overrides } from "./settings/config.ts";
export { makeNetworkKey } from "./settings/network-key.ts";
export {
  listSettings,
  readSetting,
  type Setting,
  setSetting,
  unsetSettings,
} from "./settings/setting-list.ts";
