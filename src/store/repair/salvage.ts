/** Reads what is left of a damaged store: the newest version of every row, and its keys. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { SottoError, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { freshVault, type VaultState, wipeKeys } from "../encryption/key-vault.ts";
import { readVaults } from "../encryption/key-vault-files.ts";
import { rowCipher } from "../encryption/row-encryption.ts";
import { type Opener, RowKeys } from "../encryption/row-keys.ts";
import { checkRows } from "../integrity/check.ts";
import { readPageRow } from "../integrity/page-row.ts";
import { decodeRowSums, marker } from "../integrity/row-sums.ts";
import { lastKnownCommits } from "../integrity/sidecar-files.ts";
import { isKeyedPage, KEY_BYTES, pageOf } from "../layout/row-names.ts";
import { checkSchema, deriveKeys, type StoreKeys } from "../layout/schema.ts";
import {
  type Database,
  openUnlogged,
  ROW_SUMS_KEY,
  SCHEMA_KEY,
  textOf,
} from "../leveldb/database.ts";
import { rowsOfLog, rowsOfTable } from "../leveldb/file-reader.ts";

export interface SalvageParts {
  /** The data directory. Nothing in it is changed. */
  readonly directory: string;
  /** The store key, 32 bytes. */
  readonly key: Uint8Array;
  readonly crypto: CryptoProvider;
}

export interface Salvage {
  /** Every row as it is on the disk, encrypted. */
  readonly database: Database;
  /** The value of a row; `undefined` if it cannot be decrypted. */
  open(name: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /**
   * Tables with rows that are missing, changed or outdated; "store" if it may be any table.
   */
  readonly incomplete: readonly string[];
  /** Closes the database and overwrites the keys. */
  close(): Promise<void>;
}

/** Rows of a batch. */
const BATCH_ROWS = 256;

/**
 * Copies what is left to a new database at `path`.
 * Throws `store-damaged` if there is nothing, `store-version`, `store-key-missing`.
 */
export async function salvage(parts: SalvageParts, path: string): Promise<Salvage> {
  const { directory, key, crypto } = parts;
  const keys = deriveKeys(crypto, key);
  const database: Database = new Level(path, {
    keyEncoding: "view",
    valueEncoding: "view",
    compression: false,
  });
  const wipes = [() => wipe(...Object.values(keys))];
  const close = async (): Promise<void> => {
    for (const wipeSome of wipes) wipeSome();
    await database.close();
  };
  try {
    await openUnlogged(database);
    await gather(join(directory, "db"), database);
    const schema = await database.get(SCHEMA_KEY);
    if (schema) checkKey(crypto, keys, schema);
    const states = await keysOf(parts, keys);
    wipes.push(...states.map((state) => () => wipeKeys(state)));
    const opener = openerOf(parts, keys, states);
    const { rows, damaged } = await checkRows(database, opener, marker(crypto, keys.sums));
    if (rows === 0)
      throw new SottoError("store-damaged", "The files of the store contain no readable row.");
    const sealed = await database.get(ROW_SUMS_KEY);
    const value = sealed && opener(ROW_SUMS_KEY, sealed);
    const commits = (value && decodeRowSums(value)?.commits) ?? 0;
    const older = commits < (await lastKnownCommits({ directory, crypto, keys }));
    return {
      database,
      open: (name, sealed) => openRow(database, opener, name, sealed),
      incomplete: older ? [...new Set([...damaged, "store"])] : damaged,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The keys in both files of the vault; fresh ones, which decrypt nothing, if both are damaged. */
async function keysOf(
  { directory, crypto }: SalvageParts,
  keys: StoreKeys,
): Promise<readonly VaultState[]> {
  const files = await readVaults({ directory, crypto, key: keys.vault });
  const states = files.flatMap(({ found }) => (found.kind === "whole" ? [found.state] : []));
  return states.length > 0 ? states : [freshVault(crypto.random, 0)];
}

/** Decrypts rows under the store key and under the keys of any of these states of the vault. */
function openerOf(
  { crypto }: SalvageParts,
  keys: StoreKeys,
  states: readonly VaultState[],
): Opener {
  const cipher = rowCipher(crypto);
  const openers = states.map((state) => new RowKeys(cipher, keys.seal, state).opener());
  return (name, sealed, pageKey) => {
    for (const open of openers) {
      const value = open(name, sealed, pageKey);
      if (value) return value;
    }
    return undefined;
  };
}

function openRow(
  database: Database,
  open: Opener,
  name: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (name.length !== KEY_BYTES) return undefined;
  const page = pageOf(name);
  if (!page || !isKeyedPage(page)) return open(name, sealed);
  const row = database.getSync(page);
  const key = row && readPageRow(open, page, row)?.key;
  if (!key) return undefined;
  const value = open(name, sealed, key);
  wipe(key);
  return value;
}

async function gather(from: string, database: Database): Promise<void> {
  const newest = new Map<string, number>();
  for (const file of await filesOf(from)) {
    const read = file.endsWith(".log") ? rowsOfLog : rowsOfTable;
    let batch = database.batch();
    for (const { name, value, sequence } of read(await readFile(join(from, file)))) {
      const text = textOf(name);
      if ((newest.get(text) ?? -1) > sequence) continue;
      newest.set(text, sequence);
      if (value) batch.put(name, value);
      else batch.del(name);
      if (batch.length < BATCH_ROWS) continue;
      await batch.write();
      batch = database.batch();
    }
    await batch.write();
  }
}

async function filesOf(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => /\.(ldb|sst|log)$/.test(name)).toSorted();
  } catch (cause) {
    throw new SottoError("store-damaged", "The database of the store is missing.", { cause });
  }
}

/**
 * Throws `store-version`, `store-key-missing`. Ignores a damaged schema row: other rows may be
 * intact.
 */
function checkKey(crypto: CryptoProvider, keys: StoreKeys, schema: Uint8Array): void {
  try {
    checkSchema(crypto, keys, schema);
  } catch (error) {
    if (!(error instanceof SottoError) || error.code !== "store-damaged") throw error;
  }
}
