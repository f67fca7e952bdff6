/**
 * Reads rows of paged tables, which opening does not check. A page is verified against its checksum
 * before an open store returns the first of its rows.
 */
import { SottoError, wipe } from "../../base/index.ts";
import { type Opener, orDamaged, type RowKeys } from "../encryption/row-keys.ts";
import {
  isKeyedPage,
  KEY_BYTES,
  type NameRange,
  pageOf,
  rowsOf,
  tableName,
} from "../layout/row-names.ts";
import { BYTES_AT_ONCE, type Database, type Snapshot, scan, textOf } from "../leveldb/database.ts";
import { readError } from "../leveldb/errors.ts";
import { openPageRow, sumOf } from "./page-row.ts";
import { emptySum, isEmpty, type Marker, toggle } from "./row-sums.ts";
import type { SumLedger } from "./sum-ledger.ts";

/** Checked pages to remember, about 3 MB; beyond it, all are forgotten and checked again. */
const REMEMBERED = 16_384;

export interface ReadRange extends NameRange {
  readonly reverse: boolean;
  readonly limit: number;
}

/** A row's name and its decrypted value. */
export type Entry = readonly [name: Uint8Array, value: Uint8Array];

export interface PagesParts {
  readonly database: Database;
  readonly rowKeys: RowKeys;
  readonly mark: Marker;
  readonly ledger: Pick<SumLedger, "knownKey">;
}

export class Pages {
  readonly #database: Database;
  readonly #rowKeys: RowKeys;
  readonly #mark: Marker;
  readonly #ledger: PagesParts["ledger"];
  readonly #checked = new Map<string, Promise<void>>();

  constructor({ database, rowKeys, mark, ledger }: PagesParts) {
    this.#database = database;
    this.#rowKeys = rowKeys;
    this.#mark = mark;
    this.#ledger = ledger;
  }

