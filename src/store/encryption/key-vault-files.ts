/**
 * The two files of the vault, `vault` and `vault.copy`, which have the same contents. A change
 * overwrites the old bytes in place, in one file after the other, each synced: at every moment one
 * of the two is complete, and no older file has to be erased (docs/decisions/0013).
 */
import { join } from "node:path";
import { equal } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { readIfExists, writeInPlace } from "../files/atomic-files.ts";
import {
  decodeVault,
  encodeVault,
  type FoundVault,
  type VaultState,
  wipeKeys,
} from "./key-vault.ts";

export const VAULT_FILES = ["vault", "vault.copy"] as const;

export interface VaultLocation {
  readonly directory: string;
  readonly crypto: CryptoProvider;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface VaultFile {
  readonly file: string;
  readonly found: FoundVault;
}

/** Reads both files. Throws `store-version`. */
export async function readVaults({ directory, crypto, key }: VaultLocation): Promise<VaultFile[]> {
  return Promise.all(
    VAULT_FILES.map(async (file) => {
      const bytes = await readIfExists(join(directory, file));
      return { file, found: bytes ? decodeVault(crypto, key, bytes) : { kind: "missing" } };
    }),
  );
}

/** Overwrites the keys that were read, except those that `kept` has too. */
export function wipeVaults(files: readonly VaultFile[], kept?: VaultState): void {
  for (const { found } of files) if (found.kind === "whole") wipeKeys(found.state, kept);
}

/** The vault of an open store. */
export class Vault {
  readonly #location: VaultLocation;
  #state: VaultState;

  /** @param state what both files contain, or will contain after the first `write`. */
  constructor(location: VaultLocation, state: VaultState) {
    this.#location = location;
    this.#state = state;
  }

  get state(): VaultState {
    return this.#state;
  }

  /**
   * Writes both files, each with its own nonce. Once this resolves, they contain no old bytes.
   * @param files in the order of writing: a damaged one first, so that the other stays complete
   * until then.
   */
  async write(state: VaultState, files: readonly string[] = VAULT_FILES): Promise<void> {
    const { directory, crypto, key } = this.#location;
    for (const file of files)
      await writeInPlace(join(directory, file), encodeVault(crypto, key, state));
    this.#state = state;
  }

  /** The names of files that differ from what was written. */
  async damaged(): Promise<string[]> {
    const names: string[] = [];
    const files = await readVaults(this.#location);
    for (const { file, found } of files)
      if (found.kind !== "whole" || !same(found.state, this.#state)) names.push(file);
    wipeVaults(files);
    return names;
  }
}

/** Whether two states are equal. */
export function same(a: VaultState, b: VaultState): boolean {
  return (
    a.generation === b.generation &&
    a.commits === b.commits &&
    a.keys.every((key, group) => equal(key, b.keys[group] as Uint8Array)) &&
    a.next.size === b.next.size &&
    [...a.next].every(([group, key]) => equal(key, b.next.get(group) ?? new Uint8Array()))
  );
}
