/** Flips bytes in copies of a small home, to test that the store detects it. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { SottoError } from "../../../src/base/index.ts";
import { type StoreOp, silent, type Table } from "../../../src/ports/index.ts";
import {
  createKeyring,
  type DiskStore,
  openStore,
  unlockKeyring,
} from "../../../src/store/index.ts";
import { crypto, temporaryDirectory } from "../fixtures.ts";

const TABLES: readonly Table[] = ["identity", "contact", "session", "message", "outbox", "event"];
const ROWS = 4;
const put = (table: Table, at: number): StoreOp => ({
  kind: "put",
  key: { table, of: "x", at },
  value: new Uint8Array(40).fill(at),
});

export interface Homes {
  /** Closed normally: all rows are in tables. */
  readonly closed: string;
  /** Of a killed process: many rows are in the log. */
  readonly killed: string;
  remove(): void;
}

async function open(directory: string): Promise<DiskStore> {
  const key = await unlockKeyring(directory, undefined, crypto);
  return openStore({ directory, key, crypto, log: silent });
}

export async function makeHomes(): Promise<Homes> {
  const [closed, killed] = [temporaryDirectory(), temporaryDirectory()];
  await createKeyring(closed, { kind: "key-file" }, crypto);
  for (let round = 0; round < 2; round++) {
    const store = await open(closed);
    for (let at = round * (ROWS / 2); at < (round + 1) * (ROWS / 2); at++)
      await store.commit(TABLES.map((table) => put(table, at)));
    if (round === 1) cpSync(closed, killed, { recursive: true });
    await store.close();
  }
  return {
    closed,
    killed,
    remove() {
      for (const home of [closed, killed]) rmSync(home, { recursive: true });
    },
  };
}

/** The files of a home with contents, without LevelDB's text log and its lock. */
export function filesOf(home: string): string[] {
  const files = readdirSync(home, { recursive: true, encoding: "utf8" });
  return files
    .filter((name) => !/(^|\/)(LOG|LOG\.old|LOCK)$/.test(name))
    .filter((name) => statSync(join(home, name)).isFile() && statSync(join(home, name)).size > 0)
    .toSorted();
}

/** Every row that can be read, and what was reported. */
async function read(
  home: string,
): Promise<{ readonly rows?: unknown; readonly reported: string[] }> {
  try {
    const store = await open(home);
    try {
      const reported = store.rolledBack ? ["rolled back"] : [];
      const rows: unknown[] = [];
      for (const table of TABLES)
        try {
          rows.push(await store.list(table, "x"));
        } catch (error) {
          reported.push(codeOf(error));
        }
      return { rows, reported: [...reported, ...(await store.check()).damaged] };
    } finally {
      await store.close();
    }
  } catch (error) {
    return { reported: [codeOf(error)] };
  }
}

function codeOf(error: unknown): string {
  // An error without a code of its own does not help the user.
  if (!(error instanceof SottoError) || error.code === "internal") throw error;
  return error.code;
}

/**
 * Flips one bit of a byte in a copy of the home. @returns what was reported; empty if it made no
 * difference. Throws if a row is missing or changed without a report, or if an error has no code.
 */
export async function flipped(home: string, file: string, at: number): Promise<string[]> {
  const tried = temporaryDirectory();
  try {
    const whole = await readOnce(home);
    cpSync(home, tried, { recursive: true });
    const bytes = readFileSync(join(tried, file));
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    writeFileSync(join(tried, file), bytes);
    const { rows, reported } = await read(tried);
    if (reported.length === 0 && !isDeepStrictEqual(rows, whole))
      throw new Error(`byte ${at} of ${file}: other rows are read, and nothing is reported`);
    return reported;
  } finally {
    rmSync(tried, { recursive: true });
  }
}

const known = new Map<string, unknown>();

async function readOnce(home: string): Promise<unknown> {
  if (!known.has(home)) {
    const copy = temporaryDirectory();
    cpSync(home, copy, { recursive: true });
    known.set(home, (await read(copy)).rows);
    rmSync(copy, { recursive: true });
  }
  return known.get(home);
}
