/** libp2p's datastore for peers and DHT records: in memory, bounded, never on disk. */
import { AsyncLocalStorage } from "node:async_hooks";
import { NotFoundError } from "@libp2p/interface";
import type { Libp2pOptions } from "libp2p";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";

type Datastore = NonNullable<Libp2pOptions["datastore"]>;
type Key = Parameters<Datastore["put"]>[0];
type Pair = { key: Key; value: Uint8Array };
type Row = Pair & { readonly at: number };
type Query = Parameters<Datastore["query"]>[0];
type KeyQuery = Parameters<Datastore["queryKeys"]>[0];
type Batch = ReturnType<Datastore["batch"]>;

/** Keys of one kind share their first segment: `/peers/…`, `/dht-lan/…`. */
const kindOf = (key: string): string => key.slice(0, key.indexOf("/", 1));

/** Whether the rows of a kind are DHT records. */
const isRecord = (kind: string): boolean => kind.startsWith("/dht-");

/**
 * The subnet whose request is being processed: kad-dht does not pass the requester on to its
 * handlers.
 */
export const requestSubnet = new AsyncLocalStorage<string>();

/** How much the datastore holds. */
export interface Capacity {
  /** Rows of each kind other than records. */
  readonly rows: number;
  /** Records of one subnet, and of all, in both DHTs together. */
  readonly recordsPerSubnet: number;
  readonly records: number;
}

const defaultCapacity: Capacity = {
  rows: limits.peersKept,
  recordsPerSubnet: limits.recordsPerSubnet,
  records: limits.recordsHeld,
};

/** Age in ms after which a record is invalid everywhere, and useless to keep. */
const RECORD_LIFETIME = limits.recordAge + limits.recordAhead;

/**
 * A datastore with limits: libp2p's own memory store grows without end, and kad-dht never removes a
 * record that is not requested. Removes records that are too old to be valid; above the limits,
 * first those of the largest subnet. Of all other rows the oldest are removed first.
 */
export class BoundedDatastore implements Datastore {
  readonly #clock: Clock;
  readonly #capacity: Capacity;
  readonly #shares: RecordShares;
  readonly #kinds = new Map<string, Map<string, Row>>();

