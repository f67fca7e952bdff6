/** Types common to NAT-PMP and UPnP. */
import type { Clock } from "../../ports/index.ts";
import type { Gateway } from "./default-gateway.ts";

/** What a request to the gateway needs. */
export interface GatewayRequest {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A port that the router forwards to us. */
export interface Lease {
  /** Two leases with the same key are the same mapping on the router. */
  readonly key: string;
  /** External IPv4 address and TCP port, as the router reports them. */
  readonly ip: string;
  readonly port: number;
  /** Lifetime of the mapping. */
  readonly seconds: number;
  /**
   * Asks the router to remove the mapping. If the router does not receive it, the mapping expires.
   */
  release(): Promise<void>;
}

/** silent: the gateway does not support the protocol. refused: it does, but mapped no port. */
export type NoLease = "silent" | "refused";

/**
 * Asks the gateway to forward an external TCP port to `port` of this machine. Leaves no port open
 * if it returns no lease.
 * @param outside the preferred external port; the router may choose another.
 */
export type RequestMapping = (
  to: GatewayRequest,
  port: number,
  outside: number,
) => Promise<Lease | NoLease>;
