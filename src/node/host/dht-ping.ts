/** The ping service, shared by both DHTs and the connection heartbeat. */
import { type Ping, ping } from "@libp2p/ping";
import { limits } from "../../base/index.ts";

type Peer = Parameters<Ping["ping"]>[0];

/**
 * Creates libp2p's ping service with one pending ping per peer: concurrent callers get the same
 * result. libp2p allows one ping stream per peer
 * (https://github.com/libp2p/specs/blob/master/ping/ping.md), so when both DHTs check a peer at the
 * same moment, the second would take its own refusal for the peer's silence and leave the peer out.
 * The signal of the first caller ends the ping for all. Sotto's nodes allow further streams for the
 * heartbeat and for the check after a network change (network-change.ts), since libp2p closes a
 * connection whose heartbeat is refused.
 */
export function sharedPing() {
  const streams = limits.pingStreams;
  const create = ping({ maxInboundStreams: streams, maxOutboundStreams: streams });
  return (components: Parameters<typeof create>[0]): Ping => {
    const service = create(components);
    const send = service.ping.bind(service);
    const pending = new Map<string, Promise<number>>();
    service.ping = (peer: Peer, options) => {
      const name = peer.toString();
      const running = pending.get(name);
      if (running !== undefined) return running;
      const answer = send(peer, options).finally(() => pending.delete(name));
      pending.set(name, answer);
      return answer;
    };
    return service;
  };
}
