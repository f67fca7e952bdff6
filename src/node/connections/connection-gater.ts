/** Who may connect, and over what a link may run. */
import type { Connection, ConnectionGater, MultiaddrConnection } from "@libp2p/interface";
import type { Clock } from "../../ports/index.ts";
import { subnetOf } from "../util/address.ts";
import type { Counters } from "../util/counters.ts";
import { createRateLimit } from "../util/rate-limit.ts";

const SECOND = 1_000;

/**
 * Whether a link may run on this connection: never through a relay. Both marks are asked, since a
 * relay that sets no limits leaves `limits` undefined, and only `direct` tells then.
 */
export function isDirect(connection: Pick<Connection, "direct" | "limits">): boolean {
  return connection.direct && connection.limits === undefined;
}

/**
 * Whether a connection claims to be neither direct nor limited: an unlimited relay, which we use
 * for nothing.
 */
export function isUnlimitedRelay(connection: Pick<Connection, "direct" | "limits">): boolean {
  return !connection.direct && connection.limits === undefined;
}

export interface GaterOptions {
  /** Connections of one neighbour that have not proven a PeerId yet. */
  readonly pending: number;
  /** And those that have. */
  readonly authenticated: number;
  /**
   * Connections that one neighbour may open in a second: libp2p's own bound is one for each
   * address, of which IPv6 has plenty.
   */
  readonly perSecond: number;
  readonly clock: Clock;
  readonly counts: Counters;
  /** Told of each connection, once or twice. */
  readonly onConnection: (connection: MultiaddrConnection) => void;
  /**
   * Whether a host belongs to this very node: the one before, while links move over to this one.
   */
  readonly isOwn?: (peer: string) => boolean;
}

/**
 * Bounds the connections of one neighbour. Without the bound on those that have not proven a PeerId
 * yet, as many silent sockets as `limits.pendingConnections` from one place keep everybody else out
 * until they time out. Addresses to dial are not judged: a private one is how two people on one LAN
 * meet.
 */
export function createGater(options: GaterOptions): ConnectionGater {
  const {
    pending,
    authenticated: proven,
    perSecond,
    clock,
    counts,
    onConnection: follow,
    isOwn = () => false,
  } = options;
  const mayCome = createRateLimit(clock, perSecond, Number.POSITIVE_INFINITY, SECOND);
  const waiting = new SubnetSlots(pending);
  const seated = new SubnetSlots(proven);
  const refuse = (refused: boolean): boolean => {
    if (refused) counts.connectionsRefused++;
    return refused;
  };
  return {
    denyInboundConnection(connection) {
      if (refuse(!mayCome(subnetOf(connection.remoteAddr)) || !waiting.acquire(connection)))
        return true;
      follow(connection);
      return false;
    },
    denyInboundEncryptedConnection: (peer) => isOwn(peer.toString()),
    denyInboundUpgradedConnection(_peer, connection) {
      waiting.release(connection);
      return refuse(!seated.acquire(connection));
    },
    denyOutboundEncryptedConnection(peer, connection) {
      if (isOwn(peer.toString())) return true;
      follow(connection);
      return false;
    },
  };
}

/** So many connections of each neighbour, until they close. */
class SubnetSlots {
  readonly #each: number;
  readonly #taken = new Map<string, Set<MultiaddrConnection>>();

  constructor(each: number) {
    this.#each = each;
  }

  /** Whether there was a seat. */
  acquire(connection: MultiaddrConnection): boolean {
    const place = subnetOf(connection.remoteAddr);
    const taken = this.#taken.get(place) ?? new Set();
    if (taken.size >= this.#each || connection.status !== "open") return false;
    taken.add(connection);
    this.#taken.set(place, taken);
    connection.addEventListener("close", () => this.release(connection), { once: true });
    return true;
  }

  release(connection: MultiaddrConnection): void {
    const place = subnetOf(connection.remoteAddr);
    const taken = this.#taken.get(place);
    taken?.delete(connection);
    if (taken?.size === 0) this.#taken.delete(place);
  }
}
