/** Identifies the peer of every connection, and asks again until it has answered. */
import type { Connection } from "@libp2p/interface";
import { backoffDelay, limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";
import type { Host } from "../model/host.ts";
import { deadline, delay } from "../util/deadline.ts";

/** The part of a host that identifies peers. */
type Identifying = Pick<Host, "addEventListener"> & {
  readonly services: Pick<Host["services"], "identify">;
};

/**
 * Identifies the peer of each new connection while the connection is open. libp2p itself asks once
 * and waits five seconds: where packets are lost, a connection to a bootstrap node would stay open
 * for days without the node being in a routing table, so that nothing is published or found.
 */
export function identifyPeers(host: Identifying, clock: Clock): void {
  host.addEventListener("connection:open", ({ detail }) => {
    void identifyPeer(host, clock, detail);
  });
}

async function identifyPeer(
  host: Identifying,
  clock: Clock,
  connection: Connection,
): Promise<void> {
  const closed = new AbortController();
  connection.addEventListener("close", () => closed.abort(), { once: true });
  for (let attempt = 0; connection.status === "open"; attempt++) {
    const limit = deadline(clock, limits.stepTimeout, closed.signal);
    try {
      await host.services.identify.identify(connection, { signal: limit.signal });
      return;
    } catch (error) {
      // A peer without the protocol has refused it. All others may have been too slow: the peer
      // also resets a stream of which only the first packet reached it.
      if (error instanceof Error && error.name === "UnsupportedProtocolError") return;
    } finally {
      limit.clear();
    }
    await delay(clock, backoffDelay(limits.identifyRetry, attempt, Math.random()), closed.signal);
  }
}
