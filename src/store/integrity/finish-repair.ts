/**
 * The end of a repair: the new store takes the place of the damaged one, of which there is a copy
 * aside.
 */
import { access, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { VAULT_FILES } from "../encryption/key-vault-files.ts";
import { COUNTER_FILE } from "./rollback-counter.ts";

/** What the store is made of, in its directory. */
export const STORE_FILES: readonly string[] = ["db", ...VAULT_FILES, COUNTER_FILE];
/** The new store while it is made. */
export const REPAIRING = "repairing";
/** The new store, whole, from when on it counts. */
export const REPAIRED = "repaired";

/**
 * Brings a repair to its end that was interrupted; nothing where there was none. The caller holds
 * the home's lock.
 */
export async function finishRepair(directory: string): Promise<void> {
  const repaired = join(directory, REPAIRED);
  const there = await access(repaired).then(
    () => true,
    () => false,
  );
  if (!there) return;
  for (const name of await readdir(repaired)) {
    await rm(join(directory, name), { recursive: true, force: true });
    await rename(join(repaired, name), join(directory, name));
  }
  await rmdir(repaired);
}
