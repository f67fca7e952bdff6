/**
 * Opens the store of a data directory, or makes it, and finds damage before anybody trusts a row.
 */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { SottoError } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { Log } from "../ports/index.ts";
import { rowCipher } from "./encryption/row-encryption.ts";
import { lockHolder } from "./home-lock.ts";
import { finishRepair } from "./integrity/finish-repair.ts";
import { reconcileVault } from "./integrity/reconcile-vault.ts";
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
import { makeSidecarFiles, mirrorOf } from "./integrity/sidecar-files.ts";
import { KEY_BYTES, rootRanges } from "./layout/row-names.ts";
import {
  checkSchema,
  deriveKeys,
  encodeSchema,
  SCHEMA_VERSION,
  type StoreKeys,
} from "./layout/schema.ts";
import {
  type Database,
  openUnlogged,
  SCHEMA_KEY,
  scan,
  TALLY_KEY,
  writeRows,
} from "./leveldb/database.ts";
import { isLocked, openFault, writeFault } from "./leveldb/errors.ts";
import { verifyTables } from "./leveldb/verify-tables.ts";
import { LevelStore } from "./leveldb-store.ts";
import { finishRenaming, migrate, openOldTally, removeLeftovers } from "./migrate.ts";

export interface OpenStore {
  /** The data directory; the store lies in its folder `db`. Made (0700) where missing. */
  readonly directory: string;
  /** 32 bytes (`unlockKeyring`). Not kept: the caller may wipe it once the store is open. */
  readonly key: Uint8Array;
  readonly crypto: CryptoProvider;
  readonly log: Log;
  /** Reads all bytes of all tables first, however many there are. */
  readonly thorough?: boolean;
  /** Told once when a read finds damage. */
  readonly onDamage?: (damage: SottoError) => void;
}

/**
 * Opens the store, or makes it where there is none; one of an older version is migrated first.
 * Reads the name and tag of every row but those that lie in pages (messages, their index, and what
 * is searched), of every page's sum, and compares their sum with the one that the last batch left:
 * rows that were lost, put back or moved are noticed here, those of pages when a page is first
 * touched. Whether the whole database is a copy from before says `rolledBack`.
 *
 * Throws `store-in-use`, `store-damaged`, `store-newer`, `store-key-missing` (the key is not this
 * store's), `store-write-failed` or `disk-full`.
 */
export async function openStore(options: OpenStore): Promise<LevelStore> {
  const { directory, key, crypto, log, onDamage } = options;
  const keys = deriveKeys(crypto, key);
  const mark = marker(crypto, keys.tally);
  const openFolder = async (folder: string): Promise<Database> =>
    (await openDatabase(directory, folder)).database;
  let store: LevelStore;
  const finish = async (): Promise<void> => {
    await finishRepair(directory);
    await finishRenaming(directory);
  };
  await finish().catch((error: unknown) => {
    throw openFault(error);
  });
  const opened = await openDatabase(directory, "db", options.thorough);
  let { database } = opened;
  try {
    const row = await database.get(SCHEMA_KEY);
    const fresh = row === undefined;
    if (!row) await create({ directory, database, crypto, keys }, opened.holdsTables);
    else if (checkSchema(crypto, keys, row) < SCHEMA_VERSION) {
      const parts = { directory, crypto, keys, log, openFolder };
      const sealed = await database.get(TALLY_KEY);
      const tally = await checkRoot(database, mark, sealed && openOldTally(parts, sealed));
      database = await migrate(parts, database, tally);
    }
    await removeLeftovers(directory);
    const versioned = rowCipher(crypto, SCHEMA_VERSION);
    const sealed = await database.get(TALLY_KEY);
    const value = sealed && versioned.open(keys.seal, TALLY_KEY, sealed);
    const written = await checkRoot(database, mark, value && decodeRowSums(value));
    const settled = await reconcileVault(
      { directory, database, crypto, keys, seals: versioned, log },
      written,
    );
    store = new LevelStore({ database, crypto, keys, onDamage, ...settled });
    log("store.opened", { rows: written.rows, commits: written.commits, fresh });
    if (!settled.interrupted) return store;
  } catch (error) {
    await database.close();
    throw openFault(error);
  }
  try {
    // Keys were being thrown away when the last process ended.
    await store.shred();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openDatabase(
  directory: string,
  folder: string,
  thorough = false,
): Promise<{ database: Database; holdsTables: boolean }> {
  const path = join(directory, folder);
  const files = await filesIn(path);
  await verifyTables(path, thorough);
  const holdsTables = files.some((file) => file.endsWith(".ldb"));
  const database: Database = new Level(path, {
    keyEncoding: "view",
    valueEncoding: "view",
    // Sealed bytes do not shrink, and lengths after compression would tell about contents.
    compression: false,
    // LevelDB would make a new database over the files of one that lost its CURRENT, and delete
    // them.
    createIfMissing: !files.some((file) => /\.(ldb|log)$/.test(file)),
  });
  try {
    await openUnlogged(database);
  } catch (error) {
    if (!isLocked(error)) throw openFault(error);
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
    throw writeFault(error);
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
  // The schema row of a finished store lies in a table file, so a lost log alone cannot make it
  // look new.
  if (present.length > 0 || holdsTables)
    throw new SottoError("store-damaged", "The first row of the store is missing.");
  if ((await mirrorOf({ directory, crypto, keys })) > 0)
    throw new SottoError("store-damaged", "The store's vault is there, and its database is gone.");
  await makeSidecarFiles({ directory, crypto, keys }, 0);
  const tally = rowCipher(crypto, SCHEMA_VERSION).seal(
    keys.seal,
    TALLY_KEY,
    encodeRowSums(emptyRowSums()),
  );
  const rows = [
    { key: SCHEMA_KEY, sealed: encodeSchema(crypto, keys) },
    { key: TALLY_KEY, sealed: tally },
  ];
  await writeRows(database, rows, { sync: true });
  // Opening turns the log into a table file.
  await database.close();
  await openUnlogged(database);
}

/** The tally that was written, if the rows that it speaks of are there. */
async function checkRoot(
  database: Database,
  mark: Marker,
  written: RowSums | undefined,
): Promise<RowSums> {
  if (!written) throw new SottoError("store-damaged", "The store's count of its rows is missing.");
  const found = { rows: 0, sum: emptySum() };
  for (const range of rootRanges)
    for await (const rows of scan(database, range)) {
      if (rows.some(([key]) => key.length !== KEY_BYTES))
        throw new SottoError("store-damaged", "The store holds a row that is none of its own.");
      for (const [key, sealed] of rows) toggle(found.sum, mark(key, sealed));
      found.rows += rows.length;
    }
  if (!sameRows(found, written))
    throw new SottoError(
      "store-damaged",
      `Rows of the store were lost, changed or put back: it holds ${found.rows}, and ` +
        `${written.rows} were written.`,
    );
  return written;
}
