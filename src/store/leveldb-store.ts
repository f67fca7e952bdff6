/** The store on LevelDB: encrypted rows; a commit resolves once it is synced to the disk. */
import { SottoError, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { ListOptions, Row, RowKey, StoreOp, Table } from "../ports/index.ts";
import type { DiskStore } from "./disk-store.ts";
import { rotates } from "./encryption/key-groups.ts";
import { wipeKeys } from "./encryption/key-vault.ts";
import type { Vault } from "./encryption/key-vault-files.ts";
import { orDamaged, type RowKeys } from "./encryption/row-keys.ts";
import { checkRows, type StoreCheck } from "./integrity/check.ts";
import { isDue, shred } from "./integrity/crypto-shredding.ts";
import { type Entry, Pages, type ReadRange } from "./integrity/page-reader.ts";
import type { Counter } from "./integrity/rollback-counter.ts";
import { type Marker, marker, type RowSums } from "./integrity/row-sums.ts";
import { damagedFiles, repairFiles } from "./integrity/sidecar-files.ts";
import { type Shredding, SumLedger } from "./integrity/sum-ledger.ts";
import {
  isKeyedPage,
  KEY_BYTES,
  type KeyNames,
  keyNames,
  type NameRange,
  pageOf,
} from "./layout/row-names.ts";
import type { StoreKeys } from "./layout/schema.ts";
import { Reclaimer } from "./leveldb/compaction.ts";
import {
  BYTES_AT_ONCE,
  type Change,
  type Database,
  openUnlogged,
  textOf,
  writeRows,
} from "./leveldb/database.ts";
import { readError, storeClosed } from "./leveldb/errors.ts";
import { type Changes, WriteQueue } from "./leveldb/write-queue.ts";

export interface LevelParts {
  /**
   * Open, with rows that fit `rowSums`. The store owns it from now on, and the files next to it.
   */
  readonly database: Database;
  readonly crypto: CryptoProvider;
  readonly keys: StoreKeys;
  readonly rowKeys: RowKeys;
  readonly rowSums: RowSums;
  readonly vault: Vault;
  readonly counter: Counter;
  readonly rolledBack: boolean;
  /** Called with the first damage that a read finds. */
  readonly onDamage?: ((damage: SottoError) => void) | undefined;
}

export class LevelStore implements DiskStore {
  readonly rolledBack: boolean;
  damage: SottoError | undefined;
  readonly #parts: LevelParts;
  readonly #database: Database;
  readonly #names: KeyNames;
  readonly #rowKeys: RowKeys;
  readonly #mark: Marker;
  readonly #pages: Pages;
  readonly #ledger: SumLedger;
  readonly #queue: WriteQueue;
  readonly #reclaimer: Reclaimer;
  /** Reads in progress: each may use the keys of the moment at which it began. */
  readonly #reading = new Set<Promise<unknown>>();
  /** Resolves when replaced keys have been overwritten. */
  #retired: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #wrote = false;

  constructor(parts: LevelParts) {
    const { database, crypto, keys, rowKeys, rowSums } = parts;
    this.#parts = parts;
    this.rolledBack = parts.rolledBack;
    this.#database = database;
    this.#names = keyNames(crypto, keys.blind);
    this.#rowKeys = rowKeys;
    this.#mark = marker(crypto, keys.sums);
    const { random } = crypto;
    this.#ledger = new SumLedger({ database, rowKeys, mark: this.#mark, random }, rowSums);
    this.#pages = new Pages({ database, rowKeys, mark: this.#mark, ledger: this.#ledger });
    this.#reclaimer = new Reclaimer(database);
    this.#queue = new WriteQueue((changes) => this.#write(changes));
  }

  get failed(): Promise<SottoError> {
    return this.#queue.failed;
  }

  async get(key: RowKey): Promise<Uint8Array | undefined> {
    const name = this.#names.of(key);
    const page = pageOf(name);
    return this.#read(async () => {
      if (page) return this.#pages.get(name, page);
      // Synchronous: about 5 µs, where the thread pool needs 70.
      const sealed = this.#database.getSync(name);
      return sealed && this.#rowKeys.open(name, sealed);
    });
  }

  async list(table: Table, of: string, options: ListOptions = {}): Promise<Row[]> {
    const { from = 0, to = Number.MAX_SAFE_INTEGER, reverse = false, limit = Infinity } = options;
    const { onDamage } = options;
    const report = (damaged: NameRange): void => {
      this.#noteDamage(
        new SottoError("store-damaged", `Rows of the table "${table}" are damaged.`),
      );
      onDamage?.({ from: positionOf(damaged.gte), to: positionOf(damaged.lte) });
    };
    const range = {
      gte: this.#names.of({ table, of, at: from }),
      lte: this.#names.of({ table, of, at: to }),
      reverse,
      limit,
    };
    const entries = await this.#read(() => this.#entries(range, onDamage && report));
    return entries.map(([name, value]) => ({ at: positionOf(name), value }));
  }

  async all(table: Table): Promise<Uint8Array[]> {
    const range = { ...this.#names.table(table), reverse: false, limit: Infinity };
    const entries = await this.#read(() => this.#entries(range));
    return entries.map(([, value]) => value);
  }

  async check(): Promise<StoreCheck> {
    const { rows, damaged } = await this.#read(() =>
      checkRows(this.#database, this.#rowKeys.opener(), this.#mark),
    );
    const { vault, counter } = this.#parts;
    const files = await this.#read(async () => {
      if (this.#queue.failure) return damagedFiles(vault, counter);
      let repaired: string[] = [];
      await this.#queue.exclusively(async () => {
        repaired = await damagedFiles(vault, counter);
        await this.#queue.failStop(() => repairFiles(vault, counter, repaired));
      });
      return repaired;
    });
    return { rows, damaged: [...damaged, ...files].sort() };
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    if (this.#closing) throw storeClosed();
    const last = new Map<string, Requested>();
    for (const op of ops) {
      const key = this.#names.of(op.key);
      const name = textOf(key);
      const value = op.kind === "put" ? op.value : undefined;
      const shreds = op.kind === "delete" || op.shreds === true || rotates(key);
      last.set(name, { key, value, shreds: shreds || last.get(name)?.shreds === true });
    }
    return this.#commit(last);
  }

  /**
   * Writes rows under the names that they had in another store with the same key. Throws what
   * `commit` throws.
   */
  async adopt(rows: readonly (readonly [name: Uint8Array, value: Uint8Array])[]): Promise<void> {
    const requested = rows.map(([key, value]) => ({ key, value, shreds: false }));
    return this.#commit(new Map(requested.map((row) => [textOf(row.key), row])));
  }

  async #commit(last: Map<string, Requested>): Promise<void> {
    if (last.size === 0) return;
    if (this.#queue.hasJobs) {
      // A job may rotate keys before this is written, and the caller may change its bytes.
      const copies = new Map(last);
      for (const [name, { value, ...rest }] of last)
        copies.set(name, { ...rest, value: value && Uint8Array.from(value) });
      return this.#queue.commit(() => {
        try {
          return this.#seal(copies);
        } finally {
          for (const { value } of copies.values()) if (value) wipe(value);
        }
      });
    }
    // Encrypted here and not when the batch is written: this copies the caller's bytes, and uses
    // the time that the disk needs for the previous batch.
    const changes = this.#seal(last);
    return this.#queue.commit(() => changes);
  }

  async shred(): Promise<void> {
    if (this.#closing) throw storeClosed();
    const { vault, crypto } = this.#parts;
    await this.#queue.exclusively(async () => {
      if (!isDue(this.#ledger)) return;
      const pages = await shred({
        database: this.#database,
        rowKeys: this.#rowKeys,
        ledger: this.#ledger,
        vault,
        random: crypto.random,
        write: (changes, shredding) => this.#queue.failStop(() => this.#write(changes, shredding)),
        failStop: (write) => this.#queue.failStop(write),
        retire: (wipeOld) => {
          this.#retired = Promise.allSettled([this.#retired, ...this.#reading]).then(wipeOld);
        },
      });
      this.#reclaimer.take(pages);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#queue.idle();
    await this.#reclaimer.idle();
    await this.#database.close();
    const { counter, keys, vault } = this.#parts;
    counter.close();
    // Reads that are still in progress fail with `store-closed`.
    await this.#retired;
    this.#ledger.wipe();
    wipe(...Object.values(keys));
    wipeKeys(vault.state);
    if (this.#queue.failure || !this.#wrote) return;
    // Opening turns the log into a table file. The end of a log can be lost without a trace, which
    // leaves a consistent earlier state; a row that is lost from a table changes the checksum. So
    // no log is left.
    try {
      await openUnlogged(this.#database);
      await this.#database.close();
    } catch {
      // Everything is in the log, synced: the next opening reports the error.
    }
  }

  #seal(requested: ReadonlyMap<string, Requested>): Changes {
    const changes = new Map<string, Change>();
    for (const [name, { key, value, shreds }] of requested) {
      const page = value && pageOf(key);
      const pageKey = page && isKeyedPage(page) ? this.#ledger.keyFor(page) : undefined;
      changes.set(name, { key, sealed: value && this.#rowKeys.seal(key, value, pageKey), shreds });
    }
    return changes;
  }

  async #entries(
    range: ReadRange,
    onDamage?: (damaged: NameRange) => void,
  ): Promise<readonly Entry[]> {
    if (pageOf(range.gte)) return this.#pages.read(range, onDamage);
    const open = this.#rowKeys.opener();
    const rows = await this.#database
      .iterator({ ...range, highWaterMarkBytes: BYTES_AT_ONCE })
      .all();
    return rows.map(([name, sealed]) => [name, orDamaged(name, open(name, sealed))]);
  }

  async #read<Result>(job: () => Promise<Result>): Promise<Result> {
    if (this.#closing) throw storeClosed();
    const reading = job();
    this.#reading.add(reading);
    try {
      return await reading;
    } catch (error) {
      const failure = this.#closing ? storeClosed() : readError(error);
      if (failure.code === "store-damaged") this.#noteDamage(failure);
      throw failure;
    } finally {
      this.#reading.delete(reading);
    }
  }

  /** Reports the first damage that a read finds. */
  #noteDamage(damage: SottoError): void {
    if (this.damage) return;
    this.damage = damage;
    this.#parts.onDamage?.(damage);
  }

  /** Writes one atomic, synced batch: the last change of each row, and the updated checksums. */
  async #write(changes: readonly Change[], shredding?: Shredding): Promise<void> {
    const { writes, confirm } = this.#ledger.prepare(changes, shredding);
    await writeRows(this.#database, writes, { sync: true });
    confirm();
    this.#wrote = true;
    this.#parts.counter.write(this.#ledger.root.commits);
  }
}

/** A requested change of a row. */
interface Requested {
  readonly key: Uint8Array;
  /** `undefined` deletes. */
  readonly value: Uint8Array | undefined;
  readonly shreds: boolean;
}

/** The position that a row's name ends with; names are made from integers below 2^53. */
function positionOf(name: Uint8Array): number {
  const view = new DataView(name.buffer, name.byteOffset, KEY_BYTES);
  return Number(view.getBigUint64(KEY_BYTES - 8));
}
