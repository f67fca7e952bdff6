/** Sequences of messages that are taken out of the outbox. */

import type { OutboxEntry, Peer } from "../model/peer.ts";
import type { Changes } from "../state/message-batch.ts";

/**
 * What was never sealed leaves its number to what comes behind it, which was not sealed either: so the peer waits for no number
 * that never comes. In front of everything that is open, `settled` says so.
 * @returns the entries under their new numbers, and how many numbers are free again.
 */
export async function closeGaps(peer: Peer, changes: Changes, gone: ReadonlySet<number>) {
  const moved: OutboxEntry[] = [];
  let open = false;
  let free = 0;
  for (const entry of peer.outbox.values()) {
    const { at, act } = entry;
    if (gone.has(at)) {
      if (open && entry.sealed === undefined) free++;
      continue;
    }
    open = true;
    if (free === 0) continue;
    const sequence = entry.sequence - free;
    moved.push({ ...entry, sequence });
    const row = act === undefined ? await changes.row(at) : undefined;
    if (row !== undefined) changes.set(at, { ...row, sequence }, "number");
  }
  return { moved, free };
}

/** Takes up the new numbers, once they are on the disk. */
export function renumber({ outbox }: Peer, moved: readonly OutboxEntry[]): void {
  for (const { at, sequence } of moved) {
    const entry = outbox.get(at);
    if (entry !== undefined) entry.sequence = sequence;
  }
}
