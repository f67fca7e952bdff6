/** Tells when nobody has asked for anything for a while. */
import type { Clock } from "../../ports/index.ts";

export interface IdleTimer {
  /** Somebody asked: the time begins anew. */
  touch(): void;
  end(): void;
}

/**
 * @param after ms; `undefined` for never. @param tell is called each time so much time has passed
 * since the last touch.
 */
export function createIdleTimer(
  clock: Clock,
  after: number | undefined,
  tell: () => void,
): IdleTimer {
  let cancel = (): void => undefined;
  return {
    touch() {
      cancel();
      if (after !== undefined) cancel = clock.after(after, tell);
    },
    end() {
      cancel();
    },
  };
}
