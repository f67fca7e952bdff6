/**
 * Detects a path that loses large packets: a path MTU black hole (RFC 2923 §2.1), such as a tunnel
 * or a PPPoE router whose ICMP messages are filtered. Connections open there, and then hang at the
 * first handshake or DHT response that fills a packet.
 */
import type { Connection, Stream } from "@libp2p/interface";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { isDirect } from "../connections/connection-gater.ts";
import type { PacketCheck } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import { deadline } from "../util/deadline.ts";

const PING = "/ipfs/ping/1.0.0";
const SMALL = 32;
/** More than an Ethernet packet, and with the small ping less than `limits.pingBytes`. */
const LARGE = 2_048;

/** The state where nothing was tested. */
export const packetsUnknown: PacketCheck = { passed: 0, lost: 0 };

/**
 * Sends a small ping and then a large one to a few peers that we dialed, bootstrap nodes first, on
 * connections of their own, since a lost packet would block the others.
 */
export async function checkPackets(
  host: Host,
  clock: Clock,
  isBootstrap: (peer: string) => boolean,
): Promise<PacketCheck> {
  const rank = ({ remotePeer }: Connection): number => (isBootstrap(remotePeer.toString()) ? 0 : 1);
  const dialed = host
    .getConnections()
    .filter((connection) => connection.direction === "outbound" && isDirect(connection))
    .sort((a, b) => rank(a) - rank(b));
  const byPeer = new Map(dialed.toReversed().map((one) => [one.remotePeer.toString(), one]));
  const chosen = [...byPeer.values()].toReversed().slice(0, limits.packetChecks);
  const results = await Promise.all(chosen.map((connection) => check(host, clock, connection)));
  return {
    passed: results.filter((result) => result === "passed").length,
    lost: results.filter((result) => result === "lost").length,
  };
}

/** `unknown` if not even a small ping is answered. */
async function check(
  host: Host,
  clock: Clock,
  { remoteAddr }: Connection,
): Promise<"passed" | "lost" | "unknown"> {
  const limit = deadline(clock, limits.packetCheckTime);
  let answeredSmall = false;
  let connection: Connection | undefined;
  try {
    connection = await host.dial(remoteAddr, { signal: limit.signal, force: true });
    const stream = await connection.newStream(PING, { signal: limit.signal });
    await echo(stream, SMALL, limit.signal);
    answeredSmall = true;
    await echo(stream, LARGE, limit.signal);
    return "passed";
  } catch {
    // A peer that closes the stream lost no packet.
    return answeredSmall && limit.expired() ? "lost" : "unknown";
  } finally {
    limit.clear();
    connection?.abort(new Error("the check is over"));
  }
}

/** Sends bytes in one piece and waits until as many have come back. */
function echo(stream: Stream, size: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = size;
    const fail = (): void => reject(new Error("no answer"));
    stream.addEventListener("message", ({ data }) => {
      left -= data.byteLength;
      if (left <= 0) resolve();
    });
    stream.addEventListener("close", fail, { once: true });
    signal.addEventListener("abort", fail, { once: true });
    stream.send(crypto.getRandomValues(new Uint8Array(size)));
  });
}
