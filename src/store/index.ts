/** Rows on the disk, the key that seals them, and the lock that keeps a second node out. */

export type { DiskStore } from "./disk-store.ts";
export { acquireLock, type Lock, lockHolder } from "./home-lock.ts";
export type { StoreCheck } from "./integrity/check.ts";
export { type Keychain, systemKeychain } from "./keyring/keychain.ts";
export {
  changeProtection,
  createKeyring,
  type Protection,
  readProtection,
  unlockKeyring,
} from "./keyring/keyring.ts";
export { type MemoryOptions, type MemoryStore, memoryStore } from "./memory-store.ts";
export { type OpenStore, openStore } from "./open.ts";
export { type Repaired, type RepairStore, repairStore } from "./repair/repair.ts";
