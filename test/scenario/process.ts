/** The life of one process: its clock and its store work until it dies, and then nothing of it ever goes on. */
import type { Clock, Store } from "../../src/ports/index.ts";

/** What a dead process waits for. */
export const never = new Promise<never>(() => undefined);

export class Process {
  dead = false;
  readonly #timers = new Set<() => void>();

  /** @param fired told before each timer's job runs. */
  clock(inner: Clock, fired: () => void): Clock {
    return {
      now: () => inner.now(),
      after: (ms, job) => {
        if (this.dead) return () => undefined;
        const cancel = inner.after(ms, () => {
          this.#timers.delete(forget);
          fired();
          if (!this.dead) job();
        });
        const forget = (): void => {
          this.#timers.delete(forget);
          cancel();
        };
        this.#timers.add(forget);
        return forget;
      },
    };
  }

  /** The disk as this process sees it: whoever waits for it when the process dies waits for ever. */
  store(inner: Store): Store {
    const living = async <Result>(job: Promise<Result>): Promise<Result> => {
      try {
        const result = await job;
        return this.dead ? never : result;
      } catch (error) {
        if (this.dead) return never;
        throw error;
      }
    };
    return {
      get: (key) => living(inner.get(key)),
      list: (table, of, options) => living(inner.list(table, of, options)),
      all: (table) => living(inner.all(table)),
      commit: (ops) => (this.dead ? never : living(inner.commit(ops))),
      shred: () => (this.dead ? never : living(inner.shred())),
      close: () => inner.close(),
    };
  }

  /** Dies at once. */
  die(): void {
    this.dead = true;
    for (const cancel of [...this.#timers]) cancel();
  }
}
