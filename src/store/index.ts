/** Storage on the disk: encrypted rows, the store key and its protection, the lock of a home. */

export type { DiskStore } from "./disk-store.ts";
export { createAtomically, writeAtomically } from "./files/atomic-files.ts";
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
export { type OpenStore, openStore, refuseOtherVersion } from "./open.ts";
export { type Repaired, type RepairStore, repairStore } from "./repair/repair.ts";
export { removeDraftsOf, removeStaleFiles } from "./stale-files.ts";
