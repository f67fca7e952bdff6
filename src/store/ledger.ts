/** Keeps the sums as batches come: which rows of sums a batch must write beside its own. */
import { type Database, TALLY_KEY, textOf, type Write } from "./database.ts";
import { pageOf } from "./keys.ts";
import type { Sealer } from "./sealed.ts";
import { emptySum, encodeTally, isEmpty, type Marker, type Tally, toggle } from "./tally.ts";

/** Sums of pages that are remembered: 16,000 messages that come to different conversations. About 4 MB. */
const REMEMBERED = 16_384;

/** The sum of a page, and what stands for it in the root. */
interface PageSum {
  readonly sum: Uint8Array;
  /** `undefined` where the page has no row on the disk. */
  readonly mark: Uint8Array | undefined;
}

/** A batch with its sums. */
export interface Booked {
  readonly writes: readonly Write[];
  /** To be called once the batch is on the disk. */
  settle(): void;
}

export class Ledger {
  readonly #database: Database;
  readonly #sealer: Sealer;
  readonly #mark: Marker;
  readonly #pages = new Map<string, PageSum>();
  #root: Tally;

  constructor(database: Database, sealer: Sealer, mark: Marker, root: Tally) {
    this.#database = database;
    this.#sealer = sealer;
    this.#mark = mark;
    this.#root = root;
  }

  /**
   * The batch that makes these changes, of which each row has one. No batch may be on its way. Rows of pages are not checked
   * first: what is wrong with a page stays wrong in its sum, whatever is added and taken.
   */
  book(changes: readonly Write[]): Booked {
    const root = { rows: this.#root.rows, sum: this.#root.sum.slice() };
    const touched = new Map<string, { page: Uint8Array; before: PageSum; sum: Uint8Array }>();

    const sumOf = (page: Uint8Array): Uint8Array => {
      const name = textOf(page);
      const known = touched.get(name);
      if (known) return known.sum;
      const before = this.#pageSum(name, page);
      const sum = before.sum.slice();
      touched.set(name, { page, before, sum });
      return sum;
    };

    for (const { key, sealed } of changes) {
      const old = this.#database.getSync(key);
      if (!old && !sealed) continue;
      const page = pageOf(key);
      const sum = page ? sumOf(page) : root.sum;
      if (old) toggle(sum, this.#mark(key, old));
      if (sealed) toggle(sum, this.#mark(key, sealed));
      if (!page) root.rows += Number(sealed !== undefined) - Number(old !== undefined);
    }

    const writes = [...changes];
    const settled = new Map<string, PageSum>();
    for (const [name, { page, before, sum }] of touched) {
      const sealed = isEmpty(sum) ? undefined : this.#sealer.seal(page, sum);
      const mark = sealed && this.#mark(page, sealed);
      if (before.mark) toggle(root.sum, before.mark);
      if (mark) toggle(root.sum, mark);
      root.rows += Number(mark !== undefined) - Number(before.mark !== undefined);
      writes.push({ key: page, sealed });
      settled.set(name, { sum, mark });
    }
    const tally: Tally = { ...root, commits: this.#root.commits + 1 };
    writes.push({ key: TALLY_KEY, sealed: this.#sealer.seal(TALLY_KEY, encodeTally(tally)) });

    return {
      writes,
      settle: () => {
        this.#root = tally;
        if (this.#pages.size + settled.size > REMEMBERED) this.#pages.clear();
        for (const [name, page] of settled) this.#pages.set(name, page);
      },
    };
  }

  #pageSum(name: string, page: Uint8Array): PageSum {
    const known = this.#pages.get(name);
    if (known) return known;
    const sealed = this.#database.getSync(page);
    if (!sealed) return { sum: emptySum(), mark: undefined };
    return { sum: this.#sealer.open(page, sealed), mark: this.#mark(page, sealed) };
  }
}
