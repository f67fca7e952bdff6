/**
 * One hole: TCP's simultaneous open (RFC 9293 §3.5). Both sides dial each other from the ports at
 * which their routers show them; each router takes the other's packets for answers to its own. One
 * side then has to act as if it had been dialled.
 */
import type { Connection, MultiaddrConnection, Upgrader } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { dialReasons, limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import type { Endpoint } from "../../wire/index.ts";
import { reasonOf } from "../connections/dialer.ts";
import type { Host } from "../model/host.ts";
import { addressOf } from "../util/address.ts";
import { deadline, delay } from "../util/deadline.ts";
import type { NatDetector } from "./nat-detection.ts";

export interface SimultaneousOpenOptions {
  readonly host: Host;
  readonly clock: Clock;
  /** PeerId of who is to be found there. */
  readonly peer: string;
  /** At most one of each family; that of IPv6 is tried first. */
  readonly endpoints: readonly Endpoint[];
  readonly nat: NatDetector;
  /** Whether we act as the side that was dialled. */
  readonly inbound: boolean;
}

/**
 * A connection through the first hole that opens. Throws an AggregateError of what went wrong at
 * each endpoint.
 */
export async function simultaneousOpen(
  hole: SimultaneousOpenOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const limit = deadline(hole.clock, limits.punchTime, signal);
  const both = hole.endpoints.length > 1;
  try {
    const tries = hole.endpoints.map((endpoint) =>
      dialRepeatedly(
        hole,
        endpoint,
        both && endpoint.ip.length === 4 ? limits.punchIpv4Delay : 0,
        limit.signal,
      ),
    );
    const connection = await Promise.any(tries);
    // Only who called closes what came too late: of two that opened, both sides then keep the same
    // one.
    const close = async (other: Connection): Promise<void> => {
      if (other !== connection) await other.close();
    };
    if (!hole.inbound) for (const late of tries) void late.then(close).catch(() => undefined);
    return connection;
  } finally {
    limit.clear();
    limit.abort();
  }
}

/**
 * Dials one endpoint again and again: a refusal only means that the other side's packet was not out
 * yet.
 */
async function dialRepeatedly(
  hole: SimultaneousOpenOptions,
  endpoint: Endpoint,
  head: number,
  signal: AbortSignal,
): Promise<Connection> {
  await delay(hole.clock, head, signal);
  let last: unknown = new Error("timed out");
  for (let tries = 0; tries < limits.punchTries && !signal.aborted; tries++) {
    const limit = deadline(hole.clock, limits.punchTry, signal);
    try {
      return await dialOnce(hole, endpoint, limit.signal);
    } catch (error) {
      // The last try is cut off, and tells less than the one before.
      if (!signal.aborted) last = error;
    } finally {
      limit.clear();
    }
    await delay(hole.clock, 60 + 120 * Math.random(), signal);
  }
  throw new Error(reasonOf(last), { cause: last });
}

async function dialOnce(
  hole: SimultaneousOpenOptions,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Connection> {
  const address = multiaddr(`${addressOf(endpoint).toString()}/p2p/${hole.peer}`);
  const { upgrader, transportManager } = hole.host.services.internals;
  const transport = transportManager.dialTransportForMultiaddr(address);
  if (transport === undefined) throw new Error("no transport");
  const options = {
    ...hole.nat.dialOptions(endpoint),
    signal,
    upgrader: hole.inbound ? inboundUpgrader(hole.host, upgrader) : upgrader,
  };
  const connection = await transport.dial(address, options);
  if (connection.remotePeer.toString() === hole.peer) return connection;
  connection.abort(new Error("another host"));
  throw new Error(dialReasons.otherHost);
}

/**
 * An upgrader that treats what we dialled as if we had been dialled: for multistream, Noise and
 * yamux alike.
 */
function inboundUpgrader(host: Host, upgrader: Upgrader): Upgrader {
  const upgradeOutbound: Upgrader["upgradeOutbound"] = async (
    dialled: MultiaddrConnection,
    options: Parameters<Upgrader["upgradeInbound"]>[1],
  ) => {
    dialled.direction = "inbound";
    let made: Connection | undefined;
    const onOpen = ({ detail }: CustomEvent<Connection>): void => {
      if (detail.remoteAddr === dialled.remoteAddr) made = detail;
    };
    host.addEventListener("connection:open", onOpen);
    try {
      await upgrader.upgradeInbound(dialled, options);
    } finally {
      host.removeEventListener("connection:open", onOpen);
    }
    if (made === undefined) throw new Error("closed by the other side");
    return made;
  };
  return Object.assign(Object.create(upgrader), { upgradeOutbound });
}
