/** A small home, of which bytes are flipped to see who notices. */
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
  /** Closed in order: all is in tables. */
  readonly closed: string;
  /** Of a process that was killed: much is in the log. */
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

/** The files of a home that hold something: LevelDB's own talk and its lock are none of it. */
export function filesOf(home: string): string[] {
  const files = readdirSync(home, { recursive: true, encoding: "utf8" });
  return files
    .filter((name) => !/(^|\/)(LOG|LOG\.old|LOCK)$/.test(name))
    .filter((name) => statSync(join(home, name)).isFile() && statSync(join(home, name)).size > 0)
    .toSorted();
}

/** Everything that can be read, or what is said about it. */
async function read(home: string): Promise<{ readonly rows?: unknown; readonly said: string[] }> {
  try {
    const store = await open(home);
    try {
      const said = store.rolledBack ? ["rolled back"] : [];
      const rows: unknown[] = [];
      for (const table of TABLES)
        try {
          rows.push(await store.list(table, "x"));
        } catch (error) {
          said.push(codeOf(error));
        }
      return { rows, said: [...said, ...(await store.check()).damaged] };
    } finally {
      await store.close();
    }
  } catch (error) {
    return { said: [codeOf(error)] };
  }
}

function codeOf(error: unknown): string {
  // What is no fault of ours has no name that a person could do anything with.
  if (!(error instanceof SottoError) || error.code === "internal") throw error;
  return error.code;
}

/**
 * Flips one bit of a byte in a copy of the home. @returns what was said about it; nothing where it
 * made no difference. Throws where something is missing or changed without a word, or where no
 * fault of the table was said.
 */
export async function flipped(home: string, file: string, at: number): Promise<string[]> {
  const tried = temporaryDirectory();
  try {
    const whole = await readOnce(home);
    cpSync(home, tried, { recursive: true });
    const bytes = readFileSync(join(tried, file));
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    writeFileSync(join(tried, file), bytes);
    const { rows, said } = await read(tried);
    if (said.length === 0 && !isDeepStrictEqual(rows, whole))
      throw new Error(`byte ${at} of ${file}: something else is read, and nothing is said`);
    return said;
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
