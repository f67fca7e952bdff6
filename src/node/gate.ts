/** Who may connect, and over what a link may run. */
import type { Connection, ConnectionGater, MultiaddrConnection } from "@libp2p/interface";
import { limits } from "../base/index.ts";
import type { Clock } from "../ports/index.ts";
import { neighbour } from "./address.ts";
import type { ByteMeter, Counts } from "./counts.ts";
import { createQuota } from "./quota.ts";

const SECOND = 1_000;

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

export interface GateOptions {
  /** Connections of one neighbour that have not proven a PeerId yet. */
  readonly pending: number;
  /** And those that have. */
  readonly proven: number;
  /** Connections that one neighbour may open in a second: libp2p's own bound is one for each address, of which IPv6 has plenty. */
  readonly perSecond: number;
  readonly clock: Clock;
  readonly counts: Counts;
  readonly meter: ByteMeter;
  /** Whether a host belongs to this very node: the one before, while links move over to this one. */
  readonly isOwn?: (peer: string) => boolean;
}

/**
 * Bounds the connections of one neighbour. Without the bound on those that have not proven a PeerId yet, as many silent
 * sockets as `limits.pendingConnections` from one place keep everybody else out until they time out.
 * Addresses to dial are not judged: a private one is how two people on one LAN meet.
 */
export function createGater(options: GateOptions): ConnectionGater {
  const { pending, proven, perSecond, clock, counts, meter, isOwn = () => false } = options;
  const mayCome = createQuota(clock, perSecond, Number.POSITIVE_INFINITY, SECOND);
  const waiting = new Seats(pending);
  const seated = new Seats(proven);
  const refuse = (refused: boolean): boolean => {
    if (refused) counts.connectionsRefused++;
    return refused;
  };
  return {
    denyInboundConnection(connection) {
      if (refuse(!mayCome(neighbour(connection.remoteAddr)) || !waiting.take(connection)))
        return true;
      meter.follow(connection);
      return false;
    },
    denyInboundEncryptedConnection: (peer) => isOwn(peer.toString()),
    denyInboundUpgradedConnection(_peer, connection) {
      waiting.leave(connection);
      return refuse(!seated.take(connection));
    },
    denyOutboundEncryptedConnection(peer, connection) {
      if (isOwn(peer.toString())) return true;
      meter.follow(connection);
      return false;
    },
  };
}

/** So many connections of each neighbour, until they close. */
class Seats {
  readonly #each: number;
  readonly #taken = new Map<string, Set<MultiaddrConnection>>();

  constructor(each: number) {
    this.#each = each;
  }

  /** Whether there was a seat. */
  take(connection: MultiaddrConnection): boolean {
    const place = neighbour(connection.remoteAddr);
    const taken = this.#taken.get(place) ?? new Set();
    if (taken.size >= this.#each || connection.status !== "open") return false;
    taken.add(connection);
    this.#taken.set(place, taken);
    connection.addEventListener("close", () => this.leave(connection), { once: true });
    return true;
  }

  leave(connection: MultiaddrConnection): void {
    const place = neighbour(connection.remoteAddr);
    const taken = this.#taken.get(place);
    taken?.delete(connection);
    if (taken?.size === 0) this.#taken.delete(place);
  }
}

/** Connections on which we said something on a link: only those who proved to know us hear anything there. */
export const acquainted = new WeakSet<object>();

type Held = Pick<Connection, "direction" | "streams" | "timeline" | "remoteAddr">;

/**
 * The connections to close so that newcomers find a place: libp2p refuses them once all are taken, so strangers who just stay would
 * keep contacts out. Of the inbound ones of strangers, those go first that carry nothing but housekeeping, then those of the
 * neighbour who has most; the oldest of them first. Who has just come had no time to say anything, and does not count as idle: among
 * strangers who keep busy it would always be the one to go.
 * @param places connections that may stay. @param now ms since 1970.
 */
export function dispensable<One extends Held>(
  connections: readonly One[],
  places: number,
  now: number,
): One[] {
  const excess = connections.length - places;
  if (excess <= 0) return [];
  const strangers = connections
    .filter((one) => one.direction === "inbound" && !acquainted.has(one))
    .sort((a, b) => a.timeline.open - b.timeline.open);
  const isIdle = ({ streams, timeline }: One): boolean =>
    now - timeline.open > limits.connectionIntroduces && streams.every(isHousekeeping);
  const idle = strangers.filter(isIdle).slice(0, excess);
  const busy = new Map<string, One[]>();
  for (const one of strangers.filter((each) => !idle.includes(each))) {
    const place = neighbour(one.remoteAddr);
    busy.set(place, [...(busy.get(place) ?? []), one]);
  }
  const gone = [...idle];
  while (gone.length < excess) {
    const [largest] = [...busy.values()].sort((a, b) => b.length - a.length);
    const oldest = largest?.shift();
    if (oldest === undefined) break;
    gone.push(oldest);
  }
  return gone;
}

const isHousekeeping = ({ protocol }: { readonly protocol: string }): boolean =>
  protocol === "" || protocol.startsWith("/ipfs/");
