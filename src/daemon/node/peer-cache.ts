/** Saves known peers in the store, to rejoin the network when no bootstrap node is left. */
import { fromUtf8, limits, utf8 } from "../../base/index.ts";
import type { SottoNode } from "../../node/index.ts";
import type { Clock, Log, Store } from "../../ports/index.ts";

const KEY = { table: "peer", of: "", at: 0 } as const;

/**
 * Connects to the peers of the last run, and saves those of this run periodically. The returned
 * function saves them a last time and stops.
 */
export function keepPeerCache({
  node,
  store,
  clock,
  log,
}: {
  node: SottoNode;
  store: Store;
  clock: Clock;
  log: Log;
}): () => Promise<void> {
  let cancel = (): void => undefined;
  let kept = "";
  const keep = async (): Promise<void> => {
    const found = await node.knownPeers();
    // A node that met no peer keeps the peers of the last run.
    const text = JSON.stringify(found);
    if (found.length === 0 || text === kept) return;
    await store.commit([{ kind: "put", key: KEY, value: utf8(text) }]);
    kept = text;
  };
  const later = (): void => {
    cancel = clock.after(limits.knownPeersSaved, () => {
      keep().catch(() => log("peer-cache.failed"));
      later();
    });
  };
  void store
    .get(KEY)
    .then((bytes) => bytes && node.rejoin(addressesIn(bytes)))
    .catch(() => log("peer-cache.failed"));
  later();
  return async () => {
    cancel();
    await keep().catch(() => log("peer-cache.failed"));
  };
}

function addressesIn(bytes: Uint8Array): string[] {
  const value: unknown = JSON.parse(fromUtf8(bytes) ?? "[]");
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];
}
