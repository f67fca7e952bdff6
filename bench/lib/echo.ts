/**
 * What a link is held against: something at the other end of loopback that sends every byte back.
 */

export interface Echo {
  /** Sends bytes and resolves when as many have come back. One at a time. */
  roundTrip(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Counts bytes that come back, and wakes the one who waits for them. */
export class Returning {
  #missing = 0;
  #done: () => void = () => undefined;

  /** Resolves when this many bytes have arrived. */
  expect(length: number): Promise<void> {
    this.#missing = length;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  arrived(length: number): void {
    this.#missing -= length;
    if (this.#missing <= 0) this.#done();
  }
}

/**
 * Sends `count` times `bytes` with up to `window` of them on their way, all of which come back;
 * gives the rate in 1/s.
 */
export async function echoRate(
  echo: Echo,
  bytes: Uint8Array,
  { count, window }: { readonly count: number; readonly window: number },
): Promise<number> {
  const batch = new Uint8Array(bytes.length * window);
  for (let i = 0; i < window; i++) batch.set(bytes, i * bytes.length);
  const rounds = Math.ceil(count / window);
  const started = performance.now();
  for (let round = 0; round < rounds; round++) await echo.roundTrip(batch);
  return (rounds * window * 1000) / (performance.now() - started);
}
