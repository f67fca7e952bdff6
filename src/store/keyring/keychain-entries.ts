/**
 * The file `keychain.entries`: names of our entries in the system's keychain, one a line. An entry
 * is named after the salt of its keyring, so the file is only needed to remove old entries.
 */
import { readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, SottoError, toHex, utf8, wipe } from "../../base/index.ts";
import { writeAtomically } from "../files/atomic-files.ts";
import type { Keychain } from "./keychain.ts";

export const ENTRIES_FILE = "keychain.entries";

/** The name of the entry that opens a keyring. @param salt 16 bytes. */
export function entryOf(salt: Uint8Array): string {
  return toHex(salt);
}

/** Stores the secret of a keyring in the keychain, after its name was added to the file. */
export async function storeEntry(
  directory: string,
  salt: Uint8Array,
  secret: Uint8Array,
  keychain: Keychain,
): Promise<void> {
  const name = entryOf(salt);
  const others = await readEntries(directory);
  await writeEntries(directory, [...others, name]);
  try {
    await keychain.set(name, secret);
  } catch (error) {
    // Without a keychain nothing was stored, and nothing has to be removed later.
    if (error instanceof SottoError && error.code === "keychain-missing")
      await writeEntries(directory, others);
    throw error;
  }
}

/**
 * The result of `unwrap` for the entry of a keyring. Throws `store-key-missing` if there is none or
 * it does not fit.
 */
export async function withEntry<Result>(
  keychain: Keychain,
  salt: Uint8Array,
  unwrap: (secret: Uint8Array) => Result | undefined,
): Promise<Result> {
  const secret = await keychain.get(entryOf(salt));
  const result = secret && unwrap(secret);
  if (secret) wipe(secret);
  if (result !== undefined) return result;
  const what = secret ? "belongs to another store" : "is missing";
  throw new SottoError("store-key-missing", `The key in the system keychain ${what}.`);
}

/**
 * Removes every entry but one: those that a change of protection, complete or interrupted, left.
 */
export async function removeOldEntries(
  directory: string,
  keep: string | undefined,
  keychain: Keychain,
): Promise<void> {
  const entries = await readEntries(directory);
  const obsolete = entries.filter((name) => name !== keep);
  if (obsolete.length === 0) return;
  for (const name of obsolete) await keychain.remove(name);
  await writeEntries(
    directory,
    entries.filter((name) => name === keep),
  );
}

async function readEntries(directory: string): Promise<string[]> {
  try {
    const text = await readFile(join(directory, ENTRIES_FILE), "utf8");
    return text.split("\n").filter((name) => /^[0-9a-f]{32}$/.test(name));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

async function writeEntries(directory: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return unlink(join(directory, ENTRIES_FILE));
  await writeAtomically(join(directory, ENTRIES_FILE), utf8(`${names.join("\n")}\n`));
}
