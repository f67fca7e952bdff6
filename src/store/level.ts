/** The store on LevelDB: sealed rows, batches that are on the disk before anybody is told so. */
import type { Level } from "level";
import type { SottoError } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { ListOptions, Row, RowKey, Store, StoreOp, Table } from "../ports/index.ts";
import { readFault, storeClosed, writeFault } from "./faults.ts";
import { KEY_BYTES, type KeyNames, keyNames, ownKey } from "./keys.ts";
import { SCHEMA_VERSION, type StoreKeys } from "./schema.ts";
import { type Sealer, sealer } from "./sealed.ts";
import { changed, encodeTally, type SealedRow, type Tally } from "./tally.ts";

export type Database = Level<Uint8Array, Uint8Array>;

/** Where the tally lies among the store's own rows; the schema lies at 0. */
export const SCHEMA_KEY: Uint8Array = ownKey(0);
export const TALLY_KEY: Uint8Array = ownKey(1);

/** One change in the disk's own terms. */
interface Write {
  readonly key: Uint8Array;
  /** `undefined` deletes. */
  readonly sealed: Uint8Array | undefined;
}

interface Waiting {
  readonly writes: readonly Write[];
  readonly resolve: () => void;
  readonly reject: (fault: SottoError) => void;
}

/**
 * A store over an open database whose rows were found to fit `tally`. Owns the database from now on.
 *
 * Group commit: while a batch is being synced, callers gather, and the next batch takes all of them at once.
 * A sync costs the same for one row as for a hundred.
 */
export class LevelStore implements Store {
  readonly #database: Database;
  readonly #crypto: CryptoProvider;
  readonly #keys: StoreKeys;
  readonly #names: KeyNames;
  readonly #sealer: Sealer;
  #tally: Tally;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #wrote = false;
  #fault: SottoError | undefined;

  constructor(database: Database, crypto: CryptoProvider, keys: StoreKeys, tally: Tally) {
    this.#database = database;
    this.#crypto = crypto;
    this.#keys = keys;
    this.#names = keyNames(crypto, keys.blind);
    this.#sealer = sealer(crypto, keys.seal, SCHEMA_VERSION);
    this.#tally = tally;
  }

  async get(key: RowKey): Promise<Uint8Array | undefined> {
    const name = this.#names.of(key);
    // In this thread: about 5 µs, where a round through the thread pool takes 70.
    return this.#read(async () => {
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
      for (const [name, sealed] of await this.#database.iterator(range).all())
        rows.push({ at: placeOf(name), value: this.#sealer.open(name, sealed) });
      return rows;
    });
  }

  async all(table: Table): Promise<Uint8Array[]> {
    return this.#read(async () => {
      const rows = await this.#database.iterator(this.#names.table(table)).all();
      return rows.map(([name, sealed]) => this.#sealer.open(name, sealed));
    });
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    if (this.#closing) throw storeClosed();
    // Sealed here and not when the batch is written: it copies the caller's bytes, and it uses the time
    // that the disk takes for the batch before.
    const writes = ops.map((op): Write => {
      const key = this.#names.of(op.key);
      return { key, sealed: op.kind === "put" ? this.#sealer.seal(key, op.value) : undefined };
    });
    if (writes.length === 0) return;
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ writes, resolve, reject });
      this.#writing ??= this.#writeWaiting();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writing;
    await this.#database.close();
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

  async #read<Result>(job: () => Promise<Result>): Promise<Result> {
    if (this.#closing) throw storeClosed();
    try {
      return await job();
    } catch (error) {
      throw readFault(error);
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
        await this.#write(group.flatMap(({ writes }) => writes));
        for (const { resolve } of group) resolve();
      } catch (error) {
        // Fail-stop. The batch may be on the disk or not, and after a failed sync the kernel may have dropped
        // pages that it will call clean: what this handle believes is no longer known to be true.
        this.#fault ??= writeFault(error);
        for (const { reject } of group) reject(this.#fault);
      }
    }
    this.#writing = undefined;
  }

  /** One atomic, synced batch: the last write to each row, and the tally that follows from them. */
  async #write(writes: readonly Write[]): Promise<void> {
    const last = new Map<string, Write>();
    for (const write of writes) last.set(Buffer.from(write.key).toString("latin1"), write);
    const final = [...last.values()];

    const gone: SealedRow[] = [];
    const come: SealedRow[] = [];
    for (const { key, sealed } of final) {
      const old = this.#database.getSync(key);
      if (old) gone.push({ key, sealed: old });
      if (sealed) come.push({ key, sealed });
    }
    const next = changed(this.#tally, gone, come, this.#crypto, this.#keys.tally);
    const tally = { ...next, commits: this.#tally.commits + 1 };

    come.push({ key: TALLY_KEY, sealed: this.#sealer.seal(TALLY_KEY, encodeTally(tally)) });
    await this.#database.batch(
      [
        ...final
          .filter(({ sealed }) => sealed === undefined)
          .map(({ key }) => ({ type: "del" as const, key })),
        ...come.map(({ key, sealed }) => ({ type: "put" as const, key, value: sealed })),
      ],
      { sync: true },
    );
    this.#tally = tally;
    this.#wrote = true;
  }
}

/** The place that a row's name ends with; names were made from whole numbers below 2^53. */
function placeOf(name: Uint8Array): number {
  const view = new DataView(name.buffer, name.byteOffset, KEY_BYTES);
  return Number(view.getBigUint64(KEY_BYTES - 8));
}
