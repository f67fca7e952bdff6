/** Prunes connections above the limit so that contacts can always connect. */
import type { Connection, Libp2p } from "@libp2p/interface";
import { limits } from "../../base/index.ts";
import { subnetOf } from "../util/address.ts";
import { isUnlimitedRelay } from "./connection-gater.ts";

/**
 * Connections on which we have sent on a link: a link sends nothing before the peer has
 * authenticated as a contact or with an invite.
 */
export const authenticatedConnections = new WeakSet<object>();

/** Connections to bootstrap nodes from the user's settings or an invite; they are never pruned. */
export const pinnedConnections = new WeakSet<object>();

type PrunableConnection = Pick<Connection, "direction" | "streams" | "timeline" | "remoteAddr">;

/**
 * Selects the connections to close so that new peers can connect: libp2p refuses them at its limit,
 * so idle strangers would keep contacts out. Connections with a link are not counted, so any number
 * of contacts leaves capacity for others. Order of pruning:
 *
 * - idle inbound connections, the oldest first;
 * - while inbound connections have more than half of the capacity, those of the largest subnet, so
 * that remote peers cannot displace what we dialed;
 * - outbound connections without use, which belong to the routing table and are dialed again on
 * demand;
 * - the remaining inbound connections.
 *
 * A new connection does not count as idle during a grace period: among busy strangers it would
 * otherwise always be the one to go.
 * @param capacity maximum connections without a link.
 * @param now ms since 1970.
 */
export function prunable<One extends PrunableConnection>(
  connections: Iterable<One>,
  capacity: number,
  now: number,
): One[] {
  const strangers = [...connections].filter((one) => !hasLink(one));
  const excess = strangers.length - capacity;
  if (excess <= 0) return [];
  strangers.sort((a, b) => a.timeline.open - b.timeline.open);
  const isIdle = (one: One): boolean =>
    now - one.timeline.open > limits.connectionGrace && one.streams.every(isHousekeeping);
  const inbound = strangers.filter(({ direction }) => direction === "inbound");
  const idle = inbound.filter(isIdle).slice(0, excess);
  const busy = bySubnetShare(inbound.filter((one) => !idle.includes(one)));
  const unused = strangers.filter(
    (one) => one.direction === "outbound" && !pinnedConnections.has(one) && isIdle(one),
  );
  const share = Math.max(0, busy.length - Math.floor(capacity / 2));
  const order = [...idle, ...busy.slice(0, share), ...unused, ...busy.slice(share)];
  return order.slice(0, excess);
}

/**
 * Orders connections so that each is the oldest of the largest remaining subnet. The input is
 * ordered by age.
 */
function bySubnetShare<One extends PrunableConnection>(connections: readonly One[]): One[] {
  const subnets = new Map<string, One[]>();
  for (const one of connections) {
    const subnet = subnetOf(one.remoteAddr);
    const members = subnets.get(subnet);
    if (members === undefined) subnets.set(subnet, [one]);
    else members.push(one);
  }
  // A connection is ranked by how many of its subnet are at least as young.
  const ranked = [...subnets.values()].flatMap((members) =>
    members.map((one, i) => ({ one, left: members.length - i })),
  );
  return ranked.sort((a, b) => b.left - a.left).map(({ one }) => one);
}

const isHousekeeping = ({ protocol }: { readonly protocol: string }): boolean =>
  protocol === "" || protocol.startsWith("/ipfs/");

/** A contact's connection without a link any more counts like a stranger's. */
const hasLink = (one: PrunableConnection): boolean =>
  authenticatedConnections.has(one) && !one.streams.every(isHousekeeping);

/**
 * Prunes whenever a peer connects, and closes relays without limits at once. Keeps a list of its
 * own, since libp2p needs a millisecond to list a thousand connections.
 * @param capacity maximum connections without a link.
 */
export function pruneOnConnect(host: Pick<Libp2p, "addEventListener">, capacity: number): void {
  const open = new Set<Connection>();
  host.addEventListener("connection:close", ({ detail }) => open.delete(detail));
  host.addEventListener("connection:open", ({ detail }) => {
    if (isUnlimitedRelay(detail)) detail.abort(new Error("relay without limits"));
    if (detail.status !== "open") return;
    open.add(detail);
    if (open.size <= capacity) return;
    // The system clock, as libp2p's own times use it.
    for (const one of prunable(open, capacity, Date.now()))
      void one.close().catch(() => one.abort(new Error("could not be closed")));
  });
}
