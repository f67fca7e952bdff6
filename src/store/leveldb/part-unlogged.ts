/** LevelDB without the log that it keeps beside its tables: in clear text, of when it was opened and how much was written. */
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "./database.ts";

/** Opens a database. What its log still says goes to a file without a name, but for systems that cannot remove an open file. */
export async function openUnlogged(database: Database): Promise<void> {
  await database.open();
  const remove = (name: string) => unlink(join(database.location, name)).catch(() => undefined);
  await Promise.all(["LOG", "LOG.old"].map(remove));
}
