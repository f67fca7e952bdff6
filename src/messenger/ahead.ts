/** What is looked for before it is asked for. */
import type { Clock } from "../ports/index.ts";

export interface Ahead<Item> {
  readonly items: AsyncGenerator<Item>;
  /** Resolves once the first item is there, if one ever is. */
  readonly some: Promise<void>;
  /** Nobody asks any more. */
  end(): void;
}

/** Begins to look after `wait` ms, or when the first item is asked for, whichever is sooner. */
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
  const some = new Promise<void>((resolve) => {
    cancel = clock.after(wait, () => {
      // A fault is for whoever asks.
      begin().then(
        ({ done }) => !done && resolve(),
        () => undefined,
      );
    });
  });
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
    end() {
      cancel();
      own.abort();
    },
  };
}
