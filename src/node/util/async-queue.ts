/** Results one by one, while the job that finds them still runs. */

/**
 * What `find` gives, in its order, until it has ended. It is told to stop when whoever listens has
 * had enough, and is waited for. Throws where `signal` aborted.
 * @param find gives what it finds, and does not throw.
 */
export async function* streamResults<Item>(
  find: (give: (item: Item) => void, until: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const found: Item[] = [];
  let wake: () => void = () => undefined;
  let finding = true;
  const stop = new AbortController();
  const leave = (): void => stop.abort();
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  const give = (item: Item): void => {
    found.push(item);
    wake();
  };
  const ended = find(give, stop.signal).finally(() => {
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
    signal.removeEventListener("abort", leave);
    stop.abort();
    await ended;
  }
  signal.throwIfAborted();
}
