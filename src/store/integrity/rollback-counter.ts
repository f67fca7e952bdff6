/**
 * The rollback counter, the number of the last batch in a file of its own: number (8) ‖ HMAC (16)
 * in `vault.count`. It is written after each batch and not synced: after a crash of the machine it
 * may be older than the database, never newer. A database with fewer batches is an older copy.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { concat, equal, readU64, u64 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { readIfExists, writeAtomically } from "../files/atomic-files.ts";

export const COUNTER_FILE = "vault.count";
const NUMBER_BYTES = 8;
const MAC_BYTES = 16;

export interface CounterLocation {
  readonly directory: string;
  readonly crypto: Pick<CryptoProvider, "hmac">;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** The number in the file, or why there is none. */
export async function readCounter(
  location: CounterLocation,
): Promise<number | "missing" | "damaged"> {
  const bytes = await readIfExists(pathOf(location));
  if (!bytes) return "missing";
  const number = bytes.length === NUMBER_BYTES + MAC_BYTES ? readU64(bytes) : undefined;
  if (number === undefined || !equal(bytes, encode(location, number))) return "damaged";
  return number;
}

/** Creates or replaces the file. */
export async function makeCounter(location: CounterLocation, number: number): Promise<void> {
  await writeAtomically(pathOf(location), encode(location, number));
}

/** The file of an open store. */
export class Counter {
  readonly #location: CounterLocation;
  #file: number;
  #number: number;

  /** @param number what the file contains; it must exist. */
  constructor(location: CounterLocation, number: number) {
    this.#location = location;
    this.#number = number;
    this.#file = openSync(pathOf(location), "r+");
  }

  /**
   * Synchronous: a few µs into the kernel's cache, where the thread pool needs 70.
   */
  write(number: number): void {
    writeSync(this.#file, encode(this.#location, number), 0, NUMBER_BYTES + MAC_BYTES, 0);
    this.#number = number;
  }

  /** Whether the file differs from what was written. */
  async isDamaged(): Promise<boolean> {
    return (await readCounter(this.#location)) !== this.#number;
  }

  /** Replaces the file. */
  async repair(): Promise<void> {
    await makeCounter(this.#location, this.#number);
    closeSync(this.#file);
    this.#file = openSync(pathOf(this.#location), "r+");
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

function encode({ crypto, key }: CounterLocation, number: number): Uint8Array {
  const body = u64(number);
  return concat(body, crypto.hmac(key, body).subarray(0, MAC_BYTES));
}

function pathOf({ directory }: CounterLocation): string {
  return join(directory, COUNTER_FILE);
}
