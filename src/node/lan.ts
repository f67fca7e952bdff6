/** Finding other nodes on the LAN by mDNS. What goes out: a random name, our PeerId of today, private addresses. */
import type { PeerInfo } from "@libp2p/interface";
import { mdns } from "@libp2p/mdns";
import { limits, toHex } from "../base/index.ts";
import type { Clock, Log } from "../ports/index.ts";
import { parseAddress, reachOf } from "./address.ts";
import type { Host } from "./assemble.ts";
import { deadline } from "./deadline.ts";

const SERVICE = "_sotto._udp.local";

export interface Lan {
  stop(): Promise<void>;
}

/**
 * Announces the host and connects to what it hears, so that the LAN DHT learns it. No host name is sent:
 * @libp2p/mdns answers with PTR and TXT records only, under a name that is drawn here.
 * @param timeout ms for one dial.
 */
export async function startLan(host: Host, clock: Clock, timeout: number, log: Log): Promise<Lan> {
  const name = toHex(crypto.getRandomValues(new Uint8Array(16)));
  const service = mdns({ serviceTag: SERVICE, peerName: name, interval: limits.lanQuery })({
    addressManager: { getAddresses: () => host.getMultiaddrs() } as never,
    logger: host.logger,
  });
  const discovery = service as typeof service & { start(): Promise<void>; stop(): Promise<void> };
  let dialing = 0;
  const onPeer = async ({ detail }: CustomEvent<PeerInfo>): Promise<void> => {
    // Anybody on the LAN can name any address: only neighbours are dialled, and few at one time.
    const near = detail.multiaddrs.filter((address) => {
      const usable = parseAddress(address.toString());
      return usable !== undefined && reachOf(usable) !== "public";
    });
    const known = detail.id.equals(host.peerId) || host.getConnections(detail.id).length > 0;
    if (known || near.length === 0 || dialing >= limits.lanDials) return;
    dialing++;
    const limit = deadline(clock, timeout);
    try {
      await host.dial(
        near.slice(0, limits.lanDials).map((address) => address.encapsulate(`/p2p/${detail.id}`)),
        { signal: limit.signal },
      );
      log("lan.connected");
    } catch {
      log("lan.failed");
    } finally {
      limit.clear();
      dialing--;
    }
  };
  discovery.addEventListener("peer", (event) => void onPeer(event));
  await discovery.start();
  return { stop: () => discovery.stop() };
}
