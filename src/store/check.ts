/** Every row of the store, read, opened and held against its sums. */
import { type Database, SCHEMA_KEY, scan, TALLY_KEY } from "./database.ts";
import { isPage, KEY_BYTES, OWN_TABLE, pageOf, tableName } from "./keys.ts";
import type { Sealer } from "./sealed.ts";
import { decodeTally, emptySum, isEmpty, type Marker, toggle } from "./tally.ts";

/** What a whole check found. */
export interface StoreCheck {
  /** Rows that were read, sums among them. */
  readonly rows: number;
  /**
   * Names of tables with rows that were lost, changed or put back; "store" for the sums themselves and for rows that
   * opening already checks together. Empty where all is well.
   */
  readonly damaged: string[];
}

/**
 * Looks at one moment of the store. A row belongs to one page, by its name, so the sum of all pages' sums is the
 * sum of a table's rows: one difference for each table is enough, and memory stays flat. LevelDB reads some rows at a time
 * in another thread, and whatever waits for this one has its turn meanwhile.
 */
export async function checkRows(
  database: Database,
  sealer: Sealer,
  mark: Marker,
): Promise<StoreCheck> {
  const damaged = new Set<string>();
  const left = new Map<string, Uint8Array>();
  const difference = (table: string): Uint8Array => {
    const known = left.get(table) ?? emptySum();
    left.set(table, known);
    return known;
  };
  const opened = (key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined => {
    try {
      return sealer.open(key, sealed);
    } catch {
      damaged.add(tableName(key));
      return undefined;
    }
  };

  let rows = 0;
  const snapshot = database.snapshot();
  try {
    for await (const some of scan(database, { snapshot })) {
      rows += some.length;
      for (const [key, sealed] of some) {
        if (key.length !== KEY_BYTES) damaged.add("store");
        if (key[0] === OWN_TABLE) continue;
        const value = opened(key, sealed);
        if (isPage(key) && value) toggle(difference(tableName(key)), value);
        toggle(difference(pageOf(key) ? tableName(key) : "store"), mark(key, sealed));
      }
    }
    const sealed = database.getSync(TALLY_KEY, { snapshot });
    const bytes = sealed && opened(TALLY_KEY, sealed);
    const root = bytes && decodeTally(bytes);
    if (!root || !database.getSync(SCHEMA_KEY, { snapshot })) damaged.add("store");
    else toggle(difference("store"), root.sum);
  } finally {
    await snapshot.close();
  }
  for (const [table, sum] of left) if (!isEmpty(sum)) damaged.add(table);
  return { rows, damaged: [...damaged].sort() };
}
