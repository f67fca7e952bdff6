/**
 * Maintains checksums and page keys: adds to each batch the checksum rows that follow from its
 * changes.
 */
import { wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { addGroup, groupOf, removeGroup } from "../encryption/key-groups.ts";
import type { RowKeys } from "../encryption/row-keys.ts";
import { isKeyedPage, pageOf } from "../layout/row-names.ts";
import {
  type Change,
  type Database,
  ROW_SUMS_KEY,
  textOf,
  type Write,
} from "../leveldb/database.ts";
import { encodePageRow, openPageRow, PAGE_KEY_BYTES, type PageRow } from "./page-row.ts";
import { emptySum, encodeRowSums, type Marker, type RowSums, toggle } from "./row-sums.ts";

/** Pages to cache, about 6 MB: 16,000 messages in different conversations. */
const REMEMBERED = 16_384;

interface Page {
  readonly row: PageRow;
  /** Its mark in the root; `undefined` if it has no row on the disk. */
  readonly mark: Uint8Array | undefined;
}

/** A batch with its checksum rows. */
export interface PendingBatch {
  readonly writes: readonly Write[];
  /** Must be called once the batch is on the disk. */
  confirm(): void;
}

/** What a batch of crypto-shredding changes in addition to rows. */
export interface Shredding {
  /**
   * New keys of pages (32 bytes). The changes contain all readable rows of these pages, encrypted
   * under them.
   */
  readonly pages?: readonly { readonly page: Uint8Array; readonly key: Uint8Array }[];
  /**
   * Groups that are rotated. The changes contain all of their readable rows, encrypted under the
   * next keys.
   */
  readonly groups?: readonly number[];
}

export interface LedgerParts {
  readonly database: Database;
  readonly rowKeys: RowKeys;
  readonly mark: Marker;
  readonly random: CryptoProvider["random"];
}

export class SumLedger {
  readonly #parts: LedgerParts;
  readonly #pages = new Map<string, Page>();
  /** Keys of pages that are not on the disk yet; rows may be encrypted under them already. */
  readonly #fresh = new Map<string, Uint8Array>();
  #root: RowSums;

  constructor(parts: LedgerParts, root: RowSums) {
    this.#parts = parts;
    this.#root = root;
  }

  /** The root that is on the disk. */
  get root(): RowSums {
    return this.#root;
  }

  /**
   * The key of a keyed page; `undefined` if nothing was written to it. Throws `store-damaged`.
   */
  knownKey(page: Uint8Array): Uint8Array | undefined {
    const name = textOf(page);
    return this.#fresh.get(name) ?? this.#page(name, page).row.key;
  }

  /** The key of a keyed page for a row that will be committed. Throws `store-damaged`. */
  keyFor(page: Uint8Array): Uint8Array {
    const known = this.knownKey(page);
    if (known) return known;
    const key = this.#parts.random(PAGE_KEY_BYTES);
    this.#fresh.set(textOf(page), key);
    return key;
  }

  /**
   * The batch that makes these changes, at most one for each row. Requires that no other batch is
   * being written. Rows of pages are not verified first: an incorrect checksum stays incorrect,
   * whatever is added and removed.
   */
  prepare(changes: readonly Change[], { pages = [], groups = [] }: Shredding = {}): PendingBatch {
    const { database, rowKeys, mark } = this.#parts;
    const root = { ...this.#root, sum: this.#root.sum.slice(), due: this.#root.due.slice() };
    const touched = new Map<string, { page: Uint8Array; before: Page; after: MutablePageRow }>();

    const rowOf = (page: Uint8Array): MutablePageRow => {
      const name = textOf(page);
      const known = touched.get(name);
      if (known) return known.after;
      const before = this.#page(name, page);
      // A copy: the cache may drop the page and overwrite its key before the batch is written.
      const key = isKeyedPage(page) ? (before.row.key?.slice() ?? this.keyFor(page)) : undefined;
      const after = { sum: before.row.sum.slice(), key, due: before.row.due };
      touched.set(name, { page, before, after });
      return after;
    };
    const due = (name: Uint8Array): void => {
      const group = groupOf(name);
      if (group !== undefined) addGroup(root.due, group);
    };

    for (const { key, sealed, shreds } of changes) {
      const old = database.getSync(key);
      if (!old && !sealed) continue;
      const page = pageOf(key);
      const row = page && rowOf(page);
      const sum = row ? row.sum : root.sum;
      if (old) toggle(sum, mark(key, old));
      if (sealed) toggle(sum, mark(key, sealed));
      if (!row) root.rows += Number(sealed !== undefined) - Number(old !== undefined);
      if (!old || !shreds) continue;
      if (row?.key) row.due = true;
      due(page ?? key);
    }
    for (const { page, key } of pages) {
      const row = rowOf(page);
      if (row.key) wipe(row.key);
      Object.assign(row, { key, due: false });
    }

    const writes: Write[] = [...changes];
    const written = new Map<string, Page>();
    for (const [name, { page, before, after }] of touched) {
      const value = encodePageRow(after);
      const sealed = value && rowKeys.seal(page, value);
      const pageMark = sealed && mark(page, sealed);
      if (before.mark) toggle(root.sum, before.mark);
      if (pageMark) toggle(root.sum, pageMark);
      root.rows += Number(pageMark !== undefined) - Number(before.mark !== undefined);
      writes.push({ key: page, sealed });
      written.set(name, { row: after, mark: pageMark });
    }
    for (const group of groups) removeGroup(root.due, group);
    const generation = root.generation + Number(groups.length > 0);
    const next: RowSums = { ...root, generation, commits: root.commits + 1 };
    writes.push({ key: ROW_SUMS_KEY, sealed: rowKeys.seal(ROW_SUMS_KEY, encodeRowSums(next)) });

    return {
      writes,
      confirm: () => {
        this.#root = next;
        // Rows of pages were encrypted again with their groups, and have other marks now.
        if (groups.length > 0 || this.#pages.size + written.size > REMEMBERED) this.#forget();
        for (const [name, page] of written) this.#remember(name, page);
      },
    };
  }

  #page(name: string, page: Uint8Array): Page {
    const known = this.#pages.get(name);
    if (known) return known;
    const { database, rowKeys, mark } = this.#parts;
    const sealed = database.getSync(page);
    const found: Page = sealed
      ? { row: openPageRow(rowKeys.opener(), page, sealed), mark: mark(page, sealed) }
      : { row: { sum: emptySum(), key: undefined, due: false }, mark: undefined };
    if (this.#pages.size >= REMEMBERED) this.#forget();
    this.#pages.set(name, found);
    return found;
  }

  /** Caches the page of a batch that is on the disk, and overwrites its old key. */
  #remember(name: string, { row, mark }: Page): void {
    const before = this.#pages.get(name)?.row.key;
    if (before) wipe(before);
    this.#fresh.delete(name);
    // A page without a row on the disk has no key: its new one encrypts nothing.
    this.#pages.set(name, { row: mark ? row : { ...row, key: undefined }, mark });
  }

  /** Empties the cache and overwrites its keys. */
  #forget(): void {
    for (const { row } of this.#pages.values()) if (row.key) wipe(row.key);
    this.#pages.clear();
  }

  /** Overwrites all keys. To be called when the store is closed. */
  wipe(): void {
    this.#forget();
    wipe(...this.#fresh.values());
    this.#fresh.clear();
  }
}

interface MutablePageRow {
  sum: Uint8Array;
  key: Uint8Array | undefined;
  due: boolean;
}
