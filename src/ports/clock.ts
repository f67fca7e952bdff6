/** Time, as the inner rooms see it. */
export interface Clock {
  /** Wall time in ms since 1970. Orders nothing that a peer said. */
  now(): number;
  /**
   * Runs `job` once after `ms`; the returned function cancels it. Never keeps a process alive by
   * itself.
   */
  after(ms: number, job: () => void): () => void;
}

/** A clock by which a span of time can be measured, whatever somebody does to the wall time. */
export interface SteadyClock extends Clock {
  /**
   * ms that the machine has run, awake or asleep: never falls while the process lives, and nobody
   * can set it.
   */
  elapsed(): number;
}
