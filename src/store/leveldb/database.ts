/** LevelDB as the store uses it: row types, scans, batches, and opening without its log. */
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Level } from "level";
import { type NameRange, ownKey, type ScanRange } from "../layout/row-names.ts";

export type Database = Level<Uint8Array, Uint8Array>;
export type Snapshot = ReturnType<Database["snapshot"]>;

/** The names of the schema row and of the root checksum row. */
export const SCHEMA_KEY: Uint8Array = ownKey(0);
export const ROW_SUMS_KEY: Uint8Array = ownKey(1);

/** One change as it is written to the disk. */
export interface Write {
  readonly key: Uint8Array;
  /** `undefined` deletes. */
  readonly sealed: Uint8Array | undefined;
}

/** A change that a commit requested. */
export interface Change extends Write {
  /** Whether the previous value of the row is to be shredded. */
  readonly shreds: boolean;
}

/** The bytes of a name as a key for maps. */
export function textOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString("latin1");
}

/** Maximum of rows, and approximate maximum of bytes, that a scan has in memory at once. */
const ROWS_AT_ONCE = 256;
export const BYTES_AT_ONCE: number = 256 * 1024;

/** Rows of a range in order, some at a time. Does not close the range's snapshot. */
export async function* scan(
  database: Database,
  range: ScanRange & { readonly snapshot?: Snapshot },
): AsyncGenerator<[Uint8Array, Uint8Array][]> {
  const iterator = database.iterator({ ...range, highWaterMarkBytes: BYTES_AT_ONCE });
  try {
    for (;;) {
      const rows = await iterator.nextv(ROWS_AT_ONCE);
      if (rows.length === 0) return;
      yield rows;
    }
  } finally {
    await iterator.close();
  }
}

/**
 * Writes a batch, all or nothing. Faster than an array of operations, each of which would be
 * copied.
 */
export async function writeRows(
  database: Database,
  writes: Iterable<Write>,
  options: { readonly sync: boolean },
): Promise<void> {
  const batch = database.batch();
  for (const { key, sealed } of writes) {
    if (sealed) batch.put(key, sealed);
    else batch.del(key);
  }
  await batch.write(options);
}

/** Has LevelDB rewrite the tables of a range without replaced and deleted rows. */
export async function compact(database: Database, { gte, lte }: NameRange): Promise<void> {
  // A method of the implementation; the types of `level` have only what every platform has.
  const native = database as unknown as {
    compactRange(from: Uint8Array, to: Uint8Array): Promise<void>;
  };
  await native.compactRange(gte, lte);
}

/**
 * Opens a database and removes LevelDB's text log, which reveals in clear text when the database
 * was opened and how much was written. Systems that cannot remove an open file keep it.
 */
export async function openUnlogged(database: Database): Promise<void> {
  await database.open();
  const remove = (name: string) => unlink(join(database.location, name)).catch(() => undefined);
  await Promise.all(["LOG", "LOG.old"].map(remove));
}
