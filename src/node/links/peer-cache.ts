/**
 * The peer cache: the addresses of known peers, by which a node rejoins the mesh at its next start
 * without bootstrap nodes.
 */
import { limits } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { Host } from "../model/host.ts";
import { parseAddress, withoutPeer } from "../util/address.ts";
import { rankTheirs } from "../util/address-rank.ts";
import { deadline } from "../util/deadline.ts";
import { interfaceAddresses } from "../util/interfaces.ts";

/**
 * Addresses of the peers of the routing tables, as multiaddr texts without /p2p, since the peers
 * have other PeerIds after a restart. At most `limits.knownPeers`.
 */
export async function knownPeersOf(host: Host, members: Iterable<string>): Promise<string[]> {
  const wanted = new Set(members);
  const found = new Set<string>();
  const local = interfaceAddresses();
  for (const { id, addresses } of await host.peerStore.all()) {
    if (!wanted.has(id.toString())) continue;
    const usable = addresses.flatMap(({ multiaddr }) => parseAddress(multiaddr.toString()) ?? []);
    for (const address of rankTheirs(usable, local).slice(0, limits.recordAddresses))
      if (found.size < limits.knownPeers) found.add(withoutPeer(address));
  }
  return [...found];
}

/**
 * Dials peers known from an earlier run, a few at a time, until enough are connected. Failures are
 * expected: most of them have moved.
 * @param enough whether the routing tables have enough peers.
 */
export async function rejoin(
  host: Host,
  clock: Clock,
  log: Log,
  known: readonly string[],
  enough: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const own = new Set(host.getMultiaddrs().map(withoutPeer));
  const waiting = known.filter((text) => {
    const address = parseAddress(text);
    return address !== undefined && host.services.internals.mayDial(address) && !own.has(text);
  });
  let connected = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const address = parseAddress(waiting.shift() ?? "");
      if (address === undefined || enough() || signal.aborted) return;
      const limit = deadline(clock, limits.knownPeerDial, signal);
      try {
        await host.dial(address, { signal: limit.signal });
        connected++;
      } catch {
        // Try the next one.
      } finally {
        limit.clear();
      }
    }
  };
  await Promise.all(Array.from({ length: limits.lanDials }, worker));
  log("rejoin.finished", { peers: connected });
}
