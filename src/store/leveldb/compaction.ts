/**
 * Compacts shredded pages in the background, to free their space: the rows can no longer be
 * decrypted.
 */

import { rangesByOwner } from "../layout/row-names.ts";
import { compact, type Database } from "./database.ts";

/**
 * Pages that are shredded before LevelDB is asked: it would drop their old rows by itself, but
 * late.
 */
const PAGES_TO_COMPACT = 64;

export class Reclaimer {
  readonly #database: Database;
  #pages: Uint8Array[] = [];
  #compacting: Promise<void> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes note of pages that were shredded. */
  take(pages: readonly Uint8Array[]): void {
    for (const page of pages) this.#pages.push(page);
    if (this.#pages.length < PAGES_TO_COMPACT) return;
    const ranges = rangesByOwner(this.#pages);
    this.#pages = [];
    this.#compacting = this.#compacting.then(async () => {
      // What cannot be compacted now is compacted by LevelDB in its own time.
      for (const range of ranges) await compact(this.#database, range).catch(() => undefined);
    });
  }

  /** Resolves when nothing is being compacted. */
  async idle(): Promise<void> {
    await this.#compacting;
  }
}
