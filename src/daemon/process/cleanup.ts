/** What was taken on the way up, given back in the opposite order. */
export interface Cleanup {
  /** Remembers how to give back what was just taken. */
  take(release: () => void | Promise<void>): void;
  /**
   * Gives everything back, last taken first; a failure does not stop the rest, and the first one is
   * thrown. Safe to call twice.
   */
  all(): Promise<void>;
}

export function createCleanup(): Cleanup {
  const taken: (() => void | Promise<void>)[] = [];
  return {
    take(release) {
      taken.push(release);
    },
    async all() {
      let failure: { readonly error: unknown } | undefined;
      for (let release = taken.pop(); release !== undefined; release = taken.pop()) {
        try {
          await release();
        } catch (error) {
          failure ??= { error };
        }
      }
      if (failure !== undefined) throw failure.error;
    },
  };
}
