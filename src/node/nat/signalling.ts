/**
 * Passing a small sealed envelope from one connected host to another, and its answer back: so that
 * two hosts behind routers can agree on a moment and a place. It carries no stream: one frame each
 * way, nothing is kept, and no message fits its use.
 */
import type { Connection } from "@libp2p/interface";
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import {
  decodeSignalFrame,
  decodeSignalReply,
  encodeSignalFrame,
  encodeSignalReply,
  type SignalFrame,
  type SignalReply,
} from "../../wire/index.ts";
import { isDirect } from "../connections/connection-gater.ts";
import type { Host } from "../model/host.ts";
import { handleRequests, sendRequest } from "../streams/request-response.ts";
import { subnetOf } from "../util/address.ts";
import type { Counters } from "../util/counters.ts";
import { SIGNAL_PROTOCOL } from "../util/protocols.ts";
import { createRateLimit } from "../util/rate-limit.ts";

/** A call that another host passed on to us. */
export interface ForwardedOffer {
  readonly from: string;
  readonly envelope: Uint8Array;
  /** To the host that passed it on. */
  readonly connection: Connection;
}

export interface SignallingOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly counts: Counters;
  /** Whether we pass on for others now. */
  readonly mayForward: () => boolean;
  /** Our answer to a call, or `undefined` for none. */
  readonly onOffer: (call: ForwardedOffer) => Uint8Array | undefined;
}

/** Passes envelopes on, and takes those that are for us, from now on. */
export async function serveSignalling(options: SignallingOptions): Promise<void> {
  const { host, clock, counts, mayForward: passes, onOffer: take } = options;
  const mayAsk = createRateLimit(clock, limits.signalsPerSubnet, limits.signals);
  const mayGet = createRateLimit(clock, limits.signalsPerTarget, limits.signals);
  const pass = async (
    { host: to, envelope }: SignalFrame,
    asker: Connection,
  ): Promise<SignalReply | undefined> => {
    const from = asker.remotePeer.toString();
    if (to === from || to === host.peerId.toString()) return undefined;
    if (!passes()) return { outcome: "unwilling" };
    if (!mayAsk(subnetOf(asker.remoteAddr))) return { outcome: "busy" };
    const connection = connectionTo(host, to);
    if (connection === undefined) return { outcome: "absent" };
    if (!mayGet(to)) return { outcome: "busy" };
    const bytes = encodeSignalFrame({ kind: "deliver", host: from, envelope });
    const question = { protocol: SIGNAL_PROTOCOL, bytes };
    const answer = await sendRequest(connection, clock, question, limits.signalTimeout / 2);
    const fits = answer !== undefined && answer.length <= limits.signalBytes;
    return fits ? { outcome: "forwarded", envelope: answer } : { outcome: "silent" };
  };
  await handleRequests(
    host,
    clock,
    SIGNAL_PROTOCOL,
    limits.signalStreams,
    async (question, connection) => {
      const frame = decodeSignalFrame(question);
      if (frame?.kind === "forward") {
        const reply = await pass(frame, connection);
        if (reply?.outcome === "forwarded") counts.signalsPassed++;
        if (reply?.outcome === "busy") counts.signalsRefused++;
        return reply && encodeSignalReply(reply);
      }
      return frame && take({ from: frame.host, envelope: frame.envelope, connection });
    },
  );
}

/**
 * Asks the host of a connection to pass an envelope on. `undefined` where it gives no sound reply.
 */
export async function askToForward(
  connection: Connection,
  clock: Clock,
  to: string,
  envelope: Uint8Array,
  signal: AbortSignal,
): Promise<SignalReply | undefined> {
  const bytes = encodeSignalFrame({ kind: "forward", host: to, envelope });
  const question = { protocol: SIGNAL_PROTOCOL, bytes };
  const reply = await sendRequest(connection, clock, question, limits.signalTimeout, signal);
  return reply && decodeSignalReply(reply);
}

export interface SignallingPeers {
  readonly host: Host;
  /** Asked first: the other side most likely has them too. */
  readonly isBootstrap: (peer: string) => boolean;
  /** Hosts that anybody reaches. */
  readonly isServer: (peer: string) => boolean;
}

/** Connections to at most `limits.signalHosts` hosts that may know `peer`, the likeliest first. */
export function signallingHosts(
  { host, isBootstrap, isServer }: SignallingPeers,
  peer: string,
): Connection[] {
  const found = new Map<string, Connection>();
  for (const connection of host.getConnections()) {
    const name = connection.remotePeer.toString();
    const fits = name !== peer && (isBootstrap(name) || isServer(name));
    if (fits && isDirect(connection) && connection.status === "open") found.set(name, connection);
  }
  const rank = (name: string): number => (isBootstrap(name) ? 0 : 1);
  return [...found.entries()]
    .sort(([a], [b]) => rank(a) - rank(b))
    .slice(0, limits.signalHosts)
    .map(([, connection]) => connection);
}

function connectionTo(host: Host, peer: string): Connection | undefined {
  return host
    .getConnections()
    .find(
      (connection) =>
        connection.remotePeer.toString() === peer &&
        connection.status === "open" &&
        isDirect(connection),
    );
}
