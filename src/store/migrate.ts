/**
 * Version 1 of the schema, which sealed every row under the store key, written anew as version 2.
 * The new database is made beside the old one and takes its name once it is whole: until then the
 * old one is untouched, and a process that was killed leaves nothing that the next one does not
 * throw away or finish.
 */
import { access, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { readU64 } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { Log } from "../ports/index.ts";
import { damagedRow, rowCipher } from "./encryption/row-encryption.ts";
import { RowKeys } from "./encryption/row-keys.ts";
import { syncDirectory } from "./files/atomic-files.ts";
import { encodePageRow, PAGE_KEY_BYTES } from "./integrity/page-row.ts";
import {
  emptyRowSums,
  encodeRowSums,
  marker,
  type RowSums,
  SUM_BYTES,
  toggle,
} from "./integrity/row-sums.ts";
import { makeSidecarFiles, mirrorOf } from "./integrity/sidecar-files.ts";
import { isKeyedPage, isPage, rootRanges, rowsOf } from "./layout/row-names.ts";
import { encodeSchema, SCHEMA_VERSION, type StoreKeys } from "./layout/schema.ts";
import {
  type Database,
  openUnlogged,
  SCHEMA_KEY,
  scan,
  TALLY_KEY,
  type Write,
  writeRows,
} from "./leveldb/database.ts";

const VERSION = 1;
/** About the bytes of rows that are written at once. */
const BATCH_BYTES = 1024 * 1024;

export interface MigrateParts {
  readonly directory: string;
  readonly crypto: CryptoProvider;
  readonly keys: StoreKeys;
  readonly log: Log;
  /** Opens a database in a folder of the directory, or makes it. */
  readonly openFolder: (folder: string) => Promise<Database>;
}

const NEW = "db.new";
const OLD = "db.old";
const NOW = "db";

/** Finishes a change of names that was cut short. To be called before the database is opened. */
export async function finishRenaming(directory: string): Promise<void> {
  const at = (folder: string): string => join(directory, folder);
  // The old one gave up its name only once the new one was whole.
  if ((await isThere(at(OLD))) && !(await isThere(at(NOW)))) {
    await rename(at(NEW), at(NOW));
    await syncDirectory(directory);
  }
}

/**
 * Removes what a migration leaves behind. To be called while the database is open, so that no other
 * process is at it.
 */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const folder of [OLD, NEW])
    await rm(join(directory, folder), { recursive: true, force: true });
}

/**
 * The tally of a database of version 1: commits (8) ‖ rows (8) ‖ sum (16). `undefined` where it
 * does not open.
 */
export function openOldTally(
  { crypto, keys }: Pick<MigrateParts, "crypto" | "keys">,
  sealed: Uint8Array,
): RowSums | undefined {
  const bytes = rowCipher(crypto, VERSION).open(keys.seal, TALLY_KEY, sealed);
  if (bytes?.length !== 16 + SUM_BYTES) return undefined;
  const [commits, rows] = [readU64(bytes), readU64(bytes, 8)];
  if (commits === undefined || rows === undefined) return undefined;
  return { ...emptyRowSums(), commits, rows, sum: bytes.slice(16) };
}

/**
 * Migrates a database of version 1, whose rows were found to fit `tally`, closes it, and gives the
 * open database of version 2 that has its place now.
 */
export async function migrate(
  parts: MigrateParts,
  old: Database,
  { commits }: RowSums,
): Promise<Database> {
  const { directory, log, openFolder } = parts;
  const at = (folder: string): string => join(directory, folder);
  await removeLeftovers(directory);
  const fresh = await openFolder(NEW);
  let rows: number;
  try {
    rows = await copy(parts, old, fresh, commits);
    await fresh.close();
    // Opening turns the log into a table file, so that no row of it can be lost without a trace.
    await openUnlogged(fresh);
    await fresh.close();
  } catch (error) {
    await fresh.close();
    // It may be what fills the disk. The first failure is the one to tell.
    await removeLeftovers(directory).catch(() => undefined);
    throw error;
  }
  await old.close();
  await rename(at(NOW), at(OLD));
  await rename(at(NEW), at(NOW));
  await syncDirectory(directory);
  const database = await openFolder(NOW);
  log("store.migrated", { rows });
  return database;
}

/** Writes every row of the old database to the new one, and gives their number. */
async function copy(
  parts: MigrateParts,
  old: Database,
  fresh: Database,
  commits: number,
): Promise<number> {
  const { crypto, keys } = parts;
  const before = rowCipher(crypto, VERSION);
  // Files that are there belong to a migration that was cut short, or to a newer copy of the store.
  const vault = await makeSidecarFiles(parts, await mirrorOf(parts));
  const after = new RowKeys(rowCipher(crypto, SCHEMA_VERSION), keys.seal, vault.state);
  const mark = marker(crypto, keys.tally);
  const tally = { ...emptyRowSums(), commits };

  let waiting: Write[] = [];
  let bytes = 0;
  const write = async (key: Uint8Array, sealed: Uint8Array): Promise<void> => {
    waiting.push({ key, sealed });
    bytes += sealed.length;
    if (bytes < BATCH_BYTES) return;
    await writeRows(fresh, waiting, { sync: false });
    waiting = [];
    bytes = 0;
  };
  /** What does not open goes on not opening. */
  const anew = (name: Uint8Array, sealed: Uint8Array, pageKey?: Uint8Array): Uint8Array => {
    const value = before.open(keys.seal, name, sealed);
    return value ? after.seal(name, value, pageKey) : Uint8Array.from(sealed);
  };
  const addToRoot = async (name: Uint8Array, sealed: Uint8Array): Promise<void> => {
    toggle(tally.sum, mark(name, sealed));
    tally.rows++;
    await write(name, sealed);
  };
  const movePage = async (page: Uint8Array, sealedSum: Uint8Array): Promise<void> => {
    const stored = before.open(keys.seal, page, sealedSum);
    if (stored?.length !== SUM_BYTES) throw damagedRow(page);
    const key = isKeyedPage(page) ? crypto.random(PAGE_KEY_BYTES) : undefined;
    // What was missing from the old sum is missing from the new one: damage stays damage.
    const sum = stored.slice();
    for await (const rows of scan(old, rowsOf(page)))
      for (const [name, sealed] of rows) {
        const moved = anew(name, sealed, key);
        toggle(sum, mark(name, sealed));
        toggle(sum, mark(name, moved));
        await write(name, moved);
      }
    const row = encodePageRow({ sum, key, due: false });
    if (row) await addToRoot(page, after.seal(page, row));
  };

  for (const range of rootRanges)
    for await (const rows of scan(old, range))
      for (const [name, sealed] of rows)
        if (isPage(name)) await movePage(name, sealed);
        else await addToRoot(name, anew(name, sealed));
  await writeRows(
    fresh,
    [
      ...waiting,
      { key: SCHEMA_KEY, sealed: encodeSchema(crypto, keys) },
      { key: TALLY_KEY, sealed: after.seal(TALLY_KEY, encodeRowSums(tally)) },
    ],
    { sync: true },
  );
  return tally.rows;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
