/** Directories of their own for stores under test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { type Store, silent } from "../../src/ports/index.ts";
import { type DiskStore, openStore } from "../../src/store/index.ts";
import type { StorePlace } from "../suites/store.ts";

export const crypto = nodeCrypto();
export const testKey: Uint8Array = new Uint8Array(32).fill(7);

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "sotto-store-"));
}

export function openAt(directory: string, key: Uint8Array = testKey): Promise<DiskStore> {
  return openStore({ directory, key, crypto, log: silent });
}

/** Rows as they lie on the disk: names in hex, sealed values. */
export type RawRows = Map<string, Uint8Array>;

/**
 * Reads the rows of a closed store as they lie on the disk, and writes what `change` gives;
 * `undefined` deletes.
 */
export async function editRows(
  directory: string,
  change: (rows: RawRows) => readonly (readonly [string, Uint8Array | undefined])[] = () => [],
): Promise<RawRows> {
  const database: Level<string, Uint8Array> = new Level(join(directory, "db"), {
    keyEncoding: "hex",
    valueEncoding: "view",
    compression: false,
  });
  try {
    const rows: RawRows = new Map(await database.iterator().all());
    for (const [key, value] of change(rows))
      await (value ? database.put(key, value) : database.del(key));
    return rows;
  } finally {
    await database.close();
  }
}

/** A store on the disk, in a directory of its own. */
export function levelPlace(): StorePlace & { readonly directory: string } {
  const directory = temporaryDirectory();
  const opened: Store[] = [];
  return {
    directory,
    async open() {
      const store = await openAt(directory);
      opened.push(store);
      return store;
    },
    async remove() {
      await Promise.all(opened.map((store) => store.close()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
