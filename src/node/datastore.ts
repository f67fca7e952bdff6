/** Where libp2p keeps what it learns of hosts and what others store here: in memory, bounded, never on disk. */

import { NotFoundError } from "@libp2p/interface";
import type { Libp2pOptions } from "libp2p";

type Datastore = NonNullable<Libp2pOptions["datastore"]>;
type Key = Parameters<Datastore["put"]>[0];
type Pair = { key: Key; value: Uint8Array };
type Query = Parameters<Datastore["query"]>[0];
type KeyQuery = Parameters<Datastore["queryKeys"]>[0];
type Batch = ReturnType<Datastore["batch"]>;

/** Keys of one kind share their first part: `/peers/…`, `/dht-lan/…`. */
const kindOf = (key: string): string => key.slice(0, key.indexOf("/", 1));

/**
 * libp2p's own memory store grows without end, and kad-dht never removes a record that nobody asks for.
 * This one keeps `capacity` rows of each kind; the oldest go first, which an honest host outlives by
 * publishing anew.
 */
export class BoundedDatastore implements Datastore {
  readonly #capacity: number;
  readonly #kinds = new Map<string, Map<string, Pair>>();

  /** @param capacity rows of one kind. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  #rows(key: string): Map<string, Pair> | undefined {
    return this.#kinds.get(kindOf(key));
  }

  put(key: Key, value: Uint8Array): Key {
    const text = key.toString();
    const rows = this.#rows(text) ?? new Map<string, Pair>();
    this.#kinds.set(kindOf(text), rows);
    rows.delete(text);
    rows.set(text, { key, value });
    for (const oldest of rows.keys()) {
      if (rows.size <= this.#capacity) break;
      rows.delete(oldest);
    }
    return key;
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
    yield* cut(pairs, query);
  }

  *queryKeys(query: KeyQuery): Generator<Key> {
    let keys = this.#matching(query.prefix).map(({ key }) => key);
    for (const filter of query.filters ?? []) keys = keys.filter(filter);
    for (const order of query.orders ?? []) keys.sort(order);
    yield* cut(keys, query);
  }

  #matching(prefix = ""): Pair[] {
    const found: Pair[] = [];
    for (const [kind, rows] of this.#kinds) {
      // A kind whose name parts from the prefix holds nothing that begins with it.
      if (!`${kind}/`.startsWith(prefix) && !prefix.startsWith(kind)) continue;
      for (const [text, pair] of rows) if (text.startsWith(prefix)) found.push(pair);
    }
    return found;
  }
}

function cut<Row>(rows: Row[], query: { offset?: number; limit?: number }): Row[] {
  const from = query.offset ?? 0;
  return rows.slice(from, query.limit === undefined ? undefined : from + query.limit);
}
