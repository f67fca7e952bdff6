/** The clock and timers that the pure modules are given. */
export interface Clock {
  /** Wall time in ms since 1970. Do not use it to order what peers sent. */
  now(): number;
  /**
   * Runs `job` once after `ms` and returns a function that cancels it. A pending timer does not
   * keep the process alive.
   */
  after(ms: number, job: () => void): () => void;
}

/** A clock that also measures durations, whatever happens to the wall time. */
export interface SteadyClock extends Clock {
  /**
   * Milliseconds that the machine has run, awake or asleep. Never decreases while the process
   * lives; setting the wall time does not change it.
   */
  elapsed(): number;
}
