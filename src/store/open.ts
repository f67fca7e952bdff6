/** Opens the store of a data directory, or creates it, and finds damage before a row is used. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { SottoError, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { Log } from "../ports/index.ts";
import { rowCipher } from "./encryption/row-encryption.ts";
import { lockHolder } from "./home-lock.ts";
import { reconcileVault } from "./integrity/reconcile-vault.ts";
import { finishRepair, REPAIRED } from "./integrity/repair-files.ts";
import {
  decodeRowSums,
  emptyRowSums,
  emptySum,
  encodeRowSums,
  type Marker,
  marker,
  type RowSums,
  sameRows,
  toggle,
} from "./integrity/row-sums.ts";
import { lastKnownCommits, makeSidecarFiles } from "./integrity/sidecar-files.ts";
import { KEY_BYTES, rootRanges } from "./layout/row-names.ts";
import {
  checkSchema,
  deriveKeys,
  encodeSchema,
  refuseVersion,
  type StoreKeys,
} from "./layout/schema.ts";
import {
  type Database,
  openUnlogged,
  ROW_SUMS_KEY,
  SCHEMA_KEY,
  scan,
  writeRows,
} from "./leveldb/database.ts";
import { isLocked, openError, writeError } from "./leveldb/errors.ts";
import { readSchemaRow } from "./leveldb/schema-row.ts";
import { verifyTables } from "./leveldb/verify-tables.ts";
import { LevelStore } from "./leveldb-store.ts";

/** The folder of the LevelDB database in the data directory. */
const DATABASE = "db";

export interface OpenStore {
  /** The data directory, created (0700) where missing. */
  readonly directory: string;
  /** 32 bytes (`unlockKeyring`). Not kept: it may be wiped once the store is open. */
  readonly key: Uint8Array;
  readonly crypto: CryptoProvider;
  readonly log: Log;
  /** Verifies all bytes of all tables first, whatever their size. */
  readonly thorough?: boolean;
  /** Called once, when a read finds damage. */
  readonly onDamage?: (damage: SottoError) => void;
}

/**
 * Opens the store, or creates it where there is none. Reads the name and tag of every row outside
 * pages (messages, their index and the search index are in pages) and of every page's checksum row,
 * and compares their checksum with the one that the last batch wrote: rows that were lost, restored
 * or moved are detected here, those in pages when a page is first read. `rolledBack` reports
 * whether the whole database is an older copy.
 *
 * Throws `store-version` (before any file is changed), `store-in-use`, `store-damaged`,
 * `store-key-missing` (the key is not this store's), `store-write-failed` or `disk-full`.
 */
export async function openStore(options: OpenStore): Promise<LevelStore> {
  const { directory, key, crypto } = options;
  await refuseOtherVersion(directory, crypto);
  const keys = deriveKeys(crypto, key);
  let opened: Opened | undefined;
  try {
    await finishRepair(directory);
    opened = await openDatabase(directory, options.thorough);
    const { store, interrupted } = await openRows(options, keys, opened);
    // The last process ended while it was shredding keys.
    if (interrupted) await store.shred().catch((error: unknown) => closing(store, error));
    return store;
  } catch (error) {
    wipe(...Object.values(keys));
    await opened?.database.close();
    throw openError(error);
  }
}

async function closing(store: LevelStore, error: unknown): Promise<never> {
  await store.close();
  throw error;
}

interface Opened {
  readonly database: Database;
  readonly holdsTables: boolean;
}

/** The store over an open database: checks or writes its first rows, and reads the vault. */
async function openRows(
  { directory, crypto, log, onDamage }: OpenStore,
  keys: StoreKeys,
  { database, holdsTables }: Opened,
): Promise<{ readonly store: LevelStore; readonly interrupted: boolean }> {
  const row = await database.get(SCHEMA_KEY);
  if (row) checkSchema(crypto, keys, row);
  else await create({ directory, database, crypto, keys }, holdsTables);
  const cipher = rowCipher(crypto);
  const sealed = await database.get(ROW_SUMS_KEY);
  const value = sealed && cipher.open(keys.seal, ROW_SUMS_KEY, sealed);
  const mark = marker(crypto, keys.sums);
  const written = await checkRoot(database, mark, value && decodeRowSums(value));
  const parts = { directory, database, crypto, keys, cipher, log };
  const { interrupted, ...reconciled } = await reconcileVault(parts, written);
  const store = new LevelStore({ database, crypto, keys, onDamage, ...reconciled });
  log("store.opened", { rows: written.rows, commits: written.commits, fresh: !row });
  return { store, interrupted };
}

