/**
 * The life of one process: its clock and its store work until it dies, and then nothing of it ever
 * goes on.
 */
import type { SteadyClock, Store } from "../../src/ports/index.ts";

/**
 * What a dead process waits for: a promise of its own, for one that all wait for would hold every
 * world that ever was.
 */
export const never = (): Promise<never> => new Promise(() => undefined);

export class Process {
  dead = false;
  #fail: (why: Error) => void = () => undefined;
  /** Rejects when the process dies. */
  readonly #death: Promise<never>;
  readonly #timers = new Set<() => void>();

  constructor() {
    this.#death = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#death.catch(() => undefined);
  }

  /**
   * The same calls for callers outside the process: those that wait for it when it dies
   * fail.
   */
  calls<Api extends object>(api: Api): Api {
    return new Proxy(api, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          const result: unknown = member.apply(target, args);
          return result instanceof Promise ? Promise.race([result, this.#death]) : result;
        };
      },
    });
  }

  /** @param fired told before each timer's job runs. */
  clock(inner: SteadyClock, fired: () => void): SteadyClock {
    return {
      now: () => inner.now(),
      elapsed: () => inner.elapsed(),
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

  /**
   * The disk as this process sees it: a call that waits for it when the process dies waits forever.
   */
  store(inner: Store): Store {
    const living = async <Result>(job: Promise<Result>): Promise<Result> => {
      try {
        const result = await job;
        return this.dead ? never() : result;
      } catch (error) {
        if (this.dead) return never();
        throw error;
      }
    };
    return {
      get: (key) => living(inner.get(key)),
      list: (table, of, options) => living(inner.list(table, of, options)),
      all: (table) => living(inner.all(table)),
      commit: (ops) => (this.dead ? never() : living(inner.commit(ops))),
      shred: () => (this.dead ? never() : living(inner.shred())),
      close: () => inner.close(),
    };
  }

  /** Dies at once. */
  die(): void {
    this.dead = true;
    this.#fail(new Error("killed"));
    for (const cancel of [...this.#timers]) cancel();
  }
}
