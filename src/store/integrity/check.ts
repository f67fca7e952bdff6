/** Checks a whole store: decrypts every row and verifies all checksums. */

import { wipe } from "../../base/index.ts";
import { type Opener, opens } from "../encryption/row-keys.ts";
import {
  isKeyedPage,
  isPage,
  KEY_BYTES,
  OWN_TABLE,
  pageOf,
  tableName,
} from "../layout/row-names.ts";
import { type Database, ROW_SUMS_KEY, SCHEMA_KEY, scan, textOf } from "../leveldb/database.ts";
import { type PageRow, readPageRow, sumOf } from "./page-row.ts";
import { decodeRowSums, emptySum, isEmpty, type Marker, toggle } from "./row-sums.ts";

/** The result of a complete check. */
export interface StoreCheck {
  /** Number of rows that were read, including checksum rows. */
  readonly rows: number;
  /**
   * Names of tables with rows that were lost, changed or restored; "store" for checksum rows and
   * for rows that are verified together at opening; names of files next to the database. Empty if
   * there is no damage.
   */
  readonly damaged: string[];
}

/**
 * Checks a snapshot of the store. Each row belongs to one page, by its name, so the checksums of
 * all pages add up to that of the table's rows: one difference for each table is enough, and memory
 * use is constant. LevelDB reads some rows at a time in another thread; other work continues in
 * between.
 * @param open of the moment of the call.
 */
export async function checkRows(
  database: Database,
  open: Opener,
  mark: Marker,
): Promise<StoreCheck> {
  const damaged = new Set<string>();
  const left = new Map<string, Uint8Array>();
  const difference = (table: string): Uint8Array => {
    const known = left.get(table) ?? emptySum();
    left.set(table, known);
    return known;
  };

  let rows = 0;
  const snapshot = database.snapshot();
  const pageRow = (page: Uint8Array): PageRow | undefined => {
    const sealed = database.getSync(page, { snapshot });
    return sealed && readPageRow(open, page, sealed);
  };
  // Rows of one page follow each other.
  let last: { readonly page: string; readonly key: Uint8Array | undefined } | undefined;
  const keyOf = (page: Uint8Array): Uint8Array | undefined => {
    const name = textOf(page);
    if (last?.page === name) return last.key;
    if (last?.key) wipe(last.key);
    last = { page: name, key: pageRow(page)?.key };
    return last.key;
  };

  try {
    for await (const some of scan(database, { snapshot })) {
      rows += some.length;
      for (const [key, sealed] of some) {
        if (key.length !== KEY_BYTES) damaged.add("store");
        if (key[0] === OWN_TABLE) continue;
        const page = pageOf(key);
        const pageKey = page && isKeyedPage(page) ? keyOf(page) : undefined;
        if (isPage(key)) {
          const row = pageRow(key);
          if (row) toggle(difference(tableName(key)), sumOf(row));
          else damaged.add(tableName(key));
        } else if (!opens(open, key, sealed, pageKey)) damaged.add(tableName(key));
        toggle(difference(page ? tableName(key) : "store"), mark(key, sealed));
      }
    }
    const sealed = database.getSync(ROW_SUMS_KEY, { snapshot });
    const bytes = sealed && open(ROW_SUMS_KEY, sealed);
    const root = bytes && decodeRowSums(bytes);
    if (!root || !database.getSync(SCHEMA_KEY, { snapshot })) damaged.add("store");
    else toggle(difference("store"), root.sum);
  } finally {
    if (last?.key) wipe(last.key);
    await snapshot.close();
  }
  for (const [table, sum] of left) if (!isEmpty(sum)) damaged.add(table);
  return { rows, damaged: [...damaged].sort() };
}
