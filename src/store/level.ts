/** The store on LevelDB: sealed rows, batches that are on the disk before anybody is told so. */
import { type SottoError, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { ListOptions, Row, RowKey, Store, StoreOp, Table } from "../ports/index.ts";
import { checkRows, type StoreCheck } from "./check.ts";
import { BYTES_AT_ONCE, compact, type Database, textOf, type Write } from "./database.ts";
import { readFault, storeClosed, writeFault } from "./faults.ts";
import { KEY_BYTES, type KeyNames, keyNames, pageOf } from "./keys.ts";
import { Ledger } from "./ledger.ts";
import { type Entry, Pages, type ReadRange } from "./pages.ts";
import { SCHEMA_VERSION, type StoreKeys } from "./schema.ts";
import { type Sealer, sealer } from "./sealed.ts";
import { type Marker, marker, type Tally } from "./tally.ts";

/** A store on the disk, which can be told to look at every row. */
export interface DiskStore extends Store {
  /** The first damage that a read found. */
  readonly damage: SottoError | undefined;
  /**
   * Reads and opens every row, and holds all of them against their sums: also those of pages that nobody has touched. Others
   * may go on reading and writing meanwhile. Throws `store-damaged` where the files cannot be read at all.
   */
  check(): Promise<StoreCheck>;
  /** Resolves with the fault of the first write that failed; from then on nothing is written any more. */
  readonly failed: Promise<SottoError>;
}

interface Waiting {
  /** The last change of each row, by its name. */
  readonly writes: ReadonlyMap<string, Write>;
  readonly resolve: () => void;
  readonly reject: (fault: SottoError) => void;
}

/**
 * A store over an open database whose rows were found to fit `tally`. Owns the database from now on.
 *
 * Group commit: while a batch is being synced, callers gather, and the next batch takes all of them at once.
 * A sync costs the same for one row as for a hundred.
 */
export class LevelStore implements DiskStore {
  readonly #database: Database;
  readonly #names: KeyNames;
  readonly #sealer: Sealer;
  readonly #mark: Marker;
  readonly #pages: Pages;
  readonly #ledger: Ledger;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #wrote = false;
  #fault: SottoError | undefined;
  #fail: (fault: SottoError) => void = () => undefined;
  readonly failed = new Promise<SottoError>((resolve) => {
    this.#fail = resolve;
  });
  #damage: SottoError | undefined;
  readonly #onDamage: (damage: SottoError) => void;
  readonly #keys: StoreKeys;

  /** @param onDamage is told of the first damage that a read finds. */
  constructor(
    database: Database,
    crypto: CryptoProvider,
    keys: StoreKeys,
    tally: Tally,
    onDamage: (damage: SottoError) => void = () => undefined,
  ) {
    this.#database = database;
    this.#onDamage = onDamage;
    this.#keys = keys;
    this.#names = keyNames(crypto, keys.blind);
    this.#sealer = sealer(crypto, keys.seal, SCHEMA_VERSION);
    this.#mark = marker(crypto, keys.tally);
    this.#pages = new Pages(database, this.#sealer, this.#mark);
    this.#ledger = new Ledger(database, this.#sealer, this.#mark, tally);
  }

  get damage(): SottoError | undefined {
    return this.#damage;
  }

  async get(key: RowKey): Promise<Uint8Array | undefined> {
    const name = this.#names.of(key);
    const page = pageOf(name);
    // In this thread: about 5 µs, where a round through the thread pool takes 70.
    return this.#read(async () => {
      if (page) await this.#pages.check(page);
      const sealed = this.#database.getSync(name);
      return sealed && this.#sealer.open(name, sealed);
    });
  }

  async list(table: Table, of: string, options: ListOptions = {}): Promise<Row[]> {
    const { from = 0, to = Number.MAX_SAFE_INTEGER, reverse = false, limit = Infinity } = options;
    const range = {
      gte: this.#names.of({ table, of, at: from }),
      lte: this.#names.of({ table, of, at: to }),
      reverse,
      limit,
    };
    return this.#read(async () => {
      const rows: Row[] = [];
      for (const [name, sealed] of await this.#entries(range))
        rows.push({ at: placeOf(name), value: this.#sealer.open(name, sealed) });
      return rows;
    });
  }

  async all(table: Table): Promise<Uint8Array[]> {
    return this.#read(async () => {
      const range = { ...this.#names.table(table), reverse: false, limit: Infinity };
      return (await this.#entries(range)).map(([name, sealed]) => this.#sealer.open(name, sealed));
    });
  }

  async check(): Promise<StoreCheck> {
    return this.#read(() => checkRows(this.#database, this.#sealer, this.#mark));
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    if (this.#closing) throw storeClosed();
    // Sealed here and not when the batch is written: it copies the caller's bytes, and it uses the time
    // that the disk takes for the batch before.
    const last = new Map<string, { key: Uint8Array; op: StoreOp }>();
    for (const op of ops) {
      const key = this.#names.of(op.key);
      last.set(textOf(key), { key, op });
    }
    if (last.size === 0) return;
    const writes = new Map<string, Write>();
    for (const [name, { key, op }] of last) {
      const sealed = op.kind === "put" ? this.#sealer.seal(key, op.value) : undefined;
      writes.set(name, { key, sealed });
    }
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ writes, resolve, reject });
      this.#writing ??= this.#writeWaiting();
    });
  }

  async shred(): Promise<void> {
    if (this.#closing) throw storeClosed();
    await this.#writing;
    if (this.#fault) throw this.#fault;
    await compact(this.#database);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writing;
    await this.#database.close();
    // Whoever still reads is told that the store is closed.
    wipe(this.#keys.seal, this.#keys.blind, this.#keys.tally);
    if (this.#fault || !this.#wrote) return;
    // Opening turns the log into a table file. The end of a log can be lost without a trace, and leaves a
    // whole earlier state; a row that is lost from a table is missed in the tally. So no log stays behind.
    try {
      await this.#database.open();
      await this.#database.close();
    } catch {
      // Everything is in the log, synced: the next opening says what is wrong.
    }
  }

  #entries(range: ReadRange): Promise<Entry[]> {
    return pageOf(range.gte)
      ? this.#pages.read(range)
      : this.#database.iterator({ ...range, highWaterMarkBytes: BYTES_AT_ONCE }).all();
  }

  async #read<Result>(job: () => Promise<Result>): Promise<Result> {
    if (this.#closing) throw storeClosed();
    try {
      return await job();
    } catch (error) {
      const fault = this.#closing ? storeClosed() : readFault(error);
      if (fault.code === "store-damaged" && !this.#damage) {
        this.#damage = fault;
        this.#onDamage(fault);
      }
      throw fault;
    }
  }

  async #writeWaiting(): Promise<void> {
    // Callers of the same tick go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#fault) throw this.#fault;
        await this.#write(group);
        for (const { resolve } of group) resolve();
      } catch (error) {
        // Fail-stop. The batch may be on the disk or not, and after a failed sync the kernel may have dropped
        // pages that it will call clean: what this handle believes is no longer known to be true.
        this.#fault ??= writeFault(error);
        this.#fail(this.#fault);
        for (const { reject } of group) reject(this.#fault);
      }
    }
    this.#writing = undefined;
  }

  /** One atomic, synced batch: the last write to each row, and the sums that follow from them. */
  async #write(group: readonly Waiting[]): Promise<void> {
    const last = new Map(group.flatMap(({ writes }) => [...writes]));
    const { writes, settle } = this.#ledger.book([...last.values()]);
    // Quicker than an array of operations, each of which would be copied.
    const batch = this.#database.batch();
    for (const { key, sealed } of writes) {
      if (sealed) batch.put(key, sealed);
      else batch.del(key);
    }
    await batch.write({ sync: true });
    settle();
    this.#wrote = true;
  }
}

/** The place that a row's name ends with; names were made from whole numbers below 2^53. */
function placeOf(name: Uint8Array): number {
  const view = new DataView(name.buffer, name.byteOffset, KEY_BYTES);
  return Number(view.getBigUint64(KEY_BYTES - 8));
}
