/**
 * The rollback counter, the number of the last batch in a file of its own: number (8) ‖ HMAC (16)
 * in `vault.count`. It is written after each batch and not synced: after a crash of the machine it
 * may be older than the database, never newer. A database with fewer batches is an older copy.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { concat, equal, readU64, u64 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { readIfThere, writeAtomically } from "../files/atomic-files.ts";

export const COUNTER_FILE = "vault.count";
const NUMBER_BYTES = 8;
const MAC_BYTES = 16;

export interface CounterPlace {
  readonly directory: string;
  readonly crypto: Pick<CryptoProvider, "hmac">;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** The number that the file holds, or why it holds none. */
export async function readCounter(place: CounterPlace): Promise<number | "missing" | "damaged"> {
  const bytes = await readIfThere(pathOf(place));
  if (!bytes) return "missing";
  const number = bytes.length === NUMBER_BYTES + MAC_BYTES ? readU64(bytes) : undefined;
  if (number === undefined || !equal(bytes, encode(place, number))) return "damaged";
  return number;
}

/** Creates or replaces the file. */
export async function makeCounter(place: CounterPlace, number: number): Promise<void> {
  await writeAtomically(pathOf(place), encode(place, number));
}

/** The file of an open store. */
export class Counter {
  readonly #place: CounterPlace;
  #file: number;
  #number: number;

  /** @param number what the file holds, which must be there. */
  constructor(place: CounterPlace, number: number) {
    this.#place = place;
    this.#number = number;
    this.#file = openSync(pathOf(place), "r+");
  }

  /**
   * In this thread: a few µs into the kernel's memory, where a round through the thread pool takes
   * 70.
   */
  write(number: number): void {
    writeSync(this.#file, encode(this.#place, number), 0, NUMBER_BYTES + MAC_BYTES, 0);
    this.#number = number;
  }

  /** Whether the file holds anything but what was written. */
  async isDamaged(): Promise<boolean> {
    return (await readCounter(this.#place)) !== this.#number;
  }

  /** Replaces the file. */
  async repair(): Promise<void> {
    await makeCounter(this.#place, this.#number);
    closeSync(this.#file);
    this.#file = openSync(pathOf(this.#place), "r+");
  }

  /** Syncs what was written. */
  close(): void {
    try {
      fdatasyncSync(this.#file);
    } finally {
      closeSync(this.#file);
    }
  }
}

function encode({ crypto, key }: CounterPlace, number: number): Uint8Array {
  const body = u64(number);
  return concat(body, crypto.hmac(key, body).subarray(0, MAC_BYTES));
}

function pathOf({ directory }: CounterPlace): string {
  return join(directory, COUNTER_FILE);
}
