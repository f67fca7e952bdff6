/**
 * Looking up, putting and getting as the library does it: three paths that share no node, three
 * questions at a time on each.
 */
import { distance, forget, K, known, meet, type Network, type Node } from "./network.ts";

const PATHS = 3;
const ALPHA = 3;

export interface Looked {
  /** The nearest `K` that answered. */
  readonly closest: readonly Node[];
  /** Questions asked. */
  readonly messages: number;
  /** Of them to nodes that are gone. */
  readonly lost: number;
  /** Round trips one after the other, of the longest path. */
  readonly rounds: number;
  /**
   * Of a get: when the newest record that was found had been put, and what it took to find the
   * first one.
   */
  readonly found?: { readonly put: number; readonly messages: number; readonly rounds: number };
}

interface Path {
  waiting: Node[];
  /** Distances of the nearest who answered, in order. */
  readonly answered: number[];
}

const fits = ({ answered }: Path, far: number): boolean =>
  answered.length < K || far < (answered[K - 1] as number);

function insert(sorted: number[], value: number): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] as number) > value) at--;
  sorted.splice(at, 0, value);
  sorted.length = Math.min(sorted.length, K);
}

/** @param wanted the key of a record that is asked for on the way. */
export function lookUp(network: Network, from: Node, target: number, wanted?: number): Looked {
  const seen = new Set<Node>([from]);
  const paths: Path[] = Array.from({ length: PATHS }, () => ({ waiting: [], answered: [] }));
  for (const [index, start] of shuffled(network, known(from, target)).entries()) {
    seen.add(start);
    paths[index % PATHS]?.waiting.push(start);
  }
  const closest: Node[] = [];
  const far = ({ id }: Node): number => distance(id, target);
  let [messages, lost, rounds] = [0, 0, 0];
  let found: { put: number; messages: number; rounds: number } | undefined;
  while (paths.some(({ waiting }) => waiting.length > 0)) {
    rounds++;
    for (const path of paths) {
      path.waiting = path.waiting.filter((node) => fits(path, far(node)));
      path.waiting.sort((a, b) => far(a) - far(b));
      for (const node of path.waiting.splice(0, ALPHA)) {
        messages++;
        if (!node.alive) {
          lost++;
          forget(from, node);
          continue;
        }
        if (network.counting) node.load++;
        meet(from, node);
        meet(node, from);
        closest.push(node);
        insert(path.answered, far(node));
        const put = wanted === undefined ? undefined : node.records.get(wanted);
        if (put !== undefined) {
          found ??= { put, messages, rounds };
          found.put = Math.max(found.put, put);
        }
        for (const closer of network.named(node, target)) {
          if (seen.has(closer) || far(closer) >= far(node) || !fits(path, far(closer))) continue;
          seen.add(closer);
          path.waiting.push(closer);
        }
      }
    }
  }
  closest.sort((a, b) => far(a) - far(b));
  const looked = { closest: closest.slice(0, K), messages, lost, rounds };
  return found === undefined ? looked : { ...looked, found };
}

export interface Put {
  readonly messages: number;
  readonly lost: number;
  /** Nodes that keep the record, and not only say so. */
  readonly holders: number;
}

/** Leaves a record with the nodes nearest to its key. */
export function put(network: Network, from: Node, key: number, now: number): Put {
  const { closest, messages, lost } = lookUp(network, from, key);
  let holders = 0;
  for (const node of closest) {
    if (network.counting) node.load++;
    if (node.manner !== "honest") continue;
    node.records.set(key, now);
    holders++;
  }
  return { messages: messages + closest.length, lost, holders };
}

function shuffled(network: Network, nodes: readonly Node[]): Node[] {
  return nodes
    .map((node) => ({ node, rank: network.chance() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ node }) => node);
}
