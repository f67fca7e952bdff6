/**
 * The queue of writes, in the order of the calls, with group commit: commits that arrive while a
 * batch is synced are written together in the next one. A sync costs the same for one row as for a
 * hundred. A job runs between batches, when nothing else is written.
 */
import type { SottoError } from "../../base/index.ts";
import type { Change } from "./database.ts";
import { readError, writeError } from "./errors.ts";

/** The last change of each row, by its name. */
export type Changes = ReadonlyMap<string, Change>;

interface Pending {
  readonly resolve: () => void;
  readonly reject: (failure: SottoError) => void;
}

interface Commit extends Pending {
  /** Called when its batch is built. */
  readonly changes: () => Changes;
}

interface Job extends Pending {
  readonly run: () => Promise<void>;
}

export class WriteQueue {
  readonly #write: (changes: readonly Change[]) => Promise<void>;
  #waiting: (Commit | Job)[] = [];
  #jobs = 0;
  #running: Promise<void> | undefined;
  #failure: SottoError | undefined;
  #fail: (failure: SottoError) => void = () => undefined;
  /** Resolves with the error of the first write that failed. */
  readonly failed = new Promise<SottoError>((resolve) => {
    this.#fail = resolve;
  });

  /** @param write makes one atomic, synced batch. */
  constructor(write: (changes: readonly Change[]) => Promise<void>) {
    this.#write = write;
  }

  /** The error after which nothing is written any more. */
  get failure(): SottoError | undefined {
    return this.#failure;
  }

  /** Whether keys may change before a commit that is made now is written. */
  get hasJobs(): boolean {
    return this.#jobs > 0;
  }

  /** Resolves when the changes are on the disk. */
  commit(changes: () => Changes): Promise<void> {
    return new Promise((resolve, reject) => this.#push({ changes, resolve, reject }));
  }

  /**
   * Runs a job between commits: after earlier calls of `commit`, and before later ones.
   */
  async exclusively(job: () => Promise<void>): Promise<void> {
    this.#jobs++;
    try {
      await new Promise<void>((resolve, reject) => this.#push({ run: job, resolve, reject }));
    } finally {
      this.#jobs--;
    }
  }

  /**
   * Fail-stop: after `write` throws, nothing is written any more. The batch may be on the disk or
   * not, and after a failed sync the kernel may have dropped dirty pages: the state in memory may
   * differ from the disk.
   */
  async failStop(write: () => Promise<void>): Promise<void> {
    if (this.#failure) throw this.#failure;
    try {
      await write();
    } catch (error) {
      this.#failure = writeError(error);
      this.#fail(this.#failure);
      throw this.#failure;
    }
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #push(entry: Commit | Job): void {
    this.#waiting.push(entry);
    this.#running ??= this.#writeWaiting();
  }

  async #writeWaiting(): Promise<void> {
    // Commits of the same tick share a batch.
    await Promise.resolve();
    for (;;) {
      const [first] = this.#waiting;
      if (!first) break;
      if ("run" in first) {
        this.#waiting.shift();
        await this.#runJob(first);
      } else await this.#writeGroup(this.#takeCommits());
    }
    this.#running = undefined;
  }

  #takeCommits(): Commit[] {
    const end = this.#waiting.findIndex((entry) => "run" in entry);
    const group = end < 0 ? this.#waiting : this.#waiting.slice(0, end);
    this.#waiting = end < 0 ? [] : this.#waiting.slice(end);
    return group.filter((entry) => "changes" in entry);
  }

  async #runJob({ run, resolve, reject }: Job): Promise<void> {
    try {
      if (this.#failure) throw this.#failure;
      await run();
      resolve();
    } catch (error) {
      reject(this.#failure ?? readError(error));
    }
  }

  async #writeGroup(group: readonly Commit[]): Promise<void> {
    const last = new Map<string, Change>();
    const ready: Commit[] = [];
    for (const commit of group) {
      try {
        for (const [name, change] of commit.changes()) {
          // A value that an earlier commit shreds is shredded, whatever a later one writes.
          const shreds = change.shreds || last.get(name)?.shreds === true;
          last.set(name, shreds === change.shreds ? change : { ...change, shreds });
        }
        ready.push(commit);
      } catch (error) {
        commit.reject(readError(error));
      }
    }
    try {
      if (ready.length > 0) await this.failStop(() => this.#write([...last.values()]));
      for (const { resolve } of ready) resolve();
    } catch (error) {
      for (const { reject } of ready) reject(this.#failure ?? writeError(error));
    }
  }
}
