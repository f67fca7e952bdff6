/** Rows on the disk, the key that seals them, and the lock that keeps a second node out. */

export type { StoreCheck } from "./check.ts";
export type { DiskStore } from "./disk-store.ts";
export { type Keychain, systemKeychain } from "./keychain.ts";
export {
  changeProtection,
  createKeyring,
  type Protection,
  readProtection,
  unlockKeyring,
} from "./keyring.ts";
export { acquireLock, type Lock, lockHolder } from "./lock.ts";
export { type MemoryOptions, type MemoryStore, memoryStore } from "./memory.ts";
export { type OpenStore, openStore } from "./open.ts";
export { type Repaired, type RepairStore, repairStore } from "./repair.ts";
