/**
 * TCP simultaneous open (RFC 9293 §3.5). Both sides dial each other from the ports that their
 * routers have mapped; each router takes the other's packets for responses to its own. One side
 * then acts as the listener.
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
  /** PeerId of the expected peer. */
  readonly peer: string;
  /** At most one per address family; IPv6 is tried first. */
  readonly endpoints: readonly Endpoint[];
  readonly nat: NatDetector;
  /** Whether we act as the listener. */
  readonly inbound: boolean;
}

/** The first connection that opens. Throws an AggregateError with the error of each endpoint. */
export async function simultaneousOpen(
  options: SimultaneousOpenOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const limit = deadline(options.clock, limits.punchTime, signal);
  const both = options.endpoints.length > 1;
  try {
    const tries = options.endpoints.map((endpoint) =>
      dialRepeatedly(
        options,
        endpoint,
        both && endpoint.ip.length === 4 ? limits.punchIpv4Delay : 0,
        limit.signal,
      ),
    );
    const connection = await Promise.any(tries);
    // Only the offering side closes later connections, so that both sides keep the same one.
    const close = async (other: Connection): Promise<void> => {
      if (other !== connection) await other.close();
    };
    if (!options.inbound) for (const late of tries) void late.then(close).catch(() => undefined);
    return connection;
  } finally {
    limit.clear();
    limit.abort();
  }
}

/** Dials one endpoint repeatedly: a refusal only means that the peer's packet had not left yet. */
async function dialRepeatedly(
  options: SimultaneousOpenOptions,
  endpoint: Endpoint,
  head: number,
  signal: AbortSignal,
): Promise<Connection> {
  await delay(options.clock, head, signal);
  let last: unknown = new Error("timed out");
  for (let tries = 0; tries < limits.punchTries && !signal.aborted; tries++) {
    const limit = deadline(options.clock, limits.punchTry, signal);
    try {
      return await dialOnce(options, endpoint, limit.signal);
    } catch (error) {
      // The last attempt is aborted, and its error says less than the previous one.
      if (!signal.aborted) last = error;
    } finally {
      limit.clear();
    }
    await delay(options.clock, 60 + 120 * Math.random(), signal);
  }
  throw new Error(reasonOf(last), { cause: last });
}

async function dialOnce(
  options: SimultaneousOpenOptions,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Connection> {
  const address = multiaddr(`${addressOf(endpoint).toString()}/p2p/${options.peer}`);
  const { upgrader, transportManager } = options.host.services.internals;
  const transport = transportManager.dialTransportForMultiaddr(address);
  if (transport === undefined) throw new Error("no transport");
  const dial = {
    ...options.nat.dialOptions(endpoint),
    signal,
    upgrader: options.inbound ? inboundUpgrader(options.host, upgrader) : upgrader,
  };
  const connection = await transport.dial(address, dial);
  if (connection.remotePeer.toString() === options.peer) return connection;
  connection.abort(new Error("another peer"));
  throw new Error(dialReasons.otherHost);
}

/**
 * An upgrader that treats a connection that we dialed as inbound, for multistream, Noise and yamux
 * alike.
 */
function inboundUpgrader(host: Host, upgrader: Upgrader): Upgrader {
  const upgradeOutbound: Upgrader["upgradeOutbound"] = async (
    connection: MultiaddrConnection,
    options: Parameters<Upgrader["upgradeInbound"]>[1],
  ) => {
    connection.direction = "inbound";
    let made: Connection | undefined;
    const onOpen = ({ detail }: CustomEvent<Connection>): void => {
      if (detail.remoteAddr === connection.remoteAddr) made = detail;
    };
    host.addEventListener("connection:open", onOpen);
    try {
      await upgrader.upgradeInbound(connection, options);
    } finally {
      host.removeEventListener("connection:open", onOpen);
    }
    if (made === undefined) throw new Error("closed by the peer");
    return made;
  };
  return Object.assign(Object.create(upgrader), { upgradeOutbound });
}
