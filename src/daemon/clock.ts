/** The system's time behind the port. */
import type { Clock } from "../ports/index.ts";

/** Longest delay that a timer of Node takes; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Timers never keep the process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
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
