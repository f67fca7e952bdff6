/**
 * Finds other nodes on the LAN by mDNS. It sends a random name, our current PeerId and our private
 * addresses.
 */
import type { PeerInfo } from "@libp2p/interface";
import { mdns } from "@libp2p/mdns";
import type { Multiaddr } from "@multiformats/multiaddr";
import { limits, toHex } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { Host } from "../model/host.ts";
import { hostOf, parseAddress, peerOf, portOf, scopeOf } from "../util/address.ts";
import { deadline } from "../util/deadline.ts";
import { Mdns6 } from "./mdns-ipv6.ts";

const SERVICE = "_sotto";

/** Running discovery. */
export interface LanDiscovery {
  stop(): Promise<void>;
}

/**
 * Announces the host and connects to the nodes that it finds, so that the LAN DHT learns them: over
 * IPv4 by @libp2p/mdns, over IPv6 by `Mdns6`. No host name is sent: both answer with PTR and TXT
 * records only, under a random name.
 * @param timeout ms for one dial.
 * @param network mDNS name of the service, with an underscore; networks with different names do not
 * find each other.
 */
export async function startLanDiscovery(
  host: Host,
  clock: Clock,
  timeout: number,
  log: Log,
  network = SERVICE,
): Promise<LanDiscovery> {
  const serviceTag = `${network}._udp.local`;
  const peerName = toHex(crypto.getRandomValues(new Uint8Array(16)));
  const service = mdns({ serviceTag, peerName, interval: limits.lanQuery })({
    addressManager: { getAddresses: () => host.getMultiaddrs() } as never,
    logger: host.logger,
  });
  const discovery = service as typeof service & { start(): Promise<void>; stop(): Promise<void> };
  const dialing = new Set<string>();
  const connect = async (peer: string, addresses: readonly string[]): Promise<void> => {
    // Any machine on the LAN can name any address: dial local ones only, and few at a time.
    const local = addresses.flatMap((text) => {
      const usable = parseAddress(text);
      const fits =
        usable !== undefined &&
        scopeOf(usable) !== "public" &&
        host.services.internals.mayDial(usable);
      return fits ? [usable] : [];
    });
    const self = host.peerId.toString();
    const known =
      peer === self ||
      host.getConnections().some(({ remotePeer }) => remotePeer.toString() === peer);
    const busy = dialing.has(peer) || dialing.size >= limits.lanDials;
    if (known || busy || local.length === 0) return;
    dialing.add(peer);
    const limit = deadline(clock, timeout);
    try {
      await host.dial(
        local.slice(0, limits.lanDials).map((address) => withPeer(address, peer)),
        { signal: limit.signal },
      );
      log("lan.connected");
    } catch {
      log("lan.failed");
    } finally {
      limit.clear();
      dialing.delete(peer);
    }
  };
  discovery.addEventListener("peer", ({ detail }: CustomEvent<PeerInfo>) => {
    void connect(detail.id.toString(), detail.multiaddrs.map(String));
  });
  const ipv6 = new Mdns6({
    service: serviceTag,
    name: peerName,
    peer: host.peerId.toString(),
    ports: () => portsOf(host),
    onPeer: (peer, addresses) => void connect(peer, addresses),
    clock,
  });
  await discovery.start();
  ipv6.start();
  return {
    stop() {
      ipv6.stop();
      return discovery.stop();
    },
  };
}

/** TCP ports that accept connections over IPv6. */
function portsOf(host: Host): number[] {
  const listening = host.services.internals.transportManager.getAddrs();
  return [...new Set(listening.filter((address) => hostOf(address).includes(":")).map(portOf))];
}

function withPeer(address: Multiaddr, peer: string): Multiaddr {
  return peerOf(address) === undefined ? address.encapsulate(`/p2p/${peer}`) : address;
}
