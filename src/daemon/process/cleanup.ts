/** Releases resources in the opposite order of their acquisition. */
export interface Cleanup {
  /** Registers how to release a resource that was just acquired. */
  take(release: () => void | Promise<void>): void;
  /**
   * Releases everything, the last acquired first. A failure does not stop the rest; the first one
   * is thrown. Safe to call twice: a second call waits for the first.
   */
  all(): Promise<void>;
}

export function createCleanup(): Cleanup {
  const taken: (() => void | Promise<void>)[] = [];
  let running: Promise<void> | undefined;
  const releaseAll = async () => {
    let failure: { readonly error: unknown } | undefined;
    for (let release = taken.pop(); release !== undefined; release = taken.pop()) {
      try {
        await release();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  };
  return {
    take(release) {
      taken.push(release);
    },
    all() {
      running ??= releaseAll().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}
