/**
 * Time limits whose timers are cleared, unlike those of `AbortSignal.timeout`, and stopping within
 * a time limit.
 */
import { setMaxListeners } from "node:events";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";

/** The system clock. Its timers do not keep the process alive. */
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
  /** Aborts now. */
  abort(): void;
  /** Clears the timer; the signal stays as it is. */
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
  // Parallel dials and lookups share one signal with several listeners each. That is no leak, so
  // turn off Node's warning.
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

/**
 * Runs the steps in order; a failing step does not prevent the next. Resolves after
 * `limits.stopTimeout` at the latest.
 */
export async function runStopSteps(steps: readonly (() => unknown)[]): Promise<void> {
  const all = (async () => {
    for (const step of steps) {
      try {
        await step();
      } catch {
        // Continue: what could not be closed ends with the process.
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
