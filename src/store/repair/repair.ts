/**
 * Repairs a store: writes every readable row of the damaged one to a new store with new checksums.
 * The damaged files are kept in another folder.
 */
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { type Log, type Store, silent, type Table } from "../../ports/index.ts";
import { moveAtomically } from "../files/atomic-files.ts";
import {
  finishRepair,
  REPAIRED,
  REPAIRING,
  removeUnfinishedRepair,
  STORE_FILES,
} from "../integrity/repair-files.ts";
import { isPage, OWN_TABLE, tableName } from "../layout/row-names.ts";
import { scan } from "../leveldb/database.ts";
import { writeError } from "../leveldb/errors.ts";
import type { LevelStore } from "../leveldb-store.ts";
import { openStore, refuseOtherVersion } from "../open.ts";
import { type Salvage, salvage } from "./salvage.ts";

export interface RepairStore {
  /** The data directory. Requires its lock. */
  readonly directory: string;
  /** 32 bytes. Not kept. */
  readonly key: Uint8Array;
  readonly crypto: CryptoProvider;
  readonly log: Log;
  /** Name of the folder for the damaged files; it must not exist. */
  readonly aside: string;
  /** Tables that are not copied, because they are rebuilt from others. */
  readonly leaveOut: readonly Table[];
  /**
   * Makes rows consistent that were written together, before the new store is used. May throw to
   * cancel the repair.
   */
  readonly reconcile: (store: Store) => Promise<void>;
}

export interface Repaired {
  /** Number of rows that were copied, by table. */
  readonly kept: Readonly<Record<string, number>>;
  /** Number of rows that exist and cannot be decrypted, by table. */
  readonly dropped: Readonly<Record<string, number>>;
  /**
   * Tables with rows that are missing, changed or outdated; "store" if it may be any table.
   */
  readonly incomplete: readonly string[];
}

/** Rows of a batch. */
const BATCH_ROWS = 256;

/**
 * Repairs the store of a directory. A crash leaves the damaged one, or the new one and a copy
 * of the damaged one. Throws `store-damaged` if nothing can be read at all, `store-version`,
 * `store-key-missing`, `disk-full`, `store-write-failed`, and what `reconcile` throws; then nothing
 * is changed.
 */
export async function repairStore(options: RepairStore): Promise<Repaired> {
  const { directory, key, crypto, aside, reconcile } = options;
  const work = join(directory, REPAIRING);
  await refuseOtherVersion(directory, crypto);
  try {
    await finishRepair(directory);
    await removeUnfinishedRepair(directory, crypto.random);
    await mkdir(work, { recursive: true, mode: 0o700 });
    const scratch = join(work, "salvage");
    const found = await salvage(options, scratch);
    let repaired: Repaired;
    let store: LevelStore | undefined;
    try {
      store = await openStore({ directory: work, key, crypto, log: silent });
      const left: ReadonlySet<string> = new Set(options.leaveOut);
      const counts = await copyRows(found, left, store);
      repaired = { ...counts, incomplete: found.incomplete.filter((table) => !left.has(table)) };
      await reconcile(store);
    } finally {
      await store?.close();
      await found.close();
    }
    await rm(scratch, { recursive: true });
    await copyAside(directory, join(directory, aside));
    // From here on the repair is effective: after a crash, the next opening finishes it.
    await moveAtomically(work, join(directory, REPAIRED));
    await finishRepair(directory);
    return repaired;
  } catch (error) {
    await removeUnfinishedRepair(directory, crypto.random).catch(() => undefined);
    throw writeError(error);
  }
}

async function copyAside(directory: string, aside: string): Promise<void> {
  await mkdir(aside, { mode: 0o700 });
  const there = await readdir(directory);
  for (const name of STORE_FILES)
    if (there.includes(name))
      await cp(join(directory, name), join(aside, name), { recursive: true });
}

async function copyRows(
  { database, open }: Salvage,
  left: ReadonlySet<string>,
  store: LevelStore,
): Promise<Pick<Repaired, "kept" | "dropped">> {
  const kept: Record<string, number> = {};
  const dropped: Record<string, number> = {};
  const count = (counts: Record<string, number>, name: Uint8Array): void => {
    const table = tableName(name);
    counts[table] = (counts[table] ?? 0) + 1;
  };
  let batch: [Uint8Array, Uint8Array][] = [];
  const write = async (): Promise<void> => {
    const rows = batch;
    batch = [];
    await store.adopt(rows);
    wipe(...rows.map(([, value]) => value));
  };
  for await (const rows of scan(database, {})) {
    for (const [name, value] of rows) {
      if (name[0] === OWN_TABLE || isPage(name) || left.has(tableName(name))) continue;
      const opened = open(name, value);
      if (opened) batch.push([name, opened]);
      count(opened ? kept : dropped, name);
    }
    if (batch.length >= BATCH_ROWS) await write();
  }
  await write();
  return { kept, dropped };
}
