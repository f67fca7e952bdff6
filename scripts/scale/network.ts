/**
 * A Kademlia network in memory: ids, routing tables, and what nodes answer. Ids have 32 bits, which
 * tells 100,000 nodes apart; the tables' rules are those of the library that Sotto runs on.
 */

/** Nodes in a bucket, and holders of a record. */
export const K = 20;
const BITS = 32;

/** A number in [0, 1). */
export type Chance = () => number;

/** A repeatable chance (mulberry32). */
export function seeded(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const randomId = (chance: Chance): number => Math.floor(chance() * 2 ** 32) >>> 0;
export const distance = (a: number, b: number): number => (a ^ b) >>> 0;

/**
 * What a node does to others. Mute: routes well, and throws every record away. Liar: also names
 * nobody but its like.
 */
export type Manner = "honest" | "mute" | "liar";

export interface Node {
  readonly id: number;
  readonly manner: Manner;
  alive: boolean;
  /** By the number of leading bits that are shared; oldest contact first. */
  readonly buckets: (Node[] | undefined)[];
  /** Time at which each record was put here, ms, by its key. */
  readonly records: Map<number, number>;
  /** Messages received while they were counted. */
  load: number;
}

/** Nodes in the order of their ids. */
class Ordered {
  readonly #nodes: Node[] = [];

  /** How many have a smaller id. */
  before(id: number): number {
    let [low, high] = [0, this.#nodes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#nodes[middle] as Node).id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(node: Node): void {
    this.#nodes.splice(this.before(node.id), 0, node);
  }

  remove(node: Node): void {
    this.#nodes.splice(this.before(node.id), 1);
  }

  slice(from: number, to: number): Node[] {
    return this.#nodes.slice(from, to);
  }

  /** The `K` nearest to a target: they share its smallest subtree that has so many. */
  nearest(target: number): Node[] {
    for (let size = 1; size < 2 ** BITS; size *= 2) {
      const start = Math.floor(target / size) * size;
      const [from, to] = [this.before(start), this.before(start + size)];
      if (to - from >= K) return nearest(this.slice(from, to), target);
    }
    return nearest(this.#nodes, target);
  }
}

export class Network {
  readonly chance: Chance;
  /** Whether nodes count the messages that they get. */
  counting = false;
  /** Everybody who is there, in no order. */
  readonly nodes: Node[] = [];
  readonly #ids = new Set<number>();
  readonly #liars = new Ordered();

  constructor(chance: Chance) {
    this.chance = chance;
  }

  /** A node that knows nobody. */
  add(manner: Manner): Node {
    let id = randomId(this.chance);
    while (this.#ids.has(id)) id = randomId(this.chance);
    this.#ids.add(id);
    const buckets = new Array<Node[] | undefined>(BITS).fill(undefined);
    const node: Node = { id, manner, alive: true, buckets, records: new Map(), load: 0 };
    this.nodes.push(node);
    if (manner === "liar") this.#liars.add(node);
    return node;
  }

  /** Takes a node away without a word. */
  remove(index: number): void {
    const node = this.nodes[index];
    const last = this.nodes.pop();
    if (node === undefined || last === undefined) return;
    if (last !== node) this.nodes[index] = last;
    node.alive = false;
    node.records.clear();
    if (node.manner === "liar") this.#liars.remove(node);
  }

  any(): Node {
    return this.nodes[Math.floor(this.chance() * this.nodes.length)] as Node;
  }

  /** Gives all nodes the table that a network at rest has: of each bucket all, or `K` by chance. */
  settle(): void {
    const ordered = new Ordered();
    for (const node of [...this.nodes].sort((a, b) => a.id - b.id)) ordered.add(node);
    for (const node of this.nodes)
      for (let shared = 0; shared < BITS; shared++) {
        const size = 2 ** (BITS - 1 - shared);
        const start = Math.floor(node.id / size) * size;
        const sibling = start + (Math.floor(node.id / size) % 2 === 0 ? size : -size);
        const [from, to] = [ordered.before(sibling), ordered.before(sibling + size)];
        if (to > from) node.buckets[shared] = this.#sample(ordered, from, to);
        else if (ordered.before(start + size) - ordered.before(start) === 1) break;
      }
  }

  #sample(ordered: Ordered, from: number, to: number): Node[] {
    if (to - from <= K) return ordered.slice(from, to);
    const chosen = new Set<Node>();
    while (chosen.size < K) {
      const at = from + Math.floor(this.chance() * (to - from));
      for (const node of ordered.slice(at, at + 1)) chosen.add(node);
    }
    return [...chosen];
  }

  /** The `K` nearest to a target that `node` names to others. */
  named(node: Node, target: number): readonly Node[] {
    return node.manner === "liar" ? this.#liars.nearest(target) : known(node, target);
  }
}

export function nearest(nodes: readonly Node[], target: number, count = K): Node[] {
  return [...nodes].sort((a, b) => distance(a.id, target) - distance(b.id, target)).slice(0, count);
}

/** The `K` nearest to a target in a node's table. */
export function known({ id, buckets }: Node, target: number): Node[] {
  const at = Math.clz32(id ^ target);
  const found: Node[] = [...(buckets[at] ?? [])];
  // Those who share more with us than the target does are as far from it as we are; who shares less
  // is farther.
  if (found.length < K)
    for (let shared = at + 1; shared < BITS; shared++) found.push(...(buckets[shared] ?? []));
  for (let shared = at - 1; shared >= 0 && found.length < K; shared--)
    found.push(...(buckets[shared] ?? []));
  return nearest(found, target);
}

/**
 * Takes another into a table. Where its bucket is full it gets in only for the oldest contact, once
 * that is gone.
 */
export function meet(node: Node, other: Node): void {
  const shared = Math.clz32(node.id ^ other.id);
  if (shared >= BITS) return;
  const bucket = node.buckets[shared] ?? [];
  node.buckets[shared] = bucket;
  if (bucket.includes(other)) return;
  const [oldest] = bucket;
  if (bucket.length >= K) {
    if (oldest?.alive === true) return;
    bucket.shift();
  }
  bucket.push(other);
}

/** Takes one who does not answer out of a table. */
export function forget(node: Node, other: Node): void {
  const shared = Math.clz32(node.id ^ other.id);
  const bucket = node.buckets[shared];
  const at = bucket?.indexOf(other) ?? -1;
  if (at >= 0) bucket?.splice(at, 1);
}
