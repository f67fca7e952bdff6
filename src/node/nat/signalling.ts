/**
 * Signalling for hole punching: forwards a small sealed envelope from one connected host to
 * another, and returns its answer, so that two hosts behind routers can agree on a moment and
 * endpoints. One frame each way and nothing stored; it is too small to carry messages.
 */
import type { Connection } from "@libp2p/interface";
import { createRateLimit, limits } from "../../base/index.ts";
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

/** An offer that another host forwarded to us. */
export interface ForwardedOffer {
  readonly from: string;
  readonly envelope: Uint8Array;
  /** To the forwarding host. */
  readonly connection: Connection;
}

export interface SignallingOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly counts: Counters;
  /** Whether we forward for others now. */
  readonly mayForward: () => boolean;
  /** Our answer to an offer, or `undefined` for none. */
  readonly onOffer: (offer: ForwardedOffer) => Uint8Array | undefined;
}

/** Serves the protocol: forwards envelopes, and answers those that are for us. */
export async function serveSignalling(options: SignallingOptions): Promise<void> {
  const { host, clock, counts, mayForward, onOffer } = options;
  const mayRequest = createRateLimit(clock, limits.signalsPerSubnet, limits.signals);
  const mayDeliver = createRateLimit(clock, limits.signalsPerPair, limits.signalsPerTarget);
  const forward = async (
    { host: to, envelope }: SignalFrame,
    requester: Connection,
  ): Promise<SignalReply | undefined> => {
    const from = requester.remotePeer.toString();
    if (to === from || to === host.peerId.toString()) return undefined;
    if (!mayForward()) return { outcome: "unwilling" };
    const subnet = subnetOf(requester.remoteAddr);
    if (!mayRequest(subnet)) return { outcome: "busy" };
    const connection = connectionTo(host, to);
    if (connection === undefined) return { outcome: "absent" };
    // PeerIds are free: a requester is limited by its subnet, so that it cannot block a target.
    if (!mayDeliver(subnet, to)) return { outcome: "busy" };
    const bytes = encodeSignalFrame({ kind: "deliver", host: from, envelope });
    const request = { protocol: SIGNAL_PROTOCOL, bytes };
    const answer = await sendRequest(connection, clock, request, limits.signalTimeout / 2);
    const fits = answer !== undefined && answer.length <= limits.signalBytes;
    return fits ? { outcome: "forwarded", envelope: answer } : { outcome: "silent" };
  };
  await handleRequests(
    host,
    clock,
    SIGNAL_PROTOCOL,
    limits.signalStreams,
    async (request, connection) => {
      const frame = decodeSignalFrame(request);
      if (frame?.kind === "forward") {
        const reply = await forward(frame, connection);
        if (reply?.outcome === "forwarded") counts.signalsPassed++;
        if (reply?.outcome === "busy") counts.signalsRefused++;
        return reply && encodeSignalReply(reply);
      }
      return frame && onOffer({ from: frame.host, envelope: frame.envelope, connection });
    },
  );
}

/** Asks the peer of a connection to forward an envelope. `undefined` if it gives no valid reply. */
export async function askToForward(
  connection: Connection,
  clock: Clock,
  to: string,
  envelope: Uint8Array,
  signal: AbortSignal,
): Promise<SignalReply | undefined> {
  const bytes = encodeSignalFrame({ kind: "forward", host: to, envelope });
  const request = { protocol: SIGNAL_PROTOCOL, bytes };
  const reply = await sendRequest(connection, clock, request, limits.signalTimeout, signal);
  return reply && decodeSignalReply(reply);
}

/** How forwarding hosts are chosen. */
export interface SignallingPeers {
  readonly host: Host;
  /** Asked first: the peer is most likely connected to them too. */
  readonly isBootstrap: (peer: string) => boolean;
  /** DHT servers, which every node can reach. */
  readonly isServer: (peer: string) => boolean;
}

/**
 * Connections to at most `limits.signalHosts` hosts that may be connected to `peer`, the likeliest
 * first. Each host that is asked learns whom we try to reach.
 */
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
