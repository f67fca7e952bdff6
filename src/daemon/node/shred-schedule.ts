/** Shreds the keys of old sessions periodically, so that their rows stay unreadable for a thief. */
import { limits } from "../../base/index.ts";
import type { Clock, Log, Store } from "../../ports/index.ts";

export interface ShreddingParts {
  readonly store: Pick<Store, "shred">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Starts. @returns shreds a last time and stops. */
export function shredRegularly({ store, clock, log }: ShreddingParts): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const shred = async () => {
    try {
      await store.shred();
    } catch (error) {
      // A disk that fails stops the node by itself.
      const code = error instanceof Error && "code" in error ? String(error.code) : "internal";
      log("shred-failed", { code });
    }
  };
  const later = (): (() => void) =>
    clock.after(limits.shredEvery, () => {
      running = shred();
      cancel = later();
    });
  let cancel = later();
  return async () => {
    cancel();
    await running;
    await shred();
  };
}
