/**
 * A semaphore with extra permits for urgent jobs. Jobs without a permit wait: urgent ones first,
 * otherwise in the order of arrival.
 */
export class PrioritySemaphore {
  readonly #permits: number;
  readonly #spare: number;
  #taken = 0;
  readonly #waiting: { readonly urgent: () => boolean; readonly begin: () => void }[] = [];

  /** @param spare permits in addition to the others, for urgent jobs only. */
  constructor(permits: number, spare = 0) {
    this.#permits = permits;
    this.#spare = spare;
  }

  /** @param urgent asked whenever a permit is free: a job may become urgent while it waits. */
  async run<Result>(
    job: () => Promise<Result>,
    urgent: () => boolean = () => false,
  ): Promise<Result> {
    const permit = new Promise<void>((begin) => this.#waiting.push({ urgent, begin }));
    this.#next();
    await permit;
    try {
      return await job();
    } finally {
      this.#taken--;
      this.#next();
    }
  }

  #next(): void {
    const urgent = this.#waiting.findIndex((one) => one.urgent());
    const permits = this.#permits + (urgent === -1 ? 0 : this.#spare);
    if (this.#taken >= permits) return;
    const [one] = this.#waiting.splice(Math.max(0, urgent), 1);
    if (one === undefined) return;
    this.#taken++;
    one.begin();
  }
}
