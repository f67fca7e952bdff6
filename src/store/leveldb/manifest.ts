/**
 * LevelDB's manifest, read without opening the database: which tables the database consists of.
 * Format: db/version_edit.cc in https://github.com/google/leveldb.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { recordsOf, varint } from "./file-reader.ts";

/** A table that belongs to the database. */
export interface LiveTable {
  /** The name of its file. */
  readonly file: string;
  /** Its size. */
  readonly bytes: number;
  /** The smallest name of a row in it, followed by kind and sequence (8 bytes). */
  readonly smallest: Uint8Array;
}

/**
 * The tables in the manifest of a database; none if it cannot be read, which LevelDB reports
 * itself.
 */
export async function liveTables(path: string): Promise<LiveTable[]> {
  const current = await readFile(join(path, "CURRENT"), "utf8").catch(() => "");
  if (!/^MANIFEST-\d+\n$/.test(current)) return [];
  const manifest = await readFile(join(path, current.trim())).catch(() => Buffer.alloc(0));
  const live = new Map<number, LiveTable>();
  for (const record of recordsOf(manifest)) applyEdit(record, live);
  return [...live.values()];
}

/** A version edit: fields, each a tag and its values. */
function applyEdit(edit: Buffer, live: Map<number, LiveTable>): void {
  let at = 0;
  const number = (): number => {
    const read = varint(edit, at);
    at = read?.end ?? Number.POSITIVE_INFINITY;
    return read?.value ?? 0;
  };
  const text = (): Uint8Array => {
    const length = number();
    const from = at;
    at += length;
    return edit.subarray(from, at);
  };
  while (at < edit.length) {
    switch (number()) {
      case 1:
        text();
        break;
      case 2:
      case 3:
      case 4:
      case 9:
        number();
        break;
      case 5:
        number();
        text();
        break;
      case 6:
        number();
        live.delete(number());
        break;
      case 7: {
        number();
        const table = number();
        const bytes = number();
        const smallest = text();
        text();
        live.set(table, { file: `${String(table).padStart(6, "0")}.ldb`, bytes, smallest });
        break;
      }
      default:
        return;
    }
  }
}
