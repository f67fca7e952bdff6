/** Reports when no request has arrived for a while. */
import type { Clock } from "../../ports/index.ts";

export interface IdleTimer {
  /** A request arrived: the time starts again. */
  touch(): void;
  end(): void;
}

/**
 * @param after ms; `undefined` for never.
 * @param report called whenever this time has passed since the last request.
 */
export function createIdleTimer(
  clock: Clock,
  after: number | undefined,
  report: () => void,
): IdleTimer {
  let cancel = (): void => undefined;
  return {
    touch() {
      cancel();
      if (after !== undefined) cancel = clock.after(after, report);
    },
    end() {
      cancel();
    },
  };
}
