/** Opens the store of a data directory, or makes it, and finds damage before anybody trusts a row. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { SottoError } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { Log } from "../ports/index.ts";
import { type Database, SCHEMA_KEY, scan, TALLY_KEY } from "./database.ts";
import { isLocked, openFault, writeFault } from "./faults.ts";
import { KEY_BYTES, rootRanges } from "./keys.ts";
import { type DiskStore, LevelStore } from "./level.ts";
import { lockHolder } from "./lock.ts";
import { checkSchema, deriveKeys, encodeSchema, SCHEMA_VERSION, type StoreKeys } from "./schema.ts";
import { sealer } from "./sealed.ts";
import {
  decodeTally,
  emptySum,
  emptyTally,
  encodeTally,
  marker,
  sameRows,
  type Tally,
  toggle,
} from "./tally.ts";

export interface OpenStore {
  /** The data directory; the store lies in its folder `db`. Made (0700) where missing. */
  readonly directory: string;
  /** 32 bytes (`unlockKeyring`). Not kept: the caller may wipe it once the store is open. */
  readonly key: Uint8Array;
  readonly crypto: CryptoProvider;
  readonly log: Log;
  /** Told once when a read finds damage. */
  readonly onDamage?: (damage: SottoError) => void;
}

/**
 * Opens the store, or makes it where there is none. Reads the name and tag of every row but those that lie in pages
 * (messages and their index), of every page's sum, and compares their sum with the one that the last batch
 * left: rows that were lost, put back or moved are noticed here, those of pages when a page is first touched.
 *
 * Throws `store-in-use`, `store-damaged`, `store-newer`, `store-key-missing` (the key is not this store's),
 * `store-write-failed` or `disk-full`.
 */
export async function openStore(options: OpenStore): Promise<DiskStore> {
  const { directory, key, crypto, log, onDamage } = options;
  const keys = deriveKeys(crypto, key);
  const path = join(directory, "db");
  const { database, holdsTables } = await openDatabase(directory, path);
  try {
    const schema = await database.get(SCHEMA_KEY);
    const tally = schema
      ? await checkRoot(database, crypto, keys, schema)
      : await create(database, crypto, keys, holdsTables);
    log("store.opened", { rows: tally.rows, commits: tally.commits, fresh: schema === undefined });
    return new LevelStore(database, crypto, keys, tally, onDamage);
  } catch (error) {
    await database.close();
    throw openFault(error);
  }
}

async function openDatabase(
  directory: string,
  path: string,
): Promise<{ database: Database; holdsTables: boolean }> {
  const files = await filesIn(path);
  const holdsTables = files.some((file) => file.endsWith(".ldb"));
  const database: Database = new Level(path, {
    keyEncoding: "view",
    valueEncoding: "view",
    // Sealed bytes do not shrink, and lengths after compression would tell about contents.
    compression: false,
    // LevelDB would make a new database over the files of one that lost its CURRENT, and delete them.
    createIfMissing: !files.some((file) => /\.(ldb|log)$/.test(file)),
  });
  try {
    await database.open();
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

/** Writes the first rows. A process that was killed at any point of this leaves a store that opens. */
async function create(
  database: Database,
  crypto: CryptoProvider,
  keys: StoreKeys,
  holdsTables: boolean,
): Promise<Tally> {
  const present = await database.keys({ limit: 1 }).all();
  // The schema row of a finished store lies in a table file, so a lost log alone cannot make it look new.
  if (present.length > 0 || holdsTables)
    throw new SottoError("store-damaged", "The first row of the store is missing.");
  const sealed = sealer(crypto, keys.seal, SCHEMA_VERSION);
  await database.batch(
    [
      { type: "put", key: SCHEMA_KEY, value: encodeSchema(crypto, keys) },
      { type: "put", key: TALLY_KEY, value: sealed.seal(TALLY_KEY, encodeTally(emptyTally)) },
    ],
    { sync: true },
  );
  // Opening turns the log into a table file.
  await database.close();
  await database.open();
  return emptyTally;
}

async function checkRoot(
  database: Database,
  crypto: CryptoProvider,
  keys: StoreKeys,
  schema: Uint8Array,
): Promise<Tally> {
  checkSchema(crypto, keys, schema);
  const sealedTally = await database.get(TALLY_KEY);
  const written =
    sealedTally &&
    decodeTally(sealer(crypto, keys.seal, SCHEMA_VERSION).open(TALLY_KEY, sealedTally));
  if (!written) throw new SottoError("store-damaged", "The store's count of its rows is missing.");

  const mark = marker(crypto, keys.tally);
  const found = { commits: written.commits, rows: 0, sum: emptySum() };
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
      `Rows of the store were lost, changed or put back: it holds ${found.rows}, and ${written.rows} were written.`,
    );
  return written;
}
