/** Writes what a batch changes, with its entry in the log of events and the index of words, and has replaced texts shredded. */
import type { StoreOp } from "../../ports/index.ts";
import type { Peer } from "../model/peer.ts";
import type { Core } from "./context.ts";
import type { Started } from "./expiry-timers.ts";
import type { Changes } from "./message-batch.ts";
import { type Happening, messageHappened, messageRemoved } from "./store-events.ts";

/**
 * Commits the changes of messages with whatever else belongs to the batch.
 * @returns tells the listeners; to be called once the peer's contact and outbox are what the batch made of them.
 */
export async function write(
  core: Core,
  peer: Peer,
  changes: Changes,
  ops: readonly StoreOp[],
  more: readonly Happening[] = [],
): Promise<() => void> {
  const happened = [...happenings(peer, changes), ...more];
  const started = core.spans.start(peer.contact.ref, settled(changes));
  const commit = async (words: readonly StoreOp[]): Promise<() => void> => {
    const all = [...changes.ops(), ...ops, ...started.ops, ...words];
    const tell = await core.journal.commit(all, happened);
    return () => {
      started.begin();
      tell();
    };
  };
  const replaced = changes.replaced();
  if (replaced.length === 0) return commit([]);
  const tell = await core.index.forget(replaced, commit);
  core.shredder.soon();
  return tell;
}

/** Messages of ours that have come to their end, delivered or not: their time runs from now on. */
function settled(changes: Changes): Started[] {
  return changes.list().flatMap(({ at, row, kinds }) => {
    const { direction, state, keep } = row;
    const ended = kinds.has("state") && direction === "out" && state !== "waiting";
    return ended && keep !== undefined ? [{ at, keep }] : [];
  });
}

function happenings(peer: Peer, changes: Changes): Happening[] {
  return changes.list().flatMap(({ at, row, kinds }) => {
    if (row.hidden) return kinds.has("text") ? [messageRemoved(peer, row)] : [];
    if (kinds.has("new")) return [messageHappened("message.new", peer, at, row)];
    const changed = kinds.has("reaction") || kinds.has("text") || kinds.has("reached");
    return [
      ...(kinds.has("state") ? [messageHappened("message.state", peer, at, row)] : []),
      ...(changed ? [messageHappened("message.changed", peer, at, row)] : []),
    ];
  });
}
