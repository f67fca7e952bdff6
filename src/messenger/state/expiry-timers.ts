/**
 * Started expiry timers of messages. While the node runs they are measured by a steady clock that
 * cannot be set; across a restart only the wall clock remains, which can at most restart them.
 */
import { limits } from "../../base/index.ts";
import type { SteadyClock, Store, StoreOp } from "../../ports/index.ts";
import { decodeRow, drop, encodeRow, put, rowKey } from "../model/rows.ts";

/** As it is kept. */
interface Span {
  /** Wall time, ms since 1970. */
  readonly until: number;
  /** The whole of it, ms. */
  readonly keep: number;
}

interface Running extends Span {
  readonly ref: string;
  readonly at: number;
  /** By the steady clock. */
  readonly due: number;
}

/** A message of a conversation, by its place, and how long it is to be kept from now on. */
export interface Started {
  readonly at: number;
  readonly keep: number;
}

const spanKey = (ref: string, at: number) => rowKey("span", ref, at);
const nameOf = (ref: string, at: number): string => `${ref}/${at}`;

export class ExpiryTimers {
  readonly #store: Store;
  readonly #clock: SteadyClock;
  readonly #running = new Map<string, Running>();
  #started = (): void => undefined;

  constructor({ store, clock }: { readonly store: Store; readonly clock: SteadyClock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Takes up what was running when the node ended. @param refs of all conversations. */
  static async load(
    parts: { readonly store: Store; readonly clock: SteadyClock },
    refs: readonly string[],
  ): Promise<ExpiryTimers> {
    const spans = new ExpiryTimers(parts);
    const { store, clock } = parts;
    for (const ref of refs)
      for (const { at, value } of await store.list("span", ref)) {
        const { until, keep } = decodeRow<Span>(value);
        const left = Math.min(keep, Math.max(0, until - clock.now()));
        spans.#running.set(nameOf(ref, at), { ref, at, keep, until, due: clock.elapsed() + left });
      }
    return spans;
  }

  /** Told whenever time begins to run for a message. Set once. */
  onStarted(started: () => void): void {
    this.#started = started;
  }

  /**
   * Lets the time of messages run. What runs already goes on.
   * @returns what to write, in the batch that says why; and what to call once it is written.
   */
  start(
    ref: string,
    messages: readonly Started[],
  ): { readonly ops: StoreOp[]; readonly begin: () => void } {
    const now = this.#clock.now();
    const elapsed = this.#clock.elapsed();
    const fresh = messages
      .filter(({ at }) => !this.#running.has(nameOf(ref, at)))
      .map(({ at, keep }) => ({ ref, at, keep, until: now + keep, due: elapsed + keep }));
    return {
      ops: fresh.map(putSpan),
      begin: () => {
        for (const span of fresh) this.#running.set(nameOf(ref, span.at), span);
        if (fresh.length > 0) this.#started();
      },
    };
  }

  /** When a message goes, by the wall clock, if its time runs. */
  until(ref: string, at: number): number | undefined {
    const span = this.#running.get(nameOf(ref, at));
    return span && this.#clock.now() + span.due - this.#clock.elapsed();
  }

  /** Whether the time of a message runs and is over. */
  isOver(ref: string, at: number): boolean {
    const span = this.#running.get(nameOf(ref, at));
    return span !== undefined && span.due <= this.#clock.elapsed();
  }

  /** Places of messages whose time is over, by conversation. */
  over(): Map<string, number[]> {
    const elapsed = this.#clock.elapsed();
    const places = new Map<string, number[]>();
    for (const { ref, at, due } of this.#running.values())
      if (due <= elapsed) places.set(ref, [...(places.get(ref) ?? []), at]);
    return places;
  }

  /** ms until the next one is over; `undefined` where no time runs. */
  wait(): number | undefined {
    let first: number | undefined;
    for (const { due } of this.#running.values()) first = Math.min(first ?? due, due);
    return first === undefined ? undefined : Math.max(0, first - this.#clock.elapsed());
  }

  /** Takes the rows of messages away that go in the batch at hand. */
  drop(ref: string, places: readonly number[]): StoreOp[] {
    return places
      .filter((at) => this.#running.has(nameOf(ref, at)))
      .map((at) => drop(spanKey(ref, at)));
  }

  /** Once such a batch is written. */
  forget(ref: string, places: readonly number[]): void {
    for (const at of places) this.#running.delete(nameOf(ref, at));
  }

  /** Every place of one conversation whose time runs. */
  places(ref: string): number[] {
    return [...this.#running.values()].filter((span) => span.ref === ref).map(({ at }) => at);
  }

  /** Conversations whose rows differ from the steady clock, because the wall clock was set. */
  astray(): Set<string> {
    const off = this.#clock.now() - this.#clock.elapsed();
    const refs = new Set<string>();
    for (const { ref, until, due } of this.#running.values())
      if (Math.abs(off + due - until) > limits.clockSet) refs.add(ref);
    return refs;
  }

  /**
   * Rewrites the rows of a conversation by the wall clock as it is now. Requires its lock.
   */
  async repair(ref: string): Promise<void> {
    const off = this.#clock.now() - this.#clock.elapsed();
    const rewritten = [...this.#running.values()]
      .filter((span) => span.ref === ref)
      .map((span) => ({ ...span, until: off + span.due }));
    await this.#store.commit(rewritten.map(putSpan));
    for (const span of rewritten) this.#running.set(nameOf(ref, span.at), span);
  }
}

function putSpan({ ref, at, until, keep }: Running): StoreOp {
  return put(spanKey(ref, at), encodeRow({ until, keep } satisfies Span));
}
