/**
 * Somebody with the store key, the vault as it is now, and every state of the database that ever
 * was.
 */

import type { VaultState } from "../../../src/store/encryption/key-vault.ts";
import { readVaults, type VaultLocation } from "../../../src/store/encryption/key-vault-files.ts";
import { rowCipher } from "../../../src/store/encryption/row-encryption.ts";
import { deriveKeys } from "../../../src/store/layout/schema.ts";
import { crypto, editRows, testKey } from "../fixtures.ts";

export const vaultPlace = (directory: string): VaultLocation => ({
  directory,
  crypto,
  key: deriveKeys(crypto, testKey).vault,
});

/** What both files of the vault say; `undefined` for one that is not whole. */
export async function vaultStates(directory: string): Promise<(VaultState | undefined)[]> {
  const files = await readVaults(vaultPlace(directory));
  return files.map(({ found }) => (found.kind === "whole" ? found.state : undefined));
}

/**
 * Every value that opens under any key that can be had: tried are all keys on all rows, whatever
 * they are meant for.
 */
export async function everythingThatOpens(
  databases: readonly string[],
  vault: string,
): Promise<Set<string>> {
  const rows = new Map<string, { name: Uint8Array; sealed: Uint8Array }>();
  for (const directory of databases)
    for (const [name, sealed] of await editRows(directory))
      rows.set(`${name} ${Buffer.from(sealed).toString("hex")}`, {
        name: Buffer.from(name, "hex"),
        sealed,
      });
  const keys: Uint8Array[] = Object.values(deriveKeys(crypto, testKey));
  for (const state of await vaultStates(vault))
    if (state) keys.push(...state.keys, ...state.next.values());
  const opened = new Set<string>();
  // The list grows while it is walked: rows of pages give keys.
  for (const key of keys)
    for (const [id, { name, sealed }] of key.length === 32 ? rows : []) {
      const value = rowCipher(crypto).open(key, name, sealed);
      if (!value) continue;
      rows.delete(id);
      opened.add(Buffer.from(value).toString("latin1"));
      if (value.length === 49) keys.push(value.subarray(16, 48));
    }
  return opened;
}
