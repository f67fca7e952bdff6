/** How often something may be asked for. */
import type { Clock } from "../ports/index.ts";

const MINUTE = 60_000;

/** Lets each one, and all together, ask so often in a minute. Its memory is bounded by `all`. */
export function createQuota(clock: Clock, each: number, all: number): (who: string) => boolean {
  const asked = new Map<string, number>();
  let total = 0;
  let windowEnd = 0;
  return (who) => {
    if (clock.now() >= windowEnd) {
      asked.clear();
      total = 0;
      windowEnd = clock.now() + MINUTE;
    }
    const mine = asked.get(who) ?? 0;
    if (mine >= each || total >= all) return false;
    asked.set(who, mine + 1);
    total++;
    return true;
  };
}
