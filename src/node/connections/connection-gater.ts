/** Decides which peers may connect, and over which connections a link may run. */
import type { Connection, ConnectionGater, MultiaddrConnection } from "@libp2p/interface";
import { createRateLimit } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import { subnetOf } from "../util/address.ts";
import type { Counters } from "../util/counters.ts";

const SECOND = 1_000;

/**
 * Whether a link may run on this connection: never through a relay. Both fields are checked: a
 * relay without limits leaves `limits` undefined, and only `direct` shows it.
 */
export function isDirect(connection: Pick<Connection, "direct" | "limits">): boolean {
  return connection.direct && connection.limits === undefined;
}

/** Whether a connection is relayed without limits. Sotto uses no such connection. */
export function isUnlimitedRelay(connection: Pick<Connection, "direct" | "limits">): boolean {
  return !connection.direct && connection.limits === undefined;
}

export interface GaterOptions {
  /** Connections per subnet that have not authenticated a PeerId yet. */
  readonly pending: number;
  /** Connections per subnet that have. */
  readonly authenticated: number;
  /**
   * Connections that one subnet may open per second. libp2p limits single addresses only, of which
   * IPv6 has plenty.
   */
  readonly perSecond: number;
  readonly clock: Clock;
  readonly counts: Counters;
  readonly log: Log;
  /** Called for each connection, once or twice. */
  readonly onConnection: (connection: MultiaddrConnection) => void;
  /**
   * Whether a peer is another host of this node: the previous one, while links move to this one.
   */
  readonly isOwn?: (peer: string) => boolean;
}

/**
 * Creates a gater that limits the connections per subnet. Without the limit on unauthenticated
 * ones, `limits.pendingConnections` silent sockets from one subnet would keep every other peer out
 * until they time out. Does not judge the addresses that we dial: contacts on one LAN meet by
 * private ones.
 */
export function createGater(options: GaterOptions): ConnectionGater {
  const {
    pending,
    authenticated,
    perSecond,
    clock,
    counts,
    log,
    onConnection,
    isOwn = () => false,
  } = options;
  const mayConnect = createRateLimit(clock, perSecond, Number.POSITIVE_INFINITY, SECOND);
  const pendingSlots = new SubnetSlots(pending);
  const authenticatedSlots = new SubnetSlots(authenticated);
  const refuse = (refused: boolean): boolean => {
    if (!refused) return false;
    counts.connectionsRefused++;
    log("connection-stage", { stage: "refused", side: "listener" });
    return true;
  };
  return {
    denyInboundConnection(connection) {
      if (refuse(!mayConnect(subnetOf(connection.remoteAddr)) || !pendingSlots.acquire(connection)))
        return true;
      log("connection-stage", { stage: "accepted", side: "listener" });
      onConnection(connection);
      return false;
    },
    denyInboundEncryptedConnection: (peer) => isOwn(peer.toString()),
    denyInboundUpgradedConnection(_peer, connection) {
      pendingSlots.release(connection);
      return refuse(!authenticatedSlots.acquire(connection));
    },
    denyOutboundEncryptedConnection(peer, connection) {
      if (isOwn(peer.toString())) return true;
      onConnection(connection);
      return false;
    },
  };
}

/** A number of slots per subnet; a connection occupies one until it closes. */
class SubnetSlots {
  readonly #each: number;
  readonly #taken = new Map<string, Set<MultiaddrConnection>>();

  constructor(each: number) {
    this.#each = each;
  }

  /** Occupies a slot; `false` if none is free. */
  acquire(connection: MultiaddrConnection): boolean {
    const subnet = subnetOf(connection.remoteAddr);
    const taken = this.#taken.get(subnet) ?? new Set();
    if (taken.size >= this.#each || connection.status !== "open") return false;
    taken.add(connection);
    this.#taken.set(subnet, taken);
    connection.addEventListener("close", () => this.release(connection), { once: true });
    return true;
  }

  release(connection: MultiaddrConnection): void {
    const subnet = subnetOf(connection.remoteAddr);
    const taken = this.#taken.get(subnet);
    taken?.delete(connection);
    if (taken?.size === 0) this.#taken.delete(subnet);
  }
}
