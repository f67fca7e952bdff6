/**
 * Cover records ("decoys" in settings): published tags that belong to no contact, so that the
 * number of tags that one host publishes does not reveal the number of contacts. A cover is a pair
 * without another side: its record is published and refreshed as a contact's is, and it is looked
 * up as an absent contact is.
 */
import { backoffDelay, labels, limits, shuffle, utf8, wipe } from "../../base/index.ts";
import { advance, type Direction, type RootChain, startChain } from "../../dht/index.ts";
import {
  type EpochSecret,
  lookupKeys,
  publicLookupKeys,
  turnsAt,
  wipeRecordKeys,
} from "../model/epoch-keys.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import { background, type Context, randomUnit } from "../state/context.ts";
import type { Target } from "./publish-targets.ts";

interface CoverRow {
  /** 32 bytes: covers stay the same over restarts and epochs, as contacts do. */
  readonly seed: Uint8Array;
  /** ms since 1970, at which their chains begin. */
  readonly madeAt: number;
  /** Tags at least, covers included: it never shrinks, or a contact who is removed would show. */
  readonly total: number;
}

interface Cover {
  readonly name: string;
  readonly direction: Direction;
  chain: RootChain;
  /** End of its epoch, ms since 1970: a tag that ended before would show. */
  until: number;
  /** Searches so far, all unsuccessful, as for a contact who stays away. */
  searches: number;
  publicSearches: number;
  publicSearchDueAt: number;
  searching: boolean;
  cancelSearch: () => void;
}

const key = rowKey("meta", "decoys");

/** The tags for this many real ones: the step, doubled until there is room for all. */
export function padded(step: number, real: number): number {
  let total = step;
  while (total < real) total *= 2;
  return Math.max(real, Math.min(total, limits.decoyTags));
}

export class CoverRecords {
  readonly #context: Context;
  #row: CoverRow | undefined;
  #step: number;
  readonly #covers = new Map<number, Cover>();
  #running = false;
  #stopping = new AbortController();

  private constructor(context: Context, step: number, row: CoverRow | undefined) {
    this.#context = context;
    this.#step = step;
    this.#row = row;
  }

  /** @param step tags at least; 0 for no covers. */
  static async load(context: Context, step: number): Promise<CoverRecords> {
    const bytes = await context.store.get(key);
    return new CoverRecords(context, step, bytes && decodeRow<CoverRow>(bytes));
  }

  get step(): number {
    return this.#step;
  }

  /** See `Messenger.setDecoys`. The covers so far end now, and others take their places. */
  async set(step: number): Promise<void> {
    this.#step = step;
    this.#row = undefined;
    await this.#context.store.commit([drop(key)]);
    for (const cover of this.#covers.values()) cover.cancelSearch();
    this.#covers.clear();
  }

  /** The targets with the covers that fill up a step, in an order that does not tell them apart. */
  among(real: readonly Target[]): Target[] {
    const covers = this.#coversFor(real.length);
    if (covers.length === 0) return [...real];
    const targets = covers.map(
      ({ name, direction, chain }): Target => ({
        name,
        direction,
        epochSecret: { kind: "pair", chain },
        cover: true,
        linked: true,
        scope: "any",
      }),
    );
    return shuffle([...real, ...targets], () => randomUnit(this.#context));
  }

  /** Searches for the covers from now on, as for absent contacts. */
  start(): void {
    this.#running = true;
    this.#stopping = new AbortController();
    this.wake();
  }

  stop(): void {
    this.#running = false;
    this.#stopping.abort();
    for (const cover of this.#covers.values()) cover.cancelSearch();
  }

  /** Searches for all of them now. */
  wake(): void {
    for (const cover of this.#covers.values()) this.#startSearch(cover);
  }

  #coversFor(real: number): Cover[] {
    const { crypto, clock, presence, store } = this.#context;
    if (this.#step === 0 || presence.invisible) return [];
    const now = clock.now();
    const before = this.#row ?? { seed: crypto.random(32), madeAt: now, total: 0 };
    const total = Math.max(before.total, padded(this.#step, real));
    if (total !== before.total || this.#row === undefined) {
      const row = { ...before, total };
      this.#row = row;
      background(this.#context, "decoys-failed", () => store.commit([put(key, encodeRow(row))]));
    }
    const needed = Math.max(0, total - real);
    for (let index = 0; index < needed; index++) {
      const known = this.#covers.get(index);
      const cover = known ?? this.#make(before, index);
      cover.until = turnsAt(crypto, secretOf(cover), now);
      this.#covers.set(index, cover);
      // A new contact is searched for at once.
      if (known === undefined) this.#startSearch(cover);
    }
    for (const [index, cover] of this.#covers)
      if (index >= needed && cover.until <= now) {
        cover.cancelSearch();
        this.#covers.delete(index);
      }
    return [...this.#covers.values()];
  }

  #make({ seed, madeAt }: CoverRow, index: number): Cover {
    const { crypto } = this.#context;
    const root = crypto.hkdf(new Uint8Array(0), seed, utf8(`${labels.decoy} ${index}`), 32);
    const chain = startChain(crypto, root, madeAt);
    wipe(root);
    return {
      name: `decoy/${index}`,
      direction: chain.offset % 2 === 0 ? "a" : "b",
      chain,
      until: 0,
      searches: 0,
      publicSearches: 0,
      publicSearchDueAt: 0,
      searching: false,
      cancelSearch: () => undefined,
    };
  }

  #startSearch(cover: Cover): void {
    const { clock, presence, publicRendezvous, rendezvous } = this.#context;
    if (!this.#running || cover.searching || presence.invisible) return;
    cover.cancelSearch();
    cover.searching = true;
    background(this.#context, "decoys-failed", async () => {
      try {
        await this.#search(cover);
      } finally {
        cover.searching = false;
        // A cover that ended in the meantime is no longer searched for.
        if (this.#running && [...this.#covers.values()].includes(cover)) {
          const asked = rendezvous.peers() > 0 || publicRendezvous?.enabled() === true;
          const wait = backoffDelay(limits.retry, cover.searches, randomUnit(this.#context));
          if (asked) cover.searches++;
          cover.cancelSearch = clock.after(wait, () => this.#startSearch(cover));
        }
      }
    });
  }

  /** As `recordsOf` and `candidateAddressesOf` do for a contact; there are no results. */
  async #search(cover: Cover): Promise<void> {
    const { crypto, rendezvous, publicRendezvous, clock } = this.#context;
    const { signal } = this.#stopping;
    const now = clock.now();
    cover.chain = advance(crypto, cover.chain, now, true);
    const secret = secretOf(cover);
    const theirs = cover.direction === "a" ? "b" : "a";
    const tags = lookupKeys(crypto, secret, theirs, now).map((keys) => {
      wipeRecordKeys(keys);
      return keys.tag;
    });
    for (const tag of tags) for await (const _ of rendezvous.lookup(tag, signal));
    if (publicRendezvous?.enabled() !== true || cover.publicSearchDueAt > now) return;
    cover.publicSearchDueAt =
      now + backoffDelay(limits.publicLookup, cover.publicSearches++, randomUnit(this.#context));
    for (const name of publicLookupKeys(crypto, secret, theirs, now))
      for await (const _ of publicRendezvous.lookup(name, signal));
  }
}

function secretOf({ chain }: Cover): EpochSecret {
  return { kind: "pair", chain };
}
