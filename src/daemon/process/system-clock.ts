/** The clock port on the system's clock and timers. */
import { uptime } from "node:os";
import type { SteadyClock } from "../../ports/index.ts";

/** Longest delay of a Node timer; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Its timers do not keep the process alive. */
export const systemClock: SteadyClock = {
  now: () => Date.now(),
  // Includes sleep where the system counts it, unlike performance.now().
  elapsed: () => uptime() * 1000,
  after(ms, job) {
    const until = Date.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (left: number) => {
      timer = setTimeout(
        () => (left > LONGEST ? arm(until - Date.now()) : job()),
        Math.min(left, LONGEST),
      );
      timer.unref();
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};
