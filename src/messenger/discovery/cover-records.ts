/**
 * Tags that lead to nobody, so that the number of tags that one host puts does not tell the number
 * of its contacts. A decoy is a pair of which nobody holds the other side: its record is made, put
 * and put anew as a contact's is, and it is looked for as a contact who stays away.
 */
import { backoffDelay, labels, limits, utf8 } from "../../base/index.ts";
import { advance, type RootChain, startChain } from "../../dht/index.ts";
import type { Store } from "../../ports/index.ts";
import type { CoverRecord, CoverRecordSet } from "../model/cover-record.ts";
import { type EpochSecret, lookupKeys, publicLookupKeys, turnsAt } from "../model/epoch-keys.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";
import { background, type Context, randomUnit } from "../state/context.ts";

interface DecoyRow {
  /** 32 bytes: decoys stay over restarts and epochs, as contacts do. */
  readonly seed: Uint8Array;
  /** ms: their chains begin here. */
  readonly madeAt: number;
  /**
   * Tags that there are at least, decoys and others together: it grows and never shrinks, or a
   * contact who was removed would show.
   */
  readonly total: number;
}

interface Kept extends CoverRecord {
  chain: RootChain;
  /**
   * Until when it goes on though it is not needed any more, ms: a tag that ends within its epoch
   * would show.
   */
  until: number;
  /** Looks in vain, as of a contact who stays away, and when the next on the public DHT is due. */
  looks: number;
  hints: number;
  hintsDueAt: number;
  looking: boolean;
  cancel: () => void;
}

const key = rowKey("meta", "decoys");

/** The tags that there are to be for so many real ones: the step, doubled until all have room. */
export function padded(step: number, real: number): number {
  let total = step;
  while (total < real) total *= 2;
  return Math.max(real, Math.min(total, limits.decoyTags));
}

export class CoverRecords implements CoverRecordSet {
  readonly #store: Store;
  #row: DecoyRow | undefined;
  #step: number;
  readonly #kept = new Map<number, Kept>();
  #context: Context | undefined;
  #running = false;
  #stopping = new AbortController();

  private constructor(store: Store, step: number, row: DecoyRow | undefined) {
    this.#store = store;
    this.#step = step;
    this.#row = row;
  }

  /** @param step tags that there are to be at least; 0 for no decoys. */
  static async load(store: Store, step: number): Promise<CoverRecords> {
    const bytes = await store.get(key);
    return new CoverRecords(store, step, bytes && decodeRow<DecoyRow>(bytes));
  }

  /** Given once, before anything else is asked. */
  attach(context: Context): void {
    this.#context = context;
  }

  get step(): number {
    return this.#step;
  }

  async set(step: number): Promise<void> {
    this.#step = step;
    this.#row = undefined;
    await this.#store.commit([drop(key)]);
    for (const decoy of this.#kept.values()) decoy.cancel();
    this.#kept.clear();
  }

  beside(real: number): CoverRecord[] {
    const context = this.#context;
    if (context === undefined || this.#step === 0 || context.presence.invisible) return [];
    const { crypto, clock } = context;
    const now = clock.now();
    const before = this.#row ?? { seed: crypto.random(32), madeAt: now, total: 0 };
    const total = Math.max(before.total, padded(this.#step, real));
    if (total !== before.total || this.#row === undefined) {
      const row = { ...before, total };
      this.#row = row;
      background(context, "decoys-failed", () => this.#store.commit([put(key, encodeRow(row))]));
    }
    const needed = Math.max(0, total - real);
    for (let index = 0; index < needed; index++) {
      const kept = this.#kept.get(index);
      const decoy = kept ?? this.#make(context, index);
      decoy.until = turnsAt(crypto, decoy.turning, now);
      this.#kept.set(index, decoy);
      // A new contact is looked for at once.
      if (kept === undefined) this.#look(decoy);
    }
    for (const [index, decoy] of this.#kept)
      if (index >= needed && decoy.until <= now) {
        decoy.cancel();
        this.#kept.delete(index);
      }
    return [...this.#kept.values()].map(({ name, direction, chain }) => ({
      name,
      direction,
      turning: { kind: "pair", chain },
    }));
  }

  start(): void {
    this.#running = true;
    this.#stopping = new AbortController();
    this.wake();
  }

  stop(): void {
    this.#running = false;
    this.#stopping.abort();
    for (const decoy of this.#kept.values()) decoy.cancel();
  }

  wake(): void {
    for (const decoy of this.#kept.values()) this.#look(decoy);
  }

  #make({ crypto }: Context, index: number): Kept {
    const { seed, madeAt } = this.#row as DecoyRow;
    const root = crypto.hkdf(new Uint8Array(0), seed, utf8(`${labels.decoy} ${index}`), 32);
    const chain = startChain(crypto, root, madeAt);
    const turning: EpochSecret = { kind: "pair", chain };
    const direction = chain.offset % 2 === 0 ? "a" : "b";
    const looked = { looks: 0, hints: 0, hintsDueAt: 0, looking: false, cancel: () => undefined };
    return { name: `decoy/${index}`, turning, direction, chain, until: 0, ...looked };
  }

  #look(decoy: Kept): void {
    const context = this.#context;
    if (context === undefined || !this.#running || decoy.looking || context.presence.invisible)
      return;
    decoy.cancel();
    decoy.looking = true;
    background(context, "decoys-failed", async () => {
      try {
        await this.#search(context, decoy);
      } finally {
        decoy.looking = false;
        // One that ended meanwhile is looked for no more.
        if (this.#running && [...this.#kept.values()].includes(decoy)) {
          const asked =
            context.rendezvous.peers() > 0 || context.publicRendezvous?.enabled() === true;
          const wait = backoffDelay(limits.retry, decoy.looks, randomUnit(context));
          if (asked) decoy.looks++;
          decoy.cancel = context.clock.after(wait, () => this.#look(decoy));
        }
      }
    });
  }

  /** As `recordsOf` and `hintsOf` do for a contact. What is found would be nobody's. */
  async #search(context: Context, decoy: Kept): Promise<void> {
    const { crypto, rendezvous, publicRendezvous, clock } = context;
    const { signal } = this.#stopping;
    const now = clock.now();
    decoy.chain = advance(crypto, decoy.chain, now, true);
    const turning: EpochSecret = { kind: "pair", chain: decoy.chain };
    const theirs = decoy.direction === "a" ? "b" : "a";
    for (const { tag } of lookupKeys(crypto, turning, theirs, now))
      for await (const _ of rendezvous.lookup(tag, signal));
    if (publicRendezvous?.enabled() !== true || decoy.hintsDueAt > now) return;
    decoy.hintsDueAt = now + backoffDelay(limits.publicLookup, decoy.hints++, randomUnit(context));
    for (const name of publicLookupKeys(crypto, turning, theirs, now))
      for await (const _ of publicRendezvous.lookup(name, signal));
  }
}
