/**
 * An attacker with the store key, the current vault, and every earlier state of the database.
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

/** The states in both files of the vault; `undefined` for a damaged one. */
export async function vaultStates(directory: string): Promise<(VaultState | undefined)[]> {
  const files = await readVaults(vaultPlace(directory));
  return files.map(({ found }) => (found.kind === "whole" ? found.state : undefined));
}

/**
 * Every value that can be decrypted under any available key: tries all keys on all rows.
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
  // The list grows during the loop: rows of pages contain keys.
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
