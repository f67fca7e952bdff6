/** What is looked for before it is asked for. */
import type { Clock } from "../../ports/index.ts";

export interface Ahead<Item> {
  readonly items: AsyncGenerator<Item>;
  /** Begins to look after the wait, if nobody has asked by then. */
  start(): void;
  /** Resolves once the first item is there, if one ever is. */
  readonly some: Promise<void>;
  /** Nobody asks any more. */
  end(): void;
}

/** Looks `wait` ms after it was started, or when the first item is asked for, whichever is sooner. */
export function ahead<Item>(
  clock: Clock,
  wait: number,
  look: (signal: AbortSignal) => AsyncGenerator<Item>,
  signal: AbortSignal,
): Ahead<Item> {
  const own = new AbortController();
  const items = look(AbortSignal.any([signal, own.signal]));
  let first: Promise<IteratorResult<Item>> | undefined;
  const begin = (): Promise<IteratorResult<Item>> => {
    first ??= items.next();
    return first;
  };
  let cancel = (): void => undefined;
  let found = (): void => undefined;
  const some = new Promise<void>((resolve) => {
    found = resolve;
  });
  const early = (): void => {
    // A fault is for whoever asks.
    begin().then(
      ({ done }) => !done && found(),
      () => undefined,
    );
  };
  async function* read(): AsyncGenerator<Item> {
    cancel();
    const one = await begin();
    if (one.done) return;
    yield one.value;
    yield* items;
  }
  return {
    items: read(),
    some,
    start() {
      cancel = clock.after(wait, early);
    },
    end() {
      cancel();
      own.abort();
    },
  };
}
