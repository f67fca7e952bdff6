/**
 * Compacts shredded pages in the background, to free their space: the rows can no longer be
 * decrypted.
 */

import { rangesByOwner } from "../layout/row-names.ts";
import { compact, type Database } from "./database.ts";

/**
 * Number of shredded pages after which they are compacted: LevelDB would drop their old rows by
 * itself, but later.
 */
const PAGES_TO_COMPACT = 64;

export class Reclaimer {
  readonly #database: Database;
  #pages: Uint8Array[] = [];
  #compacting: Promise<void> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds pages that were shredded. */
  take(pages: readonly Uint8Array[]): void {
    for (const page of pages) this.#pages.push(page);
    if (this.#pages.length < PAGES_TO_COMPACT) return;
    const ranges = rangesByOwner(this.#pages);
    this.#pages = [];
    this.#compacting = this.#compacting.then(async () => {
      // On failure, LevelDB compacts the range later by itself.
      for (const range of ranges) await compact(this.#database, range).catch(() => undefined);
    });
  }

  /** Resolves when nothing is being compacted. */
  async idle(): Promise<void> {
    await this.#compacting;
  }
}
