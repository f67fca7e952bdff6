/**
 * The store that the pure modules write to. LevelDB and an in-memory store implement it; both pass
 * one test suite.
 */
import type { PositionRange } from "../base/index.ts";

/** Kinds of rows. The text is the table's stable name; `store/keys` gives each its byte. */
export type Table =
  | "meta"
  | "identity"
  | "contact"
  | "session"
  | "invite"
  | "message"
  | "message-id"
  | "outbox"
  | "peer"
  | "event"
  | "search"
  | "search-mark"
  | "search-part"
  | "early"
  | "span"
  | "token"
  | "draft"
  | "arrival"
  | "order"
  | "group"
  | "group-op"
  | "group-item"
  | "group-key"
  | "group-order"
  | "group-message"
  | "group-action"
  | "group-invitation";

/**
 * Names a row: its table, its owner (an id, blinded on disk) and its position. Rows of one owner
 * are ordered by `at`.
 */
export interface RowKey {
  readonly table: Table;
  /** The owner's id; empty if the table has only one row. Blinded by a PRF before it is written. */
  readonly of: string;
  /** The row's position among its owner's rows: a non-negative integer, 0 if they have no order. */
  readonly at: number;
}

export type StoreOp =
  | {
      readonly kind: "put";
      readonly key: RowKey;
      readonly value: Uint8Array;
      /**
       * Makes the row's previous value unreadable at the next `shred`, as if it had been deleted.
       */
      readonly shreds?: true;
    }
  | { readonly kind: "delete"; readonly key: RowKey };

export interface Row {
  /** Position among its owner's rows. */
  readonly at: number;
  readonly value: Uint8Array;
}

export interface ListOptions {
  /** Smallest `at`, inclusive. */
  readonly from?: number;
  /** Largest `at`, inclusive. */
  readonly to?: number;
  /** Largest first. */
  readonly reverse?: boolean;
  readonly limit?: number;
  /**
   * Called instead of a throw of `store-damaged`, for a table whose rows are checked in pages
   * (messages). A row that cannot be read is left out and reported by its position. Of a page whose
   * checksum is wrong every row that can be read is returned, and the range of the page is
   * reported: rows in it may be missing or out of date.
   */
  readonly onDamage?: (damaged: PositionRange) => void;
}

/**
 * Ordered rows of bytes, written in atomic batches. The store does not interpret values; it
 * encrypts them on disk.
 */
export interface Store {
  /**
   * The row's value, or `undefined` if there is none. Throws `store-damaged` if the bytes on disk
   * are not what was written.
   */
  get(key: RowKey): Promise<Uint8Array | undefined>;
  /** The rows of one owner, ordered by `at`. */
  list(table: Table, of: string, options?: ListOptions): Promise<Row[]>;
  /** Every value of a table, in no defined order: for tables that are read whole at start. */
  all(table: Table): Promise<Uint8Array[]>;
  /**
   * Writes a batch atomically and resolves when it is on disk (fsync). After a write error the
   * store refuses every further write. Throws `store-write-failed` or `disk-full`.
   */
  commit(ops: readonly StoreOp[]): Promise<void>;
  /**
   * Makes earlier contents unreadable, even for an attacker who later gets the disk and the key:
   * every row deleted before this call, every value replaced by a put with `shreds`, and so every
   * earlier session state. Does not cover `identity`, `meta`, `message-id`, `order`, `arrival` and
   * `outbox`, which show who we are, that a message existed, and what was sent. Other commits wait
   * until it has finished. Throws what `commit` throws.
   */
  shred(): Promise<void>;
  close(): Promise<void>;
}
