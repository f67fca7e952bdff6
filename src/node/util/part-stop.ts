/** Stopping in order, and within a time. */
import { limits } from "../../base/index.ts";

/** Runs the steps one after the other; a failing step does not hold up the next. Resolves after `limits.stopTimeout` at the latest. */
export async function stopWithin(steps: readonly (() => unknown)[]): Promise<void> {
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
