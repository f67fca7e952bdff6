/** Stores under test in temporary directories. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { concat, u32 } from "../../src/base/index.ts";
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

/** Rows as they are on the disk: names in hex, encrypted values. */
export type RawRows = Map<string, Uint8Array>;

/**
 * Reads the rows of a closed store as they are on the disk, and writes what `change` returns;
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

const SCHEMA_ROW = "00".repeat(25);

/** Every file below a directory with its bytes and its time of change, by path. */
export function filesIn(directory: string): Map<string, [bytes: string, changed: number]> {
  const files = new Map<string, [string, number]>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const bytes = entry.isFile() ? readFileSync(path).toString("hex") : "directory";
    files.set(path, [bytes, entry.isFile() ? statSync(path).mtimeMs : 0]);
  }
  return files;
}

/** Sets the version in the schema row of a closed store, as the Sotto of that version would. */
export async function setVersion(directory: string, version: number): Promise<void> {
  await editRows(directory, (rows) => {
    const row = rows.get(SCHEMA_ROW) ?? new Uint8Array();
    const body = concat(u32(version), row.slice(4, -8));
    return [[SCHEMA_ROW, concat(body, crypto.sha256(body).subarray(0, 8))]];
  });
}

/** A store on the disk, in a temporary directory. */
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
