/** The protocols that a node speaks, and how many bytes a peer may send on one stream of each. */
import { limits } from "../../base/index.ts";

export const LINK_PROTOCOL = "/sotto/link/1";
export const DIALBACK_PROTOCOL = "/sotto/dialback/1";
export const SIGNAL_PROTOCOL = "/sotto/signal/1";
export const DHT_PROTOCOLS = {
  lan: "/sotto/lan/kad/1.0.0",
  wan: "/sotto/kad/1.0.0",
} as const;

/** The protocol of the public IPFS DHT. */
export const PUBLIC_DHT = "/ipfs/kad/1.0.0";

/**
 * How many bytes the remote side may send on one stream once a protocol is negotiated; absent: no
 * limit.
 */
export interface Allowance {
  /** Per message; each is prefixed with its length as a varint. */
  readonly message?: number;
  /** In total. */
  readonly total?: number;
}

const of = (bytes: number): Allowance => ({ message: bytes, total: bytes });
const singleRequest: Allowance = { total: limits.requestBytes };

const allowances: Readonly<Record<string, Allowance>> = {
  // Some implementations send it in two messages.
  "/ipfs/id/1.0.0": { message: limits.identifyBytes, total: 2 * limits.identifyBytes },
  "/ipfs/ping/1.0.0": { total: limits.pingBytes },
  [DIALBACK_PROTOCOL]: singleRequest,
  [SIGNAL_PROTOCOL]: singleRequest,
  [PUBLIC_DHT]: of(limits.publicResponseBytes),
};

/**
 * What the dialer of a stream may send. Protocols with limits of their own, such as links, have
 * none here.
 */
export function requestAllowance(protocol: string): Allowance {
  return isDht(protocol) ? of(limits.dhtRequestBytes) : (allowances[protocol] ?? {});
}

/** What the listener of a stream may send back. */
export function responseAllowance(protocol: string): Allowance {
  return isDht(protocol) ? of(limits.dhtResponseBytes) : (allowances[protocol] ?? {});
}

const isDht = (protocol: string): boolean =>
  protocol === DHT_PROTOCOLS.lan || protocol === DHT_PROTOCOLS.wan;
