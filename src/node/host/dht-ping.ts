/**
 * The ping by which each DHT tries a host before it keeps it, and whose protocol the heartbeat of
 * each connection speaks.
 */
import { type Ping, ping } from "@libp2p/ping";
import { limits } from "../../base/index.ts";

type Peer = Parameters<Ping["ping"]>[0];

/**
 * A factory of libp2p's ping, which asks a host once at a time: whoever asks meanwhile gets the
 * same answer. It allows one stream to each host
 * (https://github.com/libp2p/specs/blob/master/ping/ping.md), so that of two DHTs that meet a host
 * at the same moment the second would take its own refusal for the host's silence, and leave the
 * host out. The first one's signal ends it for all of them. Between our own nodes there is room for
 * a heartbeat, and for a look after the network changed (moved.ts), beside it: libp2p ends a
 * connection whose heartbeat is refused.
 */
export function sharedPing() {
  const streams = limits.pingStreams;
  const create = ping({ maxInboundStreams: streams, maxOutboundStreams: streams });
  return (components: Parameters<typeof create>[0]): Ping => {
    const service = create(components);
    const ask = service.ping.bind(service);
    const asked = new Map<string, Promise<number>>();
    service.ping = (peer: Peer, options) => {
      const name = peer.toString();
      const before = asked.get(name);
      if (before !== undefined) return before;
      const answer = ask(peer, options).finally(() => asked.delete(name));
      asked.set(name, answer);
      return answer;
    };
    return service;
  };
}
