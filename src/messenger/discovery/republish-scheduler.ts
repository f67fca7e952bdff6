/** Schedules republication of what expires where it was published; one round runs at a time. */
import { remainingDelay } from "../../base/index.ts";
import type { PublishState } from "../model/diagnosis.ts";
import { background, type Context } from "../state/context.ts";

/** How something stands that was put. */
export interface Publication {
  readonly dueAt: number;
  /** Who has it now. */
  readonly holders: number;
  /** Times in a row that no peer stored it. */
  readonly failures: number;
}

export interface SchedulerOptions {
  /** What a fault is called in the log. */
  readonly fault: string;
  /** Whether there is a peer to publish to; rounds rest while there is none. */
  readonly ready: () => boolean;
  /** Puts what is due, until nothing is or `signal` aborts. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  /** Between two rounds because something is out of date, ms. */
  readonly pause: number;
  /** Between two looks at what is due, ms at least. */
  readonly least: number;
  /** Nothing is due further ahead, ms, but by a clock that fell back since. */
  readonly ahead: number;
}

export class RepublishScheduler<One extends Publication> {
  readonly #context: Context;
  readonly #parts: SchedulerOptions;
  readonly #puts = new Map<string, One>();
  /** What will be out of date at the next round for that. */
  readonly #outdated = new Set<(one: One) => boolean>();
  #running = false;
  #busy = false;
  #again = false;
  #cancel = (): void => undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #cancelNext: (() => void) | undefined;
  #stopping = new AbortController();

  constructor(context: Context, parts: SchedulerOptions) {
    this.#context = context;
    this.#parts = parts;
  }

  start(): void {
    this.#running = true;
    this.#stopping = new AbortController();
    this.refresh();
  }

  stop(): void {
    this.#running = false;
    this.#cancel();
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    this.#outdated.clear();
    this.#stopping.abort();
  }

  /** A round now, or one more after the one that runs. */
  refresh(): void {
    if (!this.#running) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    background(this.#context, this.#parts.fault, async () => {
      try {
        do {
          this.#again = false;
          if (this.#parts.ready()) await this.#parts.round(this.#stopping.signal);
        } while (this.#again && this.#running);
      } finally {
        this.#busy = false;
        this.#schedule();
      }
    });
  }

  /**
   * Some of what was put is out of date: a round for it now, or once the pause since the last one
   * is over.
   */
  outdate(which: (one: One) => boolean): void {
    if (!this.#running) return;
    this.#outdated.add(which);
    if (this.#cancelNext !== undefined) return;
    const { clock } = this.#context;
    const wait = remainingDelay(this.#lastAt, this.#parts.pause, clock.now());
    this.#cancelNext = clock.after(wait, () => {
      this.#cancelNext = undefined;
      this.#lastAt = clock.now();
      const old = [...this.#outdated];
      this.#outdated.clear();
      for (const [name, one] of this.#puts)
        if (old.some((is) => is(one))) this.#puts.set(name, { ...one, dueAt: 0 });
      this.refresh();
    });
  }

  get(name: string): One | undefined {
    return this.#puts.get(name);
  }

  set(name: string, one: One): void {
    this.#puts.set(name, one);
  }

  /** Forgets everything but these. */
  keep(targets: readonly { readonly name: string }[]): void {
    const names = new Set(targets.map(({ name }) => name));
    for (const name of this.#puts.keys()) if (!names.has(name)) this.#puts.delete(name);
  }

  isDue({ name }: { readonly name: string }): boolean {
    return this.#isDue(this.#puts.get(name)?.dueAt ?? 0, this.#context.clock.now());
  }

  state(targets: readonly { readonly name: string }[]): PublishState {
    const puts = targets.map(({ name }) => this.#puts.get(name));
    return {
      wanted: puts.length,
      held: puts.filter((one) => one !== undefined && one.holders > 0).length,
      refused: puts.filter((one) => one !== undefined && one.failures > 0).length,
    };
  }

  #isDue(dueAt: number, now: number): boolean {
    return dueAt <= now || dueAt > now + this.#parts.ahead;
  }

  #schedule(): void {
    this.#cancel();
    if (!this.#running || !this.#parts.ready()) return;
    const now = this.#context.clock.now();
    const due = [...this.#puts.values()].map(({ dueAt }) =>
      this.#isDue(dueAt, now) ? now : dueAt,
    );
    if (due.length === 0) return;
    const wait = Math.max(this.#parts.least, Math.min(...due) - now);
    this.#cancel = this.#context.clock.after(wait, () => this.refresh());
  }
}
