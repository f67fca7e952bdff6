/** A clock that stands until it is told to go. */
import type { Clock } from "../../src/ports/index.ts";

export function handClock(): Clock & { pass(ms: number): void } {
  let now = 1000;
  let timers: { readonly at: number; readonly job: () => void }[] = [];
  return {
    now: () => now,
    after(ms, job) {
      const timer = { at: now + ms, job };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { job } of due) job();
    },
  };
}
