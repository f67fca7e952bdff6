/** The system's time behind the port. */
import { uptime } from "node:os";
import type { SteadyClock } from "../../ports/index.ts";

/** Longest delay that a timer of Node takes; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Timers never keep the process alive by themselves. */
export const systemClock: SteadyClock = {
  now: () => Date.now(),
  // Where the system has such a clock it counts sleep, too, which performance.now() does not.
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
