/**
 * A protocol of one request and one response, each a frame, on a stream of its own over a direct
 * connection.
 */
import type { Connection, Stream } from "@libp2p/interface";
import { type HostId, limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import { isDirect } from "../connections/connection-gater.ts";
import type { Host } from "../model/host.ts";
import { withoutPeer } from "../util/address.ts";
import { deadline } from "../util/deadline.ts";
import { StreamChannel } from "./frame-stream.ts";

export interface Request {
  readonly protocol: string;
  readonly bytes: Uint8Array;
}

/**
 * Sends a request and returns the peer's response; `undefined` if there is none within `timeout`
 * ms.
 */
export async function sendRequest(
  connection: Connection,
  clock: Clock,
  { protocol, bytes }: Request,
  timeout: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const limit = deadline(clock, timeout, signal);
  let channel: StreamChannel | undefined;
  try {
    const stream = await connection.newStream(protocol, { signal: limit.signal });
    channel = open(stream, connection, clock, true);
    limit.signal.addEventListener("abort", () => channel?.abort(), { once: true });
    await channel.send([bytes]);
    const [response] = await channel.receive();
    return response;
  } catch {
    return undefined;
  } finally {
    limit.clear();
    channel?.abort();
  }
}

/** Computes the response; `undefined` resets the stream without one. */
export type Respond = (
  request: Uint8Array,
  connection: Connection,
) => Promise<Uint8Array | undefined>;

/**
 * Serves requests of a protocol.
 * @param streams maximum concurrent streams per connection, in each direction.
 */
export async function handleRequests(
  host: Host,
  clock: Clock,
  protocol: string,
  streams: number,
  respond: Respond,
): Promise<void> {
  const answer = async (stream: Stream, connection: Connection): Promise<void> => {
    const channel = open(stream, connection, clock, false);
    const [request] = isDirect(connection) ? await channel.receive() : [];
    const response = request && (await respond(request, connection).catch(() => undefined));
    if (response === undefined) return channel.abort();
    await channel.send([response]).catch(() => undefined);
    await channel.close();
  };
  await host.handle(protocol, answer, { maxInboundStreams: streams, maxOutboundStreams: streams });
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
