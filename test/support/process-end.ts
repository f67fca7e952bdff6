/**
 * What a test made in the system, such as a network namespace, and what outlives its process: it is
 * removed also if the run is ended by a signal, as by ^C, or by `process.exit`.
 */
const cleanups = new Set<() => void>();
let installed = false;

/**
 * Calls `cleanup`, which must be synchronous, if this process ends before that is cancelled.
 * @returns cancels it, for a test that has removed everything itself.
 */
export function atProcessEnd(cleanup: () => void): () => void {
  install();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

function install(): void {
  if (installed) return;
  installed = true;
  process.once("exit", cleanAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      cleanAll();
      // Ends as it would have without this listener; mocha may have one of its own.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
}

function cleanAll(): void {
  for (const cleanup of cleanups) {
    cleanups.delete(cleanup);
    try {
      cleanup();
    } catch {
      // The others are removed all the same.
    }
  }
}
