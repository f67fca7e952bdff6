/**
 * The schema row of a database that is not open: LevelDB writes to the files of a database while it
 * opens it, and a store of another version is refused with its files unchanged.
 */
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { equal } from "../../base/index.ts";
import { SCHEMA_KEY } from "./database.ts";
import { type Found, rowsOfLog, rowsOfTable } from "./file-reader.ts";
import { liveTables } from "./manifest.ts";

/** Bytes at the start of a table that contain its first row, if that is the schema row. */
const FIRST_ROW_BYTES = 4096;

/**
 * The newest version of the schema row; `undefined` if there is no database or the row cannot be
 * read. No row has a smaller name, so it is the first of a table.
 * @param path the folder of the database.
 */
export async function readSchemaRow(path: string): Promise<Uint8Array | undefined> {
  let newest: Found | undefined;
  const consider = (rows: Iterable<Found>): void => {
    for (const row of rows)
      if (equal(row.name, SCHEMA_KEY) && row.sequence >= (newest?.sequence ?? 0)) newest = row;
  };
  for (const { file, smallest } of await liveTables(path))
    if (equal(smallest.subarray(0, SCHEMA_KEY.length), SCHEMA_KEY))
      consider(rowsOfTable(await startOf(join(path, file))));
  const files = await readdir(path).catch(() => []);
  for (const file of files)
    if (file.endsWith(".log"))
      consider(rowsOfLog(await readFile(join(path, file)).catch(() => Buffer.alloc(0))));
  return newest?.value;
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_ROW_BYTES), 0, null, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
