/** Turns a job that reports results by a callback into an async iterable. */

/**
 * Yields what `find` reports, in order, until it has ended. When the consumer stops, `find` is told
 * to stop through its signal and awaited. Throws what `signal` was aborted with.
 * @param find reports results by `emit`; must not throw.
 */
export async function* streamResults<Item>(
  find: (emit: (item: Item) => void, until: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const found: Item[] = [];
  let wake: () => void = () => undefined;
  let finding = true;
  const stop = new AbortController();
  const stopFinding = (): void => stop.abort();
  signal.addEventListener("abort", stopFinding, { once: true });
  if (signal.aborted) stopFinding();
  const emit = (item: Item): void => {
    found.push(item);
    wake();
  };
  const ended = find(emit, stop.signal).finally(() => {
    finding = false;
    wake();
  });
  try {
    while (true) {
      const item = found.shift();
      if (item !== undefined) yield item;
      else if (!finding) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal.removeEventListener("abort", stopFinding);
    stop.abort();
    await ended;
  }
  signal.throwIfAborted();
}
