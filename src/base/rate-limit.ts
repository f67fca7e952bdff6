/** Rate limits: how often a source, and all sources together, may request something. */

/** Length of a window unless another is given, ms. */
const MINUTE = 60_000;

/** A clock, as far as rate limits need it: ms since 1970. */
interface Now {
  now(): number;
}

/** Counts events by name in fixed time windows. */
class RateWindow {
  readonly #clock: Now;
  readonly #length: number;
  readonly #counts = new Map<string, number>();
  #end = Number.NEGATIVE_INFINITY;

  /** @param length ms. */
  constructor(clock: Now, length: number = MINUTE) {
    this.#clock = clock;
    this.#length = length;
  }

  /** Events of this name in the current window. */
  count(name: string): number {
    const now = this.#clock.now();
    // Also restart when the clock was set back, or the window would last longer by as much.
    if (now >= this.#end || now < this.#end - this.#length) {
      this.#counts.clear();
      this.#end = now + this.#length;
    }
    return this.#counts.get(name) ?? 0;
  }

  /** Counts one event. @returns the number of events of this name, this one included. */
  add(name: string): number {
    const count = this.count(name) + 1;
    this.#counts.set(name, count);
    return count;
  }
}

/**
 * Decides whether a source may make another request now, and counts it if so.
 * @param group has limits of its own, such as the node that the requests are for.
 */
export type RateLimit = (source: string, group?: string) => boolean;

/**
 * Creates a rate limit. It is fair: half of `all` is reserved for sources that have made few
 * requests in this window, a tenth of `each` or less, so that a few busy sources do not keep out
 * the others. Memory is bounded by `all` for each group.
 * @param each requests of one source in `length` ms.
 * @param all requests of all sources together.
 */
export function createRateLimit(
  clock: Now,
  each: number,
  all: number,
  length: number = MINUTE,
): RateLimit {
  const window = new RateWindow(clock, length);
  const few = Math.max(1, Math.floor(each / 10));
  return (source, group = "") => {
    const one = `one ${group} ${source}`;
    const total = `all ${group}`;
    const made = window.count(one);
    if (made >= each || window.count(total) >= (made < few ? all : all / 2)) return false;
    window.add(one);
    window.add(total);
    return true;
  };
}

/** What may be spent at a steady rate, with a burst that is saved up while nothing is spent. */
export class TokenBucket {
  readonly #clock: Now;
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** @param rate tokens a second. @param burst tokens that are there at most, and at first. */
  constructor(clock: Now, rate: number, burst: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = clock.now();
  }

  /** Spends tokens if all of them are there. */
  take(tokens = 1): boolean {
    if (this.wait() > 0 || this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Spends tokens of which it is known only afterwards how many they are. */
  spend(tokens: number): void {
    this.wait();
    this.#tokens -= tokens;
  }

  /** After how long (ms) there is no debt; 0 where there is none. */
  wait(): number {
    const now = this.#clock.now();
    // A clock that is set back adds nothing.
    const elapsed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#rate) / 1_000);
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1_000) / this.#rate);
  }
}
