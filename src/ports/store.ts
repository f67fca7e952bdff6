/** What the inner rooms need of a store. Two implementations pass one suite: LevelDB and memory. */

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
  | "early"
  | "span";

/**
 * Names a row: the table, whose it is (an id; blinded on disk), and a place in an order.
 * Rows of one `of` are ordered by `at`.
 */
export interface RowKey {
  readonly table: Table;
  /**
   * The owner's id; empty where the table has one row. Blinded by a PRF before it touches the disk.
   */
  readonly of: string;
  /** A whole number, 0 where the row has no order. */
  readonly at: number;
}

export type StoreOp =
  | {
      readonly kind: "put";
      readonly key: RowKey;
      readonly value: Uint8Array;
      /**
       * What the row held before is to be gone for good at the next `shred`, as if it had been
       * deleted.
       */
      readonly shreds?: true;
    }
  | { readonly kind: "delete"; readonly key: RowKey };

export interface Row {
  /** Place in the order of its owner's rows. */
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
}

/** Ordered rows of bytes, written in atomic batches. Values are opaque here and sealed on disk. */
export interface Store {
  /**
   * The row's value, or `undefined`. Throws `store-damaged` where the bytes on disk are not what
   * was written.
   */
  get(key: RowKey): Promise<Uint8Array | undefined>;
  /** The rows of one owner, in order of `at`. */
  list(table: Table, of: string, options?: ListOptions): Promise<Row[]>;
  /** Every row of a table, in no useful order: for the tables that are read whole at start. */
  all(table: Table): Promise<Uint8Array[]>;
  /**
   * Writes all or nothing, and resolves only when it is on the disk (fsync). After a write error
   * the store refuses every further write: throws `store-write-failed` or `disk-full`.
   */
  commit(ops: readonly StoreOp[]): Promise<void>;
  /**
   * Makes what was deleted before this call, or replaced by a put that `shreds`, unreadable for
   * whoever later gets the disk and the key, and so every earlier state of sessions. Not of
   * `identity`, `meta`, `message-id` and `outbox`, which say who we are, that a message was, and
   * what went over the wire. Other commits wait meanwhile. Throws what `commit` throws.
   */
  shred(): Promise<void>;
  close(): Promise<void>;
}
