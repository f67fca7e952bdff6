/**
 * Retry times: doubling from a minimum to a maximum, spread by ± half so that nodes do not march in
 * step.
 */
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
export function backoffDelay({ min, max }: Backoff, attempt: number, chance: number): number {
  const base = Math.min(max, min * 2 ** Math.min(attempt, 40));
  return Math.round(base * (0.5 + chance));
}

/**
 * What is left, ms, of a pause that began at `since` on a clock that shows `now`. A clock that fell
 * back meanwhile makes the pause whole again, and never longer.
 */
export function remainingDelay(since: number, pause: number, now: number): number {
  return Math.min(pause, Math.max(0, since + pause - now));
}