  /**
   * Resolves at once for a page that was checked before: later writes of this handle keep rows and
   * checksum consistent. Throws `store-damaged`, at each call, if rows were lost, changed or
   * restored.
   */
  check(page: Uint8Array): Promise<void> {
    const name = textOf(page);
    const known = this.#checked.get(name);
    if (known) return known;
    const checking = this.#verify(page);
    if (this.#checked.size >= REMEMBERED) this.#checked.clear();
    this.#checked.set(name, checking);
    checking.catch(() => this.#checked.delete(name));
    return checking;
  }

  /** The value of a row in a page. */
  async get(name: Uint8Array, page: Uint8Array): Promise<Uint8Array | undefined> {
    await this.check(page);
    // Synchronous: about 5 µs, where the thread pool needs 70.
    const sealed = this.#database.getSync(name);
    if (!sealed) return undefined;
    if (!isKeyedPage(page)) return this.#rowKeys.open(name, sealed);
    const key = this.#ledger.knownKey(page);
    return (key && this.#rowKeys.opener()(name, sealed, key)) ?? this.#getTogether(name, page);
  }

  /**
   * Reads row and page key from one snapshot, in case the key was rotated between two reads.
   */
  async #getTogether(name: Uint8Array, page: Uint8Array): Promise<Uint8Array | undefined> {
    const snapshot = this.#database.snapshot();
    try {
      const open = this.#rowKeys.opener();
      const sealed = this.#database.getSync(name, { snapshot });
      if (!sealed) return undefined;
      return this.#withKey(page, open, snapshot, async (key) =>
        orDamaged(name, open(name, sealed, key)),
      );
    } finally {
      await snapshot.close();
    }
  }

  /**
   * Rows of a range within a table that has pages. Reads and checks only the pages that contain
   * them. @param onDamage see `ListOptions`.
   */
  async read(
    { gte, lte, reverse, limit }: ReadRange,
    onDamage?: (damaged: NameRange) => void,
  ): Promise<Entry[]> {
    const [first, last] = [pageOf(gte), pageOf(lte)];
    if (!first || !last) throw new RangeError("this table has no pages");
    const snapshot = this.#database.snapshot();
    const open = this.#rowKeys.opener();
    const pages = this.#database.keys({ gte: first, lte: last, reverse, snapshot });
    const entries: Entry[] = [];
    try {
      while (entries.length < limit) {
        // Pages by their checksum rows, which opening verified: so a page that lost every row is
        // noticed.
        const page = await pages.next();
        if (page === undefined) break;
        if (onDamage === undefined) await this.check(page);
        const rows = rowsOf(page);
        const within = {
          gte: later(rows.gte, gte),
          lte: later(lte, rows.lte) === lte ? rows.lte : lte,
          reverse,
          limit: limit - entries.length,
          highWaterMarkBytes: BYTES_AT_ONCE,
          snapshot,
        };
        if (onDamage !== undefined) {
          entries.push(...(await this.#readable(page, open, within, onDamage)));
          continue;
        }
        await this.#withKey(page, open, snapshot, async (key) => {
          for (const [name, sealed] of await this.#database.iterator(within).all())
            entries.push([name, orDamaged(name, open(name, sealed, key))]);
        });
      }
      return entries;
    } finally {
      await pages.close();
      await snapshot.close();
    }
  }

  /** Up to `limit` rows of a page that can be read; reports damage instead of throwing it. */
  async #readable(
    page: Uint8Array,
    open: Opener,
    { limit, ...within }: ReadRange & { readonly snapshot: Snapshot },
    onDamage: (damaged: NameRange) => void,
  ): Promise<Entry[]> {
    const entries: Entry[] = [];
    let reported = false;
    const orReport = async (job: Promise<void>): Promise<void> => {
      try {
        await job;
      } catch (error) {
        if (readError(error).code !== "store-damaged") throw error;
        if (!reported) onDamage(within);
        reported = true;
      }
    };
    await orReport(this.check(page));
    await orReport(
      this.#withKey(page, open, within.snapshot, async (key) => {
        for await (const [name, sealed] of this.#database.iterator(within)) {
          const value = open(name, sealed, key);
          if (value === undefined) onDamage({ gte: name, lte: name });
          else entries.push([name, value]);
          if (entries.length >= limit) break;
        }
      }),
    );
    return entries;
  }

  /** Runs a job with the key that a page has in a snapshot; `undefined` where it has none. */
  async #withKey<Result>(
    page: Uint8Array,
    open: Opener,
    snapshot: Snapshot,
    job: (key: Uint8Array | undefined) => Promise<Result>,
  ): Promise<Result> {
    const sealed = isKeyedPage(page) ? this.#database.getSync(page, { snapshot }) : undefined;
    const key = sealed && openPageRow(open, page, sealed).key;
    try {
      return await job(key);
    } finally {
      if (key) wipe(key);
    }
  }

  async #verify(page: Uint8Array): Promise<void> {
    const snapshot = this.#database.snapshot();
    try {
      const left = await this.#difference(page, this.#rowKeys.opener(), snapshot);
      if (!isEmpty(left))
        throw new SottoError(
          "store-damaged",
          `Rows of the table "${tableName(page)}" are missing, changed or out of date.`,
        );
    } finally {
      await snapshot.close();
    }
  }

  /** The recorded checksum minus that of the rows, of one snapshot; empty if they are equal. */
  async #difference(page: Uint8Array, open: Opener, snapshot: Snapshot): Promise<Uint8Array> {
    const sum = emptySum();
    const sealed = this.#database.getSync(page, { snapshot });
    if (sealed) toggle(sum, sumOf(openPageRow(open, page, sealed)));
    for await (const rows of scan(this.#database, { ...rowsOf(page), snapshot }))
      for (const [key, value] of rows) toggle(sum, this.#mark(key, value));
    return sum;
  }
}

function later(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Buffer.compare(a.subarray(0, KEY_BYTES), b.subarray(0, KEY_BYTES)) < 0 ? b : a;
}
