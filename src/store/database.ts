/** LevelDB as the files of this room use it. */
import type { Level } from "level";
import { ownKey } from "./keys.ts";

export type Database = Level<Uint8Array, Uint8Array>;
export type Snapshot = ReturnType<Database["snapshot"]>;

/** Where the schema and the root tally lie among the store's own rows. */
export const SCHEMA_KEY: Uint8Array = ownKey(0);
export const TALLY_KEY: Uint8Array = ownKey(1);

/** One change in the disk's own terms. */
export interface Write {
  readonly key: Uint8Array;
  /** `undefined` deletes. */
  readonly sealed: Uint8Array | undefined;
}

/** The bytes of a name as a key for maps. */
export function textOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString("latin1");
}

/** Most rows, and about the most bytes, that a scan has in memory at once. */
const ROWS_AT_ONCE = 256;
export const BYTES_AT_ONCE: number = 256 * 1024;

export interface ScanRange {
  readonly gt?: Uint8Array;
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly snapshot?: Snapshot;
}

/** Rows of a range in order, some at a time. The range's snapshot is the caller's to close. */
export async function* scan(
  database: Database,
  range: ScanRange,
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

/** Lets LevelDB write its tables anew, without what later batches made void. */
export async function compact(database: Database): Promise<void> {
  // Of the implementation behind `level`; its types name only what every platform has.
  const native = database as unknown as {
    compactRange(from: Uint8Array, to: Uint8Array): Promise<void>;
  };
  await native.compactRange(new Uint8Array(1), new Uint8Array(1).fill(0xff));
}
