/** Retry times: doubling from a minimum to a maximum, spread by ± half so that nodes do not march in step. */
export interface Backoff {
  /** First pause in ms. */
  readonly min: number;
  /** Longest pause in ms, before the spread. */
  readonly max: number;
}

/**
 * The pause in ms before retry number `attempt` (0 is the first).
 * @param chance a number in [0, 1) that the caller drew.
 */
export function pause({ min, max }: Backoff, attempt: number, chance: number): number {
  const base = Math.min(max, min * 2 ** Math.min(attempt, 40));
  return Math.round(base * (0.5 + chance));
}
