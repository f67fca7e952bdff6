/** One job at a time for each key, in the order of arrival. */
export class KeyedMutex<Key> {
  readonly #last = new Map<Key, Promise<unknown>>();

  /** Runs `job` once every earlier job of the same key has succeeded or failed. */
  run<Result>(key: Key, job: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = before.then(job, job);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, settled);
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    return mine;
  }

  /** Resolves when every job that was waiting at the call has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
