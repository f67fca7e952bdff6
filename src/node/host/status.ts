/** The status of a host and the list of its peers. */
import type { HostId } from "../../base/index.ts";
import type {
  BootstrapState,
  HostStatus,
  NatState,
  PeerInfo,
  ReachabilityState,
} from "../model/config.ts";
import type { Host } from "../model/host.ts";
import { withoutPeer } from "../util/address.ts";

/** Tracks the peers of a routing table, which cannot be listed itself. */
export function trackMembers(table: Host["services"]["lan"]["routingTable"]): ReadonlySet<string> {
  const found = new Set<string>();
  table.addEventListener("peer:add", ({ detail }) => found.add(detail.toString()));
  table.addEventListener("peer:remove", ({ detail }) => found.delete(detail.toString()));
  return found;
}

/** What the other services contribute to the status. */
export interface StatusParts {
  readonly bootstrap: BootstrapState[];
  readonly mdns: boolean;
  readonly mdnsRefused: readonly string[];
  readonly reach: ReachabilityState;
  readonly nat: NatState;
}

/** The status of a host now. */
export function statusOf(host: Host, extras: StatusParts): HostStatus {
  const { lan, wan } = host.services;
  return {
    host: host.peerId.toString() as HostId,
    addresses: host.getMultiaddrs().map(withoutPeer),
    listening: host.services.internals.transportManager.getAddrs().map(withoutPeer),
    protocols: host.getProtocols(),
    peers: host.getPeers().length,
    lanDht: lan.routingTable.size,
    wanDht: wan.routingTable.size,
    wanMode: wan.getMode(),
    ...extras,
  };
}

/** Which peers are in the routing tables, and which are bootstrap nodes. */
export interface Membership {
  readonly lan: ReadonlySet<string>;
  readonly wan: ReadonlySet<string>;
  readonly isBootstrap: (peer: string) => boolean;
}

/** The connected peers, one entry per connection. */
export function peersOf(host: Host, membership: Membership): PeerInfo[] {
  return host.getConnections().map((connection) => {
    const peer = connection.remotePeer.toString();
    const protocols = connection.streams
      .map(({ protocol }) => protocol)
      .filter((name) => name !== "");
    return {
      host: peer as HostId,
      address: withoutPeer(connection.remoteAddr),
      direction: connection.direction === "inbound" ? "in" : "out",
      protocols: [...new Set(protocols)],
      bootstrap: membership.isBootstrap(peer),
      lanDht: membership.lan.has(peer),
      wanDht: membership.wan.has(peer),
      ...(connection.rtt === undefined ? {} : { rttMs: connection.rtt }),
    };
  });
}
