/** Time limits whose timers are cleared, unlike those of `AbortSignal.timeout`. */
import { setMaxListeners } from "node:events";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";

/** The system's clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, job) {
    const timer = setTimeout(job, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export interface Deadline {
  /** Aborts when the time is over or the parent aborts. */
  readonly signal: AbortSignal;
  /** Whether the time ran out, rather than the parent having aborted. */
  expired(): boolean;
  /** Aborts now, for a reason of our own. */
  abort(): void;
  /** Ends the timer; the signal stays as it is. */
  clear(): void;
}

/** Resolves after `ms`, or when the signal aborts. */
export function delay(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** A signal that aborts after `ms`, or with its parent. */
export function deadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  // Dials and lookups side by side share one limit, each with several listeners: no leak, which
  // Node would warn of.
  setMaxListeners(0, controller.signal);
  let expired = false;
  const cancel = clock.after(ms, () => {
    expired = true;
    controller.abort();
  });
  const follow = (): void => controller.abort();
  if (parent?.aborted === true) controller.abort();
  else parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    abort: () => controller.abort(),
    clear() {
      cancel();
      parent?.removeEventListener("abort", follow);
    },
  };
}

// Stopping in order, and within a time.

/**
 * Runs the steps one after the other; a failing step does not hold up the next. Resolves after
 * `limits.stopTimeout` at the latest.
 */
export async function runStopSteps(steps: readonly (() => unknown)[]): Promise<void> {
  const all = (async () => {
    for (const step of steps) {
      try {
        await step();
      } catch {
        // Stopping goes on: what could not be closed dies with the process.
      }
    }
  })();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limits.stopTimeout);
  });
  await Promise.race([all, late]);
  clearTimeout(timer);
}
