/** Dials all addresses of a host in parallel; the first that speaks our protocol wins. */
import type { Connection, Stream } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { type DialFailure, dialReasons, limits, Unreachable } from "../../base/index.ts";
import type { Clock, DialTarget } from "../../ports/index.ts";
import type { Host } from "../model/host.ts";
import { SocksError } from "../proxy/socks5.ts";
import { isOnion, parseAddress, proximityOf, withoutPeer } from "../util/address.ts";
import { deadline, delay } from "../util/deadline.ts";
import { LINK_PROTOCOL } from "../util/protocols.ts";
import { isDirect } from "./connection-gater.ts";

/** A link stream and its connection. */
export interface DialedLink {
  readonly connection: Connection;
  readonly stream: Stream;
}

/** A failed attempt whose message is a few words for the user. */
class DialRefusal extends Error {
  override readonly name = "Unreached";
}

/** Why a dial failed, in a few words for the user. */
export function reasonOf(error: unknown): string {
  if (error instanceof DialRefusal || error instanceof SocksError) return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return "failed";
  const text = `${"code" in error ? String(error.code) : ""} ${error.name} ${error.message}`;
  const reasons: readonly (readonly [RegExp, string])[] = [
    [/ECONNREFUSED/, "refused"],
    [/ETIMEDOUT|TimeoutError|AbortError|aborted/, "timed out"],
    [/EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EINVAL/, "no route"],
    [/EFOREIGN/, "a name in a private network"],
    [/ENOTFOUND|EAI_AGAIN/, "name not found"],
    [/NoValidAddresses|TransportUnavailable/, "needs a Tor proxy"],
    [/UnsupportedProtocol/, "no Sotto node"],
    [/dial self|denyOutboundEncrypted/, dialReasons.self],
    [/TooMany/, "too many connections"],
    [/EWEBSERVER/, dialReasons.webServer],
    [/EPROGRAM/, dialReasons.otherProgram],
    [/UnexpectedPeer|identity key .* does not match/, dialReasons.otherHost],
    // A full host closes during the handshake; only a message of another network cannot be
    // decrypted.
    [/decryption/, dialReasons.otherNetwork],
    [/ECONNRESET|EPIPE|closed|ended|Encryption failed|Reset/i, "closed by the peer"],
    [/Muxer|Encryption/, "handshake failed"],
  ];
  return reasons.find(([pattern]) => pattern.test(text))?.[1] ?? "failed";
}

/**
 * Opens a link stream on an existing direct connection to the host. If that takes long or fails,
 * dials all addresses as well. Throws `Unreachable`, which gives each address and its reason.
 * @param timeout ms for all addresses together.
 * @param proxied whether everything goes through a proxy.
 */
export async function dialLink(
  host: Host,
  clock: Clock,
  target: DialTarget,
  timeout: number,
  signal: AbortSignal,
  proxied = false,
): Promise<DialedLink> {
  if (target.host === host.peerId.toString())
    throw new Unreachable(
      "The PeerId is that of this node.",
      target.addresses.map((address) => ({ address, reason: dialReasons.self })),
    );
  const limit = deadline(clock, timeout, signal);
  const known = new Set(host.getConnections().map(({ id }) => id));
  const failures: DialFailure[] = [];
  let won = false;
  const compete = async (attempt: Promise<DialedLink>): Promise<DialedLink> => {
    const found = await attempt;
    if (won) abandon(found, known);
    else clock.after(limits.dialGrace, limit.abort);
    won = true;
    return found;
  };
  try {
    const existing = connectionsTo(host, target, proxied);
    const settled = new AbortController();
    const reused = compete(openOnOneOf(existing, limit.signal)).finally(() => settled.abort());
    reused.catch(() => undefined);
    // A connection may be dead and not closed yet, which only a heartbeat finds out.
    await delay(clock, existing.length > 0 ? limits.reuseWait : 0, settled.signal);
    if (won) {
      limit.clear();
      return await reused;
    }
    // Behind a proxy, bypass libp2p's dial queue, which would let contacts share a circuit.
    const { transportManager } = host.services.internals;
    const { isolationKey } = target;
    const dial = (address: Multiaddr): Promise<Connection> =>
      proxied && isolationKey !== undefined
        ? transportManager.dial(address, { signal: limit.signal, isolationKey })
        : host.dial(address, { signal: limit.signal });
    const dialed = dialableAddresses(host, target, failures, proxied).map(async (address) => {
      try {
        return await compete(dialOne(dial, address, target.host, known, limit.signal));
      } catch (error) {
        failures.push({ address: withoutPeer(address), reason: reasonOf(error) });
        throw error;
      }
    });
    const tries = [reused, ...dialed];
    void Promise.allSettled(tries).then(() => limit.clear());
    return await Promise.any(tries);
  } catch {
    const texts =
      signal.aborted && !limit.expired()
        ? ["cancelled"]
        : failures.map(({ address, reason }) => `${address}: ${reason}`);
    const list = texts.length > 0 ? texts.join("; ") : "no address is known";
    throw new Unreachable(`Could not connect to the peer (${list}).`, failures);
  }
}