  constructor(clock: Clock, capacity: Capacity = defaultCapacity) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#shares = new RecordShares(capacity.recordsPerSubnet, capacity.records);
  }

  /** Number of records of both DHTs, including our own. */
  records(): number {
    for (const kind of this.#kinds.keys()) if (isRecord(kind)) this.#expire(kind);
    return this.#shares.size;
  }

  #rows(key: string): Map<string, Row> | undefined {
    return this.#kinds.get(kindOf(key));
  }

  put(key: Key, value: Uint8Array): Key {
    const text = key.toString();
    const kind = kindOf(text);
    // PeerIds are free, and each could store 80 KiB of addresses and protocols.
    if (!isRecord(kind) && value.length > limits.peerRowBytes)
      throw new RangeError("the row of a peer is too large");
    const rows = this.#kinds.get(kind) ?? new Map<string, Row>();
    this.#kinds.set(kind, rows);
    rows.delete(text);
    rows.set(text, { key, value, at: this.#clock.now() });
    if (isRecord(kind)) {
      this.#expire(kind);
      const surplus = this.#shares.add(text, requestSubnet.getStore() ?? "");
      if (surplus !== undefined) this.#rows(surplus)?.delete(surplus);
      return key;
    }
    for (const oldest of rows.keys()) {
      if (rows.size <= this.#capacity.rows) break;
      rows.delete(oldest);
    }
    return key;
  }

  /** Rows are in insertion order, so the first valid one ends the search. */
  #expire(kind: string): void {
    const rows = this.#kinds.get(kind);
    const now = this.#clock.now();
    for (const [text, { at }] of rows ?? []) {
      if (now - at <= RECORD_LIFETIME) break;
      rows?.delete(text);
      this.#shares.remove(text);
    }
  }

  get(key: Key): Uint8Array {
    const text = key.toString();
    const row = this.#rows(text)?.get(text);
    if (row === undefined) throw new NotFoundError();
    return row.value;
  }

  has(key: Key): boolean {
    const text = key.toString();
    return this.#rows(text)?.has(text) === true;
  }

  delete(key: Key): void {
    const text = key.toString();
    this.#rows(text)?.delete(text);
    this.#shares.remove(text);
  }

  async *putMany(source: Iterable<Pair> | AsyncIterable<Pair>): AsyncGenerator<Key> {
    for await (const { key, value } of source) yield this.put(key, value);
  }

  async *getMany(source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Pair> {
    for await (const key of source) yield { key, value: this.get(key) };
  }

  async *deleteMany(source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Key> {
    for await (const key of source) {
      this.delete(key);
      yield key;
    }
  }

  batch(): Batch {
    const jobs: (() => void)[] = [];
    return {
      put: (key, value) => void jobs.push(() => this.put(key, value)),
      delete: (key) => void jobs.push(() => this.delete(key)),
      commit: () => {
        for (const job of jobs.splice(0)) job();
      },
    };
  }

  *query(query: Query): Generator<Pair> {
    let pairs = this.#matching(query.prefix);
    for (const filter of query.filters ?? []) pairs = pairs.filter(filter);
    for (const order of query.orders ?? []) pairs.sort(order);
    yield* slicePage(pairs, query);
  }

  *queryKeys(query: KeyQuery): Generator<Key> {
    let keys = this.#matching(query.prefix).map(({ key }) => key);
    for (const filter of query.filters ?? []) keys = keys.filter(filter);
    for (const order of query.orders ?? []) keys.sort(order);
    yield* slicePage(keys, query);
  }

  #matching(prefix = ""): Pair[] {
    const found: Pair[] = [];
    for (const [kind, rows] of this.#kinds) {
      // A kind that differs from the prefix contains no key with that prefix.
      if (!`${kind}/`.startsWith(prefix) && !prefix.startsWith(kind)) continue;
      for (const [text, pair] of rows) if (text.startsWith(prefix)) found.push(pair);
    }
    return found;
  }
}

function slicePage<Row>(rows: Row[], query: { offset?: number; limit?: number }): Row[] {
  const from = query.offset ?? 0;
  return rows.slice(from, query.limit === undefined ? undefined : from + query.limit);
}

/**
 * Which subnet each record belongs to. Without shares, a single subnet that puts without end would
 * displace everyone else's records.
 */
export class RecordShares {
  readonly #each: number;
  readonly #all: number;
  readonly #owners = new Map<string, string>();
  /** Keys of each owner, oldest first. */
  readonly #keys = new Map<string, Set<string>>();

  /**
   * @param each maximum records of one owner.
   * @param all maximum records of all owners.
   */
  constructor(each: number, all: number) {
    this.#each = each;
    this.#all = all;
  }

  get size(): number {
    return this.#owners.size;
  }

  /**
   * Counts a record. A stored record stays its first owner's, so that another owner cannot take
   * over records by putting them again and then displace them.
   * @returns the key of a record to remove: the oldest of the same owner or, if there are too many
   * records, of the owner with the most.
   */
  add(key: string, owner: string): string | undefined {
    const holder = this.#owners.get(key) ?? owner;
    const keys = this.#keys.get(holder) ?? new Set<string>();
    keys.delete(key);
    keys.add(key);
    this.#keys.set(holder, keys);
    this.#owners.set(key, holder);
    const crowded =
      keys.size > this.#each ? keys : this.#owners.size > this.#all ? this.#largest() : undefined;
    const [oldest] = crowded ?? [];
    if (oldest !== undefined) this.remove(oldest);
    return oldest;
  }

  remove(key: string): void {
    const owner = this.#owners.get(key);
    if (owner === undefined) return;
    this.#owners.delete(key);
    const keys = this.#keys.get(owner);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(owner);
  }

  #largest(): Set<string> {
    let largest = new Set<string>();
    for (const keys of this.#keys.values()) if (keys.size > largest.size) largest = keys;
    return largest;
  }
}
