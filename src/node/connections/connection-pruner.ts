/** Which connections go when there are too many, so that whoever knows us finds in. */
import type { Connection, Libp2p } from "@libp2p/interface";
import { limits } from "../../base/index.ts";
import { subnetOf } from "../util/address.ts";
import { isUnlimitedRelay } from "./connection-gater.ts";

/**
 * Connections on which we said something on a link: only those who proved to know us hear anything
 * there.
 */
export const authenticatedConnections = new WeakSet<object>();

/** Connections to hosts that the person named, or an invite did: they go for nobody. */
export const pinnedConnections = new WeakSet<object>();

type PrunableConnection = Pick<Connection, "direction" | "streams" | "timeline" | "remoteAddr">;

/**
 * The connections to close so that newcomers find a place: libp2p refuses them once all are taken,
 * so strangers who just stay would keep contacts out. A connection with a link takes no place of
 * these, so that however many contacts are there, others find in. First go inbound ones that carry
 * nothing but housekeeping, the oldest of them first; then, while inbound ones have more than half
 * of the places, those of the neighbour who has most: nobody from outside drives out what we
 * dialled ourselves; then what we dialled and do not use, which is the routing table's, and dialled
 * again when it is asked for; then the inbound ones that are left. Who has just come had no time to
 * say anything, and does not count as idle: among strangers who keep busy it would always be the
 * one to go.
 * @param places connections without a link that may stay. @param now ms since 1970.
 */
export function prunable<One extends PrunableConnection>(
  connections: Iterable<One>,
  places: number,
  now: number,
): One[] {
  const strangers = [...connections].filter((one) => !hasLink(one));
  const excess = strangers.length - places;
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
  const share = Math.max(0, busy.length - Math.floor(places / 2));
  const order = [...idle, ...busy.slice(0, share), ...unused, ...busy.slice(share)];
  return order.slice(0, excess);
}

/** Always the oldest of the neighbour who has most left. They come ordered by age. */
function bySubnetShare<One extends PrunableConnection>(connections: readonly One[]): One[] {
  const crowds = new Map<string, One[]>();
  for (const one of connections) {
    const place = subnetOf(one.remoteAddr);
    const crowd = crowds.get(place);
    if (crowd === undefined) crowds.set(place, [one]);
    else crowd.push(one);
  }
  // How many stood behind it in its own crowd is when a connection's turn comes.
  const turns = [...crowds.values()].flatMap((crowd) =>
    crowd.map((one, i) => ({ one, left: crowd.length - i })),
  );
  return turns.sort((a, b) => b.left - a.left).map(({ one }) => one);
}

const isHousekeeping = ({ protocol }: { readonly protocol: string }): boolean =>
  protocol === "" || protocol.startsWith("/ipfs/");

/** A contact's connection on which nothing runs any more is like a stranger's. */
const hasLink = (one: PrunableConnection): boolean =>
  authenticatedConnections.has(one) && !one.streams.every(isHousekeeping);

/**
 * Closes what is dispensable whenever somebody has come, and relays without limits at once. It
 * keeps a list of its own, since libp2p's takes a millisecond to give at a thousand connections.
 * @param places connections without a link that may stay.
 */
export function pruneOnConnect(host: Pick<Libp2p, "addEventListener">, places: number): void {
  const open = new Set<Connection>();
  host.addEventListener("connection:close", ({ detail }) => open.delete(detail));
  host.addEventListener("connection:open", ({ detail }) => {
    if (isUnlimitedRelay(detail)) detail.abort(new Error("a relay without limits"));
    if (detail.status !== "open") return;
    open.add(detail);
    if (open.size <= places) return;
    // libp2p's own clock, which says when a connection opened.
    for (const one of prunable(open, places, Date.now()))
      void one.close().catch(() => one.abort(new Error("rudely, then")));
  });
}
