/** Logs dials, openings and closings of connections, without naming a peer or an address. */
import type { Connection } from "@libp2p/interface";
import type { Log } from "../../ports/index.ts";
import { reasonOf } from "../connections/dialer.ts";
import type { Host } from "../model/host.ts";

const sideOf = ({ direction }: Connection): "dialer" | "listener" =>
  direction === "outbound" ? "dialer" : "listener";

/** Logs every dial of a host to one address and every connection of it, from now on. */
export function logConnections(host: Host, log: Log): void {
  const { transportManager } = host.services.internals;
  const dial = transportManager.dial.bind(transportManager);
  transportManager.dial = async (address, options) => {
    const started = performance.now();
    log("dial-stage", { stage: "started" });
    try {
      return await dial(address, options);
    } catch (error) {
      const ms = Math.round(performance.now() - started);
      log("dial-stage", { stage: "failed", reason: reasonOf(error), ms });
      throw error;
    }
  };
  host.addEventListener("connection:open", ({ detail }) => {
    log("connection-stage", { stage: "open", side: sideOf(detail) });
  });
  host.addEventListener("connection:close", ({ detail }) => {
    const { open, close = Date.now() } = detail.timeline;
    log("connection-stage", { stage: "closed", side: sideOf(detail), ms: close - open });
  });
}