/**
 * Refuses a directory whose store has another version, older or newer. Changes no file and needs no
 * key. Throws `store-version`.
 */
export async function refuseOtherVersion(
  directory: string,
  crypto: Pick<CryptoProvider, "sha256">,
): Promise<void> {
  // A repair that was interrupted at its end replaces the database with the repaired one.
  for (const folder of [DATABASE, join(REPAIRED, DATABASE)]) {
    const row = await readSchemaRow(join(directory, folder));
    if (row) refuseVersion(crypto, row);
  }
}

async function openDatabase(directory: string, thorough = false): Promise<Opened> {
  const path = join(directory, DATABASE);
  const files = await filesIn(path);
  await verifyTables(path, thorough);
  const holdsTables = files.some((file) => file.endsWith(".ldb"));
  const database: Database = new Level(path, {
    keyEncoding: "view",
    valueEncoding: "view",
    // Ciphertext cannot be compressed, and compressed lengths would reveal contents.
    compression: false,
    // If CURRENT is lost, LevelDB would create a new database and delete the existing files.
    createIfMissing: !files.some((file) => /\.(ldb|log)$/.test(file)),
  });
  try {
    await openUnlogged(database);
  } catch (error) {
    if (!isLocked(error)) throw openError(error);
    const pid = await lockHolder(directory);
    const who = pid === undefined ? "Another process" : `Process ${pid}`;
    throw new SottoError("store-in-use", `${who} has the store open.`, { cause: error });
  }
  return { database, holdsTables };
}

async function filesIn(path: string): Promise<string[]> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return await readdir(path);
  } catch (error) {
    throw writeError(error);
  }
}

interface CreateParts {
  readonly directory: string;
  readonly database: Database;
  readonly crypto: CryptoProvider;
  readonly keys: StoreKeys;
}

/**
 * Writes the vault and the first rows. A process that was killed at any point of this leaves a
 * store that opens.
 */
async function create(
  { directory, database, crypto, keys }: CreateParts,
  holdsTables: boolean,
): Promise<void> {
  const present = await database.keys({ limit: 1 }).all();
  // The schema row of a complete store is in a table file, so the loss of a log cannot make it look
  // new.
  if (present.length > 0 || holdsTables)
    throw new SottoError("store-damaged", "The header of the store is missing.");
  if ((await lastKnownCommits({ directory, crypto, keys })) > 0)
    throw new SottoError(
      "store-damaged",
      "The database of the store is missing; only its key vault exists.",
    );
  await makeSidecarFiles({ directory, crypto, keys }, 0);
  const sealedSums = rowCipher(crypto).seal(keys.seal, ROW_SUMS_KEY, encodeRowSums(emptyRowSums()));
  const rows = [
    { key: SCHEMA_KEY, sealed: encodeSchema(crypto, keys) },
    { key: ROW_SUMS_KEY, sealed: sealedSums },
  ];
  await writeRows(database, rows, { sync: true });
  // Opening turns the log into a table file.
  await database.close();
  await openUnlogged(database);
}

/** The root checksums, verified against the rows. Throws `store-damaged`. */
async function checkRoot(
  database: Database,
  mark: Marker,
  written: RowSums | undefined,
): Promise<RowSums> {
  if (!written) throw new SottoError("store-damaged", "The row count of the store is missing.");
  const found = { rows: 0, sum: emptySum() };
  for (const range of rootRanges)
    for await (const rows of scan(database, range)) {
      if (rows.some(([key]) => key.length !== KEY_BYTES))
        throw new SottoError(
          "store-damaged",
          "The store contains a row that does not belong to it.",
        );
      for (const [key, sealed] of rows) toggle(found.sum, mark(key, sealed));
      found.rows += rows.length;
    }
  if (!sameRows(found, written))
    throw new SottoError(
      "store-damaged",
      `Rows of the store are missing, changed or out of date: ${found.rows} found, ` +
        `${written.rows} expected.`,
    );
  return written;
}
