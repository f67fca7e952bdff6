/**
 * Rows of the tables that opening leaves unread. A page is held against its sum before the first of its rows is
 * given out in the life of a handle.
 */
import { SottoError } from "../base/index.ts";
import { BYTES_AT_ONCE, type Database, type Snapshot, scan, textOf } from "./database.ts";
import { KEY_BYTES, type NameRange, pageOf, rowsOf, tableName } from "./keys.ts";
import type { Sealer } from "./sealed.ts";
import { emptySum, isEmpty, type Marker, toggle } from "./tally.ts";

/** Pages whose check is remembered; beyond it all are forgotten, and checked anew. About 3 MB. */
const REMEMBERED = 16_384;

export interface ReadRange extends NameRange {
  readonly reverse: boolean;
  readonly limit: number;
}

export type Entry = [Uint8Array, Uint8Array];

export class Pages {
  readonly #database: Database;
  readonly #sealer: Sealer;
  readonly #mark: Marker;
  readonly #checked = new Map<string, Promise<void>>();

  constructor(database: Database, sealer: Sealer, mark: Marker) {
    this.#database = database;
    this.#sealer = sealer;
    this.#mark = mark;
  }

  /**
   * Resolves at once for a page that was checked before: what this handle has written since keeps rows and sum in
   * step. Throws `store-damaged`, each time anew, where rows of it were lost, changed or put back.
   */
  check(page: Uint8Array): Promise<void> {
    const name = textOf(page);
    const known = this.#checked.get(name);
    if (known) return known;
    const checking = this.#compare(page);
    if (this.#checked.size >= REMEMBERED) this.#checked.clear();
    this.#checked.set(name, checking);
    checking.catch(() => this.#checked.delete(name));
    return checking;
  }

  /** Rows of a range within a table that has pages. Reads and checks only the pages that it takes rows from. */
  async read({ gte, lte, reverse, limit }: ReadRange): Promise<Entry[]> {
    const [first, last] = [pageOf(gte), pageOf(lte)];
    if (!first || !last) throw new RangeError("this table has no pages");
    const snapshot = this.#database.snapshot();
    const pages = this.#database.keys({ gte: first, lte: last, reverse, snapshot });
    const entries: Entry[] = [];
    try {
      while (entries.length < limit) {
        // Pages by their sums, which opening found complete: a page that lost every row is missed here.
        const page = await pages.next();
        if (page === undefined) break;
        await this.check(page);
        const rows = rowsOf(page);
        const within = {
          gte: later(rows.gte, gte),
          lte: later(lte, rows.lte) === lte ? rows.lte : lte,
          reverse,
          limit: limit - entries.length,
          highWaterMarkBytes: BYTES_AT_ONCE,
          snapshot,
        };
        for (const entry of await this.#database.iterator(within).all()) entries.push(entry);
      }
      return entries;
    } finally {
      await pages.close();
      await snapshot.close();
    }
  }

  async #compare(page: Uint8Array): Promise<void> {
    const snapshot = this.#database.snapshot();
    try {
      const left = await this.#difference(page, snapshot);
      if (!isEmpty(left))
        throw new SottoError(
          "store-damaged",
          `Rows of the table "${tableName(page)}" were lost, changed or put back.`,
        );
    } finally {
      await snapshot.close();
    }
  }

  /** What was written and what is there, of one moment: together, nothing. */
  async #difference(page: Uint8Array, snapshot: Snapshot): Promise<Uint8Array> {
    const sum = emptySum();
    const sealed = this.#database.getSync(page, { snapshot });
    if (sealed) toggle(sum, this.#sealer.open(page, sealed));
    for await (const rows of scan(this.#database, { ...rowsOf(page), snapshot }))
      for (const [key, value] of rows) toggle(sum, this.#mark(key, value));
    return sum;
  }
}

function later(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Buffer.compare(a.subarray(0, KEY_BYTES), b.subarray(0, KEY_BYTES)) < 0 ? b : a;
}
