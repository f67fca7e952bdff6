/**
 * Commits in a second beside the disk's own limit: bare batches of LevelDB, synced, of as many rows
 * and bytes.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Level } from "level";
import { quantile } from "./measure.ts";
import type { Figure } from "./table.ts";

/** How long each rate is measured, in ms, in each of three rounds. */
const RATE_TIME = 1_500;
const ROUNDS = 3;

export type Bare = Level<Uint8Array, Uint8Array>;

export function bareDatabase(directory: string): Bare {
  return new Level<Uint8Array, Uint8Array>(directory, {
    keyEncoding: "view",
    valueEncoding: "view",
    compression: false,
  });
}

export interface Commits {
  /** Of what each call commits, such as "messages committed". */
  readonly name: string;
  /** How many call at a time, each waiting for its own call before the next. */
  readonly callers: readonly number[];
  readonly call: (caller: number) => Promise<unknown>;
  /** Bytes of the values of the rows that one call writes. */
  readonly rows: readonly number[];
  /** Where the bare database may lie: on the same disk. */
  readonly directory: string;
}

export async function besideBareBatches(commits: Commits): Promise<Figure[]> {
  const { name, callers, call, directory } = commits;
  const bare = bareDatabase(join(directory, "bare"));
  const values = commits.rows.map((size) => new Uint8Array(randomBytes(size)));
  const batch = (): Promise<void> =>
    bare.batch(
      values.map((value) => ({ type: "put", key: new Uint8Array(randomBytes(25)), value })),
      { sync: true },
    );
  const figures: Figure[] = [];
  for (const count of callers) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await rate(count, batch));
      ours.push(await rate(count, call));
    }
    figures.push({
      name: `${name}, ${count} at a time`,
      value: quantile(ours, 0.5),
      unit: "/s",
      beside: { name: "bare synced batches", value: quantile(theirs, 0.5) },
    });
  }
  await bare.close();
  return figures;
}

/** Calls in a second. */
async function rate(callers: number, call: (caller: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  const until = started + RATE_TIME;
  let count = 0;
  const worker = async (_: unknown, caller: number): Promise<void> => {
    while (performance.now() < until) {
      await call(caller);
      count++;
    }
  };
  await Promise.all(Array.from({ length: callers }, worker));
  return (count * 1000) / (performance.now() - started);
}
