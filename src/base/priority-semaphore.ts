/**
 * A fixed number of places, and some more for urgent jobs; jobs beyond them wait for their turn:
 * urgent ones first, and else in order.
 */
export class PrioritySemaphore {
  readonly #places: number;
  readonly #spare: number;
  #taken = 0;
  readonly #waiting: { readonly urgent: () => boolean; readonly begin: () => void }[] = [];

  /** @param spare places beyond the others that only urgent jobs take. */
  constructor(places: number, spare = 0) {
    this.#places = places;
    this.#spare = spare;
  }

  /** @param urgent asked whenever a turn is given: what somebody waits for changes. */
  async run<Result>(
    job: () => Promise<Result>,
    urgent: () => boolean = () => false,
  ): Promise<Result> {
    const turn = new Promise<void>((begin) => this.#waiting.push({ urgent, begin }));
    this.#next();
    await turn;
    try {
      return await job();
    } finally {
      this.#taken--;
      this.#next();
    }
  }

  #next(): void {
    const urgent = this.#waiting.findIndex((one) => one.urgent());
    const room = this.#places + (urgent === -1 ? 0 : this.#spare);
    if (this.#taken >= room) return;
    const [one] = this.#waiting.splice(Math.max(0, urgent), 1);
    if (one === undefined) return;
    this.#taken++;
    one.begin();
  }
}
