/**
 * Retry delays: doubling from a minimum to a maximum, with a random spread of ± half so that nodes
 * do not retry at the same moment.
 */
export interface Backoff {
  /** First delay, ms. */
  readonly min: number;
  /** Longest delay before the spread, ms. */
  readonly max: number;
}

/**
 * The delay before retry number `attempt` (0 is the first), ms.
 * @param random a number in [0, 1).
 */
export function backoffDelay({ min, max }: Backoff, attempt: number, random: number): number {
  const base = Math.min(max, min * 2 ** Math.min(attempt, 40));
  return Math.round(base * (0.5 + random));
}

/**
 * The rest of a delay that began at `since`, ms, by a clock that shows `now`. If the clock was set
 * back in the meantime, the delay starts again, but never gets longer.
 */
export function remainingDelay(since: number, delay: number, now: number): number {
  return Math.min(delay, Math.max(0, since + delay - now));
}
