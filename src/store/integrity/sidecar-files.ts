/** The files next to the database: the vault, its copy, and the rollback counter. */
import type { CryptoProvider } from "../../crypto/index.ts";
import { freshVault, wipeKeys } from "../encryption/key-vault.ts";
import { readVaults, Vault, wipeVaults } from "../encryption/key-vault-files.ts";
import type { StoreKeys } from "../layout/schema.ts";
import { COUNTER_FILE, type Counter, makeCounter, readCounter } from "./rollback-counter.ts";

export interface SidecarOptions {
  readonly directory: string;
  readonly crypto: CryptoProvider;
  readonly keys: StoreKeys;
}

/** The greatest number of batches in any of them; 0 if none is readable. */
export async function lastKnownCommits({
  directory,
  crypto,
  keys,
}: SidecarOptions): Promise<number> {
  const counted = await readCounter({ directory, crypto, key: keys.count });
  const files = await readVaults({ directory, crypto, key: keys.vault });
  wipeVaults(files);
  return Math.max(
    typeof counted === "number" ? counted : 0,
    ...files.map(({ found }) => (found.kind === "whole" ? found.state.commits : 0)),
  );
}

/** Creates all of them with fresh keys, replacing those that exist. */
export async function makeSidecarFiles(
  { directory, crypto, keys }: SidecarOptions,
  commits: number,
): Promise<void> {
  await makeCounter({ directory, crypto, key: keys.count }, commits);
  const fresh = freshVault(crypto.random, commits);
  try {
    await new Vault({ directory, crypto, key: keys.vault }, fresh).write(fresh);
  } finally {
    wipeKeys(fresh);
  }
}

/** The names of files that differ from what was written. */
export async function damagedFiles(vault: Vault, counter: Counter): Promise<string[]> {
  const damaged = await vault.damaged();
  if (await counter.isDamaged()) damaged.push(COUNTER_FILE);
  return damaged;
}

/** Writes the named files again. */
export async function repairFiles(
  vault: Vault,
  counter: Counter,
  names: readonly string[],
): Promise<void> {
  await vault.write(
    vault.state,
    names.filter((name) => name !== COUNTER_FILE),
  );
  if (names.includes(COUNTER_FILE)) await counter.repair();
}
