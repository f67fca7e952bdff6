/** Simulated time: timers run in order as fast as the machine allows. */
import type { SteadyClock } from "../../src/ports/index.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly job: () => void;
}

const START = Date.UTC(2030, 0, 1, 12);

export class SimTime {
  #now = START;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** Whole ms, as a real clock gives. */
  now(): number {
    return Math.floor(this.#now);
  }

  /** The moment itself, with its fraction: what happens at one moment keeps its order. */
  get moment(): number {
    return this.#now;
  }

  after(ms: number, job: () => void): () => void {
    return this.at(this.#now + Math.max(0, ms), job);
  }

  /** Runs `job` at a moment. */
  at(moment: number, job: () => void): () => void {
    const timer = { at: moment, order: this.#order++, job };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** A clock that is off by `skew` ms, which may change, and drives the same timers. */
  clock(skew: number | (() => number) = 0): SteadyClock {
    const off = typeof skew === "number" ? () => skew : skew;
    return {
      now: () => this.now() + off(),
      after: (ms, job) => this.after(ms, job),
      elapsed: () => this.now() - START,
    };
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Lets everything happen that needs no time: whatever a node awaits but its clock and the network
   * ends in one turn.
   */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * Runs timers until `reached`, or for `limit` ms of simulated time. @returns whether it was
   * reached.
   */
  async run(reached: () => boolean, limit: number): Promise<boolean> {
    const end = this.#now + limit;
    for (;;) {
      await this.settle();
      if (reached()) return true;
      const next = this.#next();
      if (next === undefined || next.at > end) {
        this.#now = end;
        return false;
      }
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.job();
    }
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    await this.run(() => false, ms);
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (
        first === undefined ||
        timer.at < first.at ||
        (timer.at === first.at && timer.order < first.order)
      )
        first = timer;
    return first;
  }
}
