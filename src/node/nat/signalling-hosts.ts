/** Who may be asked to pass a call on. Each that is asked learns whom we look for. */
import type { Connection } from "@libp2p/interface";
import { limits } from "../../base/index.ts";
import { isDirect } from "../connections/connection-gater.ts";
import type { Host } from "../model/host.ts";

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
