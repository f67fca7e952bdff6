/**
 * Whose records lie here. Without shares the oldest record would make room for the newest, and a single neighbour who puts without end
 * would push out everybody else's.
 */
export class Shares {
  readonly #each: number;
  readonly #all: number;
  readonly #owners = new Map<string, string>();
  /** Keys of each owner, oldest first. */
  readonly #keys = new Map<string, Set<string>>();

  /** @param each records of one owner. @param all records together. */
  constructor(each: number, all: number) {
    this.#each = each;
    this.#all = all;
  }

  get size(): number {
    return this.#owners.size;
  }

  /**
   * Counts a record. One that lies here already stays its first owner's: who puts others' records again must not get them
   * under a share of their own and push them out.
   * @returns the key of a record that has to go: the oldest of the same owner, or where all are too many, of who has most.
   */
  add(key: string, owner: string): string | undefined {
    const holder = this.#owners.get(key) ?? owner;
    const keys = this.#keys.get(holder) ?? new Set<string>();
    keys.delete(key);
    keys.add(key);
    this.#keys.set(holder, keys);
    this.#owners.set(key, holder);
    const greedy =
      keys.size > this.#each ? keys : this.#owners.size > this.#all ? this.#largest() : undefined;
    const [oldest] = greedy ?? [];
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
