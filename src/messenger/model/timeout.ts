/**
 * A promise with a time limit on the messenger's own clock, so that simulated time can drive it.
 */
import type { Clock } from "../../ports/index.ts";

/** What `promise` gives within `ms`, else `undefined` after `expired` was called. */
export async function withTimeout<Result>(
  clock: Clock,
  ms: number,
  promise: Promise<Result>,
  expired: () => void,
): Promise<Result | undefined> {
  let cancel = (): void => undefined;
  const limit = new Promise<undefined>((resolve) => {
    cancel = clock.after(ms, () => {
      expired();
      resolve(undefined);
    });
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    cancel();
  }
}
