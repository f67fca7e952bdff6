/** What a router gives when it opens a port, whatever it was asked in. */
import type { Clock } from "../../ports/index.ts";
import type { Gateway } from "./default-gateway.ts";

export interface GatewayRequest {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Lease {
  /** Two leases with one key are one and the same on the router. */
  readonly key: string;
  /** IPv4 address and TCP port on the outside, as the router says. */
  readonly ip: string;
  readonly port: number;
  /** How long the router keeps it. */
  readonly seconds: number;
  /**
   * Asks the router to close the port; one that does not hear it forgets the port when its time is
   * over.
   */
  release(): Promise<void>;
}

/** silent: nothing at the gateway speaks this. refused: it does, and gives no port. */
export type NoLease = "silent" | "refused";

/**
 * Asks the gateway to lead a TCP port on its outside to `port` here. Where no lease comes of it, no
 * port is left open.
 * @param outside the port on the outside that would be best; another one may be given.
 */
export type RequestMapping = (
  asking: GatewayRequest,
  port: number,
  outside: number,
) => Promise<Lease | NoLease>;
