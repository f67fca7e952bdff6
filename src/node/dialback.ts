/**
 * Asking others whether they can reach us: they dial the addresses that we name, and tell what came of it. They dial nobody but
 * the one who asks, at the IP address that they see, so that no one can be made to knock at a stranger's door.
 */
import type { Connection, Stream } from "@libp2p/interface";
import { fromUtf8, type HostId, limits, utf8 } from "../base/index.ts";
import type { Clock } from "../ports/index.ts";
import { hostOf, neighbour, parseAddress, withoutPeer } from "./address.ts";
import type { Host } from "./assemble.ts";
import { deadline } from "./deadline.ts";
import { reasonOf } from "./dial.ts";
import { isDirect } from "./gate.ts";
import { StreamChannel } from "./stream.ts";

export const DIALBACK_PROTOCOL = "/sotto/dialback/1";

/** The answer for an address: reached, not tried, or in a few words why it was not reached. */
export type Verdict = "reached" | "foreign" | "busy" | (string & {});

/** Lets each neighbour, and all together, ask so often in a minute. */
export function createDialbackQuota(
  clock: Clock,
  each: number = limits.dialbacksPerNeighbour,
  all: number = limits.dialbacks,
): (place: string) => boolean {
  const asked = new Map<string, number>();
  let total = 0;
  let windowEnd = 0;
  return (place) => {
    if (clock.now() >= windowEnd) {
      asked.clear();
      total = 0;
      windowEnd = clock.now() + 60_000;
    }
    const mine = asked.get(place) ?? 0;
    if (mine >= each || total >= all) return false;
    asked.set(place, mine + 1);
    total++;
    return true;
  };
}

/** Dials back for others from now on. */
export async function serveDialback(host: Host, clock: Clock): Promise<void> {
  const allowed = createDialbackQuota(clock);
  await host.handle(
    DIALBACK_PROTOCOL,
    async (stream, connection) => {
      const channel = open(stream, connection, clock, false);
      const [request] = await channel.receive();
      const addresses = request === undefined ? undefined : parseRequest(request);
      if (addresses === undefined || !isDirect(connection)) return channel.abort();
      const free = allowed(neighbour(connection.remoteAddr));
      const verdicts = await Promise.all(
        addresses.map((text) => (free ? dialBack(host, clock, connection, text) : "busy")),
      );
      await channel.send([utf8(verdicts.join("\n"))]).catch(() => undefined);
      await channel.close();
    },
    { maxInboundStreams: 1, maxOutboundStreams: 1 },
  );
}

/** Asks the host of a connection to dial these addresses (at most `limits.dialbackAddresses`). `undefined` where it gave no sound answer. */
export async function askDialback(
  connection: Connection,
  addresses: readonly string[],
  clock: Clock,
): Promise<ReadonlyMap<string, Verdict> | undefined> {
  const limit = deadline(clock, limits.dialbackTimeout);
  let channel: StreamChannel | undefined;
  try {
    const stream = await connection.newStream(DIALBACK_PROTOCOL, { signal: limit.signal });
    channel = open(stream, connection, clock, true);
    limit.signal.addEventListener("abort", () => channel?.abort(), { once: true });
    await channel.send([utf8(addresses.join("\n"))]);
    const [answer] = await channel.receive();
    const verdicts = (answer && fromUtf8(answer))?.split("\n");
    if (verdicts?.length !== addresses.length) return undefined;
    return new Map(addresses.map((address, i) => [address, (verdicts[i] as string).slice(0, 64)]));
  } catch {
    return undefined;
  } finally {
    limit.clear();
    channel?.abort();
  }
}

function parseRequest(bytes: Uint8Array): string[] | undefined {
  const texts = fromUtf8(bytes)?.split("\n");
  const fits =
    texts !== undefined &&
    texts.length <= limits.dialbackAddresses &&
    texts.every((text) => text.length <= limits.addressLength);
  return fits ? texts : undefined;
}

async function dialBack(
  host: Host,
  clock: Clock,
  { remoteAddr, remotePeer }: Connection,
  text: string,
): Promise<Verdict> {
  const address = parseAddress(text);
  if (address === undefined || hostOf(address) !== hostOf(remoteAddr)) return "foreign";
  const before = new Set(host.getConnections().map(({ id }) => id));
  const limit = deadline(clock, limits.dialbackTimeout / 2);
  try {
    const found = await host.dial(address, { signal: limit.signal });
    const answered = found.remotePeer.equals(remotePeer);
    if (!before.has(found.id)) void found.close().catch(() => undefined);
    return answered ? "reached" : "another host answers there";
  } catch (error) {
    return reasonOf(error);
  } finally {
    limit.clear();
  }
}

function open(
  stream: Stream,
  { remotePeer, remoteAddr }: Connection,
  clock: Clock,
  outbound: boolean,
): StreamChannel {
  return new StreamChannel(stream, {
    remote: remotePeer.toString() as HostId,
    remoteAddress: withoutPeer(remoteAddr),
    outbound,
    clock,
    drain: limits.stepTimeout,
    ...(outbound ? {} : { firstFrame: limits.stepTimeout }),
    onEnd: () => undefined,
  });
}
