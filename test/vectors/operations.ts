/** Every operation that a vector may name. */
import type { Rng } from "../../src/crypto/index.ts";
import type { Operation } from "./notation.ts";
import { backupOperations } from "./operations-backup.ts";
import { groupOperations } from "./operations-group.ts";
import { keyOperations } from "./operations-keys.ts";
import { wireOperations } from "./operations-wire.ts";

export const operations: Readonly<Record<string, Operation>> = {
  ...wireOperations,
  ...keyOperations,
  ...backupOperations,
  ...groupOperations,
};

/** Chance that gives these pieces in their order, and nothing else. */
export function queue(pieces: readonly Uint8Array[] = []): Rng {
  let next = 0;
  return (length) => {
    const piece = pieces[next++];
    if (piece?.length !== length) throw new Error(`no ${length} bytes of chance are left`);
    return piece.slice();
  };
}
