/**
 * Notices that this node is back on the network. A line that was down changes neither the addresses
 * of the machine nor the routing tables, which keep peers that are offline.
 */
import type { PeerId } from "@libp2p/interface";
import { limits, remainingDelay } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import type { Host } from "../model/host.ts";

/**
 * Calls `returned` when a peer of a DHT is connected again after all peers of that DHT were
 * disconnected for `limits.peersAway`; returns a function that stops watching.
 * @param tables the PeerIds in the routing table of each DHT.
 */
export function watchReturn(
  host: Pick<Host, "addEventListener" | "removeEventListener" | "getPeers">,
  clock: Clock,
  tables: readonly ReadonlySet<string>[],
  returned: () => void,
): () => void {
  /** Since when a DHT has no connected peer, ms since 1970. */
  const since = new Map<ReadonlySet<string>, number>();
  const onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    const left = detail.toString();
    const connected = host.getPeers().map((peer) => peer.toString());
    for (const table of tables)
      if (table.has(left) && !connected.some((peer) => peer !== left && table.has(peer)))
        since.set(table, clock.now());
  };
  const onConnect = ({ detail }: CustomEvent<PeerId>): void => {
    let away = false;
    for (const [table, lostAt] of since) {
      if (!table.has(detail.toString())) continue;
      since.delete(table);
      away ||= remainingDelay(lostAt, limits.peersAway, clock.now()) === 0;
    }
    if (away) returned();
  };
  host.addEventListener("peer:disconnect", onDisconnect);
  host.addEventListener("peer:connect", onConnect);
  return () => {
    host.removeEventListener("peer:disconnect", onDisconnect);
    host.removeEventListener("peer:connect", onConnect);
  };
}
