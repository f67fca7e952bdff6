/**
 * The store in memory, for tests: passes the suite of the store on the disk, and its "disk"
 * survives simulated crashes.
 */
import type { SottoError } from "../base/index.ts";
import type { ListOptions, Row, RowKey, Store, StoreOp, Table } from "../ports/index.ts";
import { checkKey } from "./layout/row-names.ts";
import { storeClosed, writeError } from "./leveldb/errors.ts";

export interface MemoryOptions {
  /**
   * Called for each commit, before it is on the "disk" and after. A throw fails the commit as a
   * write error would; after a throw at `"after"`, the commit is on the disk although it failed. A
   * `fork()` made here is the disk of a process that was killed at this moment.
   */
  readonly onCommit?: (ops: readonly StoreOp[], moment: "before" | "after") => Promise<void> | void;
}

export interface MemoryStore extends Store {
  /** Every committed row, copied, in no particular order. */
  snapshot(): (RowKey & { readonly value: Uint8Array })[];
  /** A store over a copy of what is committed now: the disk as a restarted node would find it. */
  fork(options?: MemoryOptions): MemoryStore;
  /**
   * A new handle on the same rows, as after opening the same directory again. The old one must not
   * be used any more.
   */
  reopen(options?: MemoryOptions): MemoryStore;
}

/** An empty store in memory. */
export function memoryStore(options: MemoryOptions = {}): MemoryStore {
  return over(new Map(), options);
}

/** The rows of one owner: positions in order, so that appends and ranges are cheap. */
interface Owned {
  readonly table: Table;
  readonly of: string;
  readonly positions: number[];
  readonly values: Map<number, Uint8Array>;
}

type Disk = Map<string, Owned>;

const ownerName = (table: Table, of: string): string => `${table} ${of}`;

function over(disk: Disk, options: MemoryOptions): MemoryStore {
  let closed = false;
  let failure: SottoError | undefined;
  let lastCommit: Promise<unknown> = Promise.resolve();

  const refuseClosed = (): void => {
    if (closed) throw storeClosed();
  };

  const commitNow = async (ops: readonly StoreOp[]): Promise<void> => {
    if (failure) throw failure;
    try {
      await options.onCommit?.(ops, "before");
      for (const op of ops) apply(disk, op);
      await options.onCommit?.(ops, "after");
    } catch (error) {
      failure = writeError(error);
      throw failure;
    }
  };

  return {
    async get(key) {
      refuseClosed();
      checkKey(key);
      const value = disk.get(ownerName(key.table, key.of))?.values.get(key.at);
      return value && Uint8Array.from(value);
    },

    async list(table, of, listOptions = {}) {
      refuseClosed();
      const owned = disk.get(ownerName(table, of));
      return owned ? range(owned, listOptions) : [];
    },

    async all(table) {
      refuseClosed();
      return rowsOf(disk)
        .filter((row) => row.table === table)
        .map(({ value }) => value);
    },

    async commit(ops) {
      refuseClosed();
      if (failure) throw failure;
      for (const { key } of ops) checkKey(key);
      if (ops.length === 0) return;
      // Copied now: the caller may change its bytes while the commit waits.
      const copied = ops.map((op) =>
        op.kind === "put" ? { ...op, value: Uint8Array.from(op.value) } : op,
      );
      const mine = lastCommit.then(() => commitNow(copied));
      lastCommit = mine.catch(() => undefined);
      return mine;
    },

    /** Only waits: deleted rows are not kept. */
    async shred() {
      refuseClosed();
      if (failure) throw failure;
      await lastCommit;
    },

    async close() {
      closed = true;
      await lastCommit;
    },

    snapshot: () => rowsOf(disk),
    fork: (forkOptions = {}) => over(copyOf(disk), forkOptions),
    reopen: (reopenOptions = options) => over(disk, reopenOptions),
  };
}

function range(owned: Owned, options: ListOptions): Row[] {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, reverse = false, limit = Infinity } = options;
  const { positions, values } = owned;
  checkKey({ ...owned, at: from });
  checkKey({ ...owned, at: to });
  const first = firstAtLeast(positions, from);
  const end = firstAtLeast(positions, to + 1);
  const count = Math.max(0, Math.min(limit, end - first));
  const chosen = reverse
    ? positions.slice(end - count, end).reverse()
    : positions.slice(first, first + count);
  return chosen.map((at) => ({ at, value: Uint8Array.from(values.get(at) as Uint8Array) }));
}

function apply(disk: Disk, op: StoreOp): void {
  const { table, of, at } = op.key;
  const name = ownerName(table, of);
  const owned = disk.get(name) ?? { table, of, positions: [], values: new Map() };
  const { positions, values } = owned;
  if (op.kind === "put") {
    if (!values.has(at)) positions.splice(firstAtLeast(positions, at), 0, at);
    values.set(at, op.value);
  } else if (values.delete(at)) {
    positions.splice(firstAtLeast(positions, at), 1);
  }
  if (positions.length > 0) disk.set(name, owned);
  else disk.delete(name);
}

/** Index of the first position that is not below `at`. */
function firstAtLeast(positions: readonly number[], at: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rowsOf(disk: Disk): (RowKey & { readonly value: Uint8Array })[] {
  return [...disk.values()].flatMap(({ table, of, values }) =>
    [...values].map(([at, value]) => ({ table, of, at, value: Uint8Array.from(value) })),
  );
}

function copyOf(disk: Disk): Disk {
  const copied: Disk = new Map();
  for (const { value, ...key } of rowsOf(disk)) apply(copied, { kind: "put", key, value });
  return copied;
}
