/** The files of a repair; finishes or removes a repair that was interrupted. */
import { access, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Rng } from "../../crypto/index.ts";
import { VAULT_FILES } from "../encryption/key-vault-files.ts";
import { shred } from "../files/atomic-files.ts";
import { COUNTER_FILE } from "./rollback-counter.ts";

/** The database and the files next to it that belong to a store. */
export const STORE_FILES: readonly string[] = ["db", ...VAULT_FILES, COUNTER_FILE];
/** The folder of the new store while it is written. */
export const REPAIRING = "repairing";
/** The folder of the new store once it is complete and is to replace the damaged one. */
export const REPAIRED = "repaired";

/**
 * Finishes a repair that was interrupted after the new store was complete: moves its files over
 * those of the damaged one, of which there is a copy. Requires the home's lock.
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

/**
 * Removes a repair that was interrupted before the new store was complete: it has copies of rows,
 * and keys for them, that later shredding does not reach. Requires the home's lock.
 */
export async function removeUnfinishedRepair(directory: string, random: Rng): Promise<void> {
  const work = join(directory, REPAIRING);
  for (const file of VAULT_FILES) await shred(join(work, file), random);
  await rm(work, { recursive: true, force: true });
}
