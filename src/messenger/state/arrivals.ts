/**
 * The order in which messages arrived on this node, over all conversations: a row for each number.
 * A message gets its number in the same tick in which its batch is passed to the store, and no
 * number is given twice, so that nothing is ever inserted before a number that was shown.
 */
import { limits } from "../../base/index.ts";
import type { Clock, RowKey, Store, StoreOp } from "../../ports/index.ts";
import type { MessageRow } from "../model/message.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

/** Where a message is that arrived. */
export interface Arrived {
  /** Of its conversation. */
  readonly ref: string;
  readonly at: number;
}

/** As it is kept once a message was deleted, which may be the one with the greatest number. */
interface Counter {
  readonly next: number;
}

/**
 * Numbers in one millisecond, more than a node gives: each start continues above those of every
 * store before it, also of one that is lost, or of which this one is an older copy.
 */
const PER_MS = 1024;

const counterKey: RowKey = rowKey("meta", "arrival");

function arrivalKey(number: number): RowKey {
  return rowKey("arrival", "log", number);
}

export function putArrival(number: number, arrived: Arrived): StoreOp {
  return put(arrivalKey(number), encodeRow(arrived));
}

export class Arrivals {
  #next: number;

  private constructor(next: number) {
    this.#next = next;
  }

  static async load(store: Store, clock: Clock): Promise<Arrivals> {
    return new Arrivals(await nextNumber(store, clock));
  }

  /** The number of the next message. Call it in the tick that passes the batch to the store. */
  take(): number {
    return this.#next++;
  }

  /**
   * The operations that delete numbers; to be called as `take`, so that the counter is kept with
   * them.
   */
  drop(rows: readonly Pick<MessageRow, "arrival">[]): StoreOp[] {
    const ops = rows.flatMap(({ arrival }) =>
      arrival === undefined ? [] : [drop(arrivalKey(arrival))],
    );
    return ops.length === 0 ? [] : [...ops, putCounter(this.#next)];
  }
}

function putCounter(next: number): StoreOp {
  return put(counterKey, encodeRow({ next } satisfies Counter));
}

async function nextNumber(store: Store, clock: Clock): Promise<number> {
  const { kept, newest, isDamaged } = await numbersIn(store);
  const next = Math.max(kept, newest + 1) + (isDamaged ? limits.arrivalJump : 0);
  return Math.max(next, clock.now() * PER_MS);
}

/** The counter and the greatest number of a store, 0 where there is none. */
async function numbersIn(store: Store) {
  const bytes = await store.get(counterKey);
  let isDamaged = false;
  const onDamage = (): void => {
    isDamaged = true;
  };
  const [newest] = await store.list("arrival", "log", { reverse: true, limit: 1, onDamage });
  const kept = bytes === undefined ? 0 : decodeRow<Counter>(bytes).next;
  return { kept, newest: newest?.at ?? 0, isDamaged };
}

/**
 * The operations after which numbers go on above all that this store may have given: after a
 * repair, and in an older copy. A store without messages begins as a new one.
 */
export async function jumpArrivals(store: Store): Promise<StoreOp[]> {
  const { kept, newest } = await numbersIn(store);
  const next = Math.max(kept, newest + 1);
  return next > 1 ? [putCounter(next + limits.arrivalJump)] : [];
}

export interface ArrivalRange {
  /** Both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly reverse: boolean;
  readonly limit: number;
  readonly onDamage: () => void;
}

/** Messages by their numbers, with those that were deleted left out. */
export async function readArrivals(
  store: Store,
  range: ArrivalRange,
): Promise<(Arrived & { readonly number: number })[]> {
  const rows = await store.list("arrival", "log", range);
  return rows.map(({ at, value }) => ({ ...decodeRow<Arrived>(value), number: at }));
}
