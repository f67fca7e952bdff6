/** Takes the lock of a home and makes the home ready to be opened. */
import type { Paths } from "../../api/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  acquireLock,
  type Lock,
  refuseOtherVersion,
  removeDraftsOf,
  removeStaleFiles,
} from "../../store/index.ts";

/**
 * Takes the lock of a home, then overwrites and removes what a process left that died in it, drafts
 * of the settings included. Whatever opens a home does this first. Throws `node-already-running`,
 * `store-version` with the home unchanged, `disk-full` or `store-write-failed`.
 */
export async function lockHome(
  { home, config }: Pick<Paths, "home"> & Partial<Paths>,
  crypto: CryptoProvider,
): Promise<Lock> {
  const lock = await acquireLock(home);
  try {
    await refuseOtherVersion(home, crypto);
    await removeStaleFiles(home, crypto.random);
    if (config !== undefined) await removeDraftsOf(config, crypto.random);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}
