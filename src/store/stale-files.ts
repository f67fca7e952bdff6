/** Removes files that a process left in a home when it died: drafts and unfinished repairs. */
import { basename, dirname } from "node:path";
import type { Rng } from "../crypto/index.ts";
import { VAULT_FILES } from "./encryption/key-vault-files.ts";
import { removeDrafts } from "./files/atomic-files.ts";
import { removeUnfinishedRepair } from "./integrity/repair-files.ts";
import { COUNTER_FILE } from "./integrity/rollback-counter.ts";
import { KEY_FILE, NEXT_KEY_FILE } from "./keyring/key-file.ts";
import { ENTRIES_FILE } from "./keyring/keychain-entries.ts";
import { KEYRING_FILE } from "./keyring/keyring-file.ts";
import { writeError } from "./leveldb/errors.ts";

/** The files that a store writes atomically. */
const ATOMIC_FILES: readonly string[] = [
  ...[KEYRING_FILE, KEY_FILE, NEXT_KEY_FILE, ENTRIES_FILE],
  ...[...VAULT_FILES, COUNTER_FILE],
];

/**
 * Overwrites and removes what a process left in a home when it died: a draft of a key file is a key
 * in the clear, and a draft of the vault or an unfinished repair has keys and rows that later
 * shredding does not reach. Requires the home's lock. Throws `store-write-failed`, `disk-full`.
 */
export async function removeStaleFiles(directory: string, random: Rng): Promise<void> {
  try {
    await removeDrafts(directory, ATOMIC_FILES, random);
    await removeUnfinishedRepair(directory, random);
  } catch (error) {
    throw writeError(error);
  }
}

/**
 * Overwrites and removes the drafts of one file that is written by `writeAtomically`. Requires a
 * lock that keeps other processes from writing it. Throws `store-write-failed`, `disk-full`.
 */
export async function removeDraftsOf(path: string, random: Rng): Promise<void> {
  try {
    await removeDrafts(dirname(path), [basename(path)], random);
  } catch (error) {
    throw writeError(error);
  }
}