/**
 * Existing direct connections to the target. One that we dialed through a proxy for something else
 * is not shared: the operator of its far end would see both.
 */
function connectionsTo(
  host: Host,
  { host: peer, addresses, scope }: DialTarget,
  proxied: boolean,
): Connection[] {
  return host
    .getConnections()
    .filter((connection) => isDirect(connection) && connection.status === "open")
    .filter(({ direction }) => !proxied || direction === "inbound")
    .filter(({ remoteAddr }) => scope !== "lan" || proximityOf(remoteAddr) !== "wan")
    .filter(({ remotePeer, remoteAddr, direction }) =>
      peer === undefined
        ? direction === "outbound" && addresses.includes(withoutPeer(remoteAddr))
        : remotePeer.toString() === peer,
    );
}

/** The addresses that may be dialed; the others are added to `failures`. */
function dialableAddresses(
  host: Host,
  { addresses, scope }: DialTarget,
  failures: DialFailure[],
  proxied: boolean,
): Multiaddr[] {
  const own = new Set(host.getMultiaddrs().map(withoutPeer));
  const found = new Map<string, Multiaddr>();
  for (const text of addresses) {
    const address = parseAddress(text);
    const refuse = (reason: string) => failures.push({ address: text, reason });
    if (address === undefined) refuse("not an address we can use");
    else if (own.has(withoutPeer(address))) refuse(dialReasons.self);
    else if (scope === "lan" && proximityOf(address) === "wan") refuse("not on our network");
    else if (isOnion(address) && !proxied) refuse("needs a Tor proxy");
    else if (!host.services.internals.mayDial(address)) refuse("in a private network");
    else if (found.size >= limits.parallelDials) refuse("too many addresses");
    else found.set(withoutPeer(address), address);
  }
  // Without /p2p, even if the host is known: libp2p joins dials to one PeerId and tries its
  // addresses one after another. Noise authenticates the peer, and `dialOne` compares.
  return [...found.keys()].flatMap((text) => parseAddress(text) ?? []);
}

async function dialOne(
  dial: (address: Multiaddr) => Promise<Connection>,
  address: Multiaddr,
  expected: string | undefined,
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<DialedLink> {
  const connection = await dial(address);
  try {
    if (expected !== undefined && connection.remotePeer.toString() !== expected)
      throw new DialRefusal(dialReasons.otherHost);
    return { connection, stream: await openLink(connection, signal) };
  } catch (error) {
    if (!known.has(connection.id)) closeUnused(connection);
    throw error;
  }
}

/** Closes a connection that is not needed. */
function closeUnused(connection: Connection): void {
  void connection.close().catch(() => undefined);
}

/** Opens a link stream on the first of these connections that answers; throws if none does. */
async function openOnOneOf(
  connections: readonly Connection[],
  signal: AbortSignal,
): Promise<DialedLink> {
  for (const connection of connections) {
    const stream = await openLink(connection, signal).catch(() => undefined);
    if (stream !== undefined) return { connection, stream };
  }
  throw new DialRefusal("no connection answers");
}

/** Opens a link stream on a direct connection; throws on a relayed one. */
export async function openLink(connection: Connection, signal: AbortSignal): Promise<Stream> {
  if (!isDirect(connection)) throw new DialRefusal("only through a relay");
  return connection.newStream(LINK_PROTOCOL, { signal });
}

/** Resets a stream that lost the race, and closes its connection unless it existed before. */
function abandon({ connection, stream }: DialedLink, known: ReadonlySet<string>): void {
  stream.abort(new Error("another address was faster"));
  if (!known.has(connection.id)) closeUnused(connection);
}
