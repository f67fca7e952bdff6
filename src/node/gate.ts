/** Who may connect, and over what a link may run. */
import type { Connection, ConnectionGater, MultiaddrConnection } from "@libp2p/interface";
import { limits } from "../base/index.ts";
import { neighbour } from "./address.ts";

/**
 * Whether a link may run on this connection: never through a relay. Both marks are asked, since a relay
 * that sets no limits leaves `limits` undefined, and only `direct` tells then.
 */
export function isDirect(connection: Pick<Connection, "direct" | "limits">): boolean {
  return connection.direct && connection.limits === undefined;
}

/** Whether a connection claims to be neither direct nor limited: an unlimited relay, which we use for nothing. */
export function isUnlimitedRelay(connection: Pick<Connection, "direct" | "limits">): boolean {
  return !connection.direct && connection.limits === undefined;
}

/**
 * Bounds the connections of one neighbour that have not proven a PeerId yet: without this, as many silent
 * sockets as `limits.pendingConnections` from one place keep everybody else out until they time out.
 * Addresses to dial are not judged: a private one is how two people on one LAN meet.
 */
export function createGater(
  perNeighbour: number = limits.pendingConnectionsPerIp,
): ConnectionGater {
  const pending = new Map<string, Set<MultiaddrConnection>>();
  const settle = (place: string, connection: MultiaddrConnection): void => {
    const waiting = pending.get(place);
    waiting?.delete(connection);
    if (waiting?.size === 0) pending.delete(place);
  };
  return {
    denyInboundConnection(connection) {
      const place = neighbour(connection.remoteAddr);
      const waiting = pending.get(place) ?? new Set();
      if (waiting.size >= perNeighbour || connection.status !== "open") return true;
      waiting.add(connection);
      pending.set(place, waiting);
      connection.addEventListener("close", () => settle(place, connection), { once: true });
      return false;
    },
    denyInboundUpgradedConnection(_peer, connection) {
      settle(neighbour(connection.remoteAddr), connection);
      return false;
    },
  };
}

/**
 * The connections to close so that newcomers find a place: libp2p refuses them once all are taken, so strangers who
 * just stay would keep contacts out. The oldest inbound ones go that carry nothing but housekeeping.
 * @param places connections that may stay.
 */
export function dispensable<One extends Pick<Connection, "direction" | "streams" | "timeline">>(
  connections: readonly One[],
  places: number = limits.connections - limits.connectionsSpare,
): One[] {
  const excess = connections.length - places;
  if (excess <= 0) return [];
  return connections
    .filter(({ direction, streams }) => direction === "inbound" && streams.every(isHousekeeping))
    .sort((a, b) => a.timeline.open - b.timeline.open)
    .slice(0, excess);
}

const isHousekeeping = ({ protocol }: { readonly protocol: string }): boolean =>
  protocol === "" || protocol.startsWith("/ipfs/");
