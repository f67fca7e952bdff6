/** The protocols that a node speaks, and how much each has to say on one stream. */
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

/** Bytes that the other side may say on one stream once a protocol is agreed on. */
export interface Allowance {
  /** In one message, where each has its length in front as a varint. */
  readonly message?: number;
  /** In all. */
  readonly total?: number;
}

const of = (bytes: number): Allowance => ({ message: bytes, total: bytes });
const singleRequest: Allowance = { total: limits.requestBytes };

const allowances: Readonly<Record<string, Allowance>> = {
  // Some tell it in two messages.
  "/ipfs/id/1.0.0": { message: limits.identifyBytes, total: 2 * limits.identifyBytes },
  "/ipfs/ping/1.0.0": { total: limits.pingBytes },
  [DIALBACK_PROTOCOL]: singleRequest,
  [SIGNAL_PROTOCOL]: singleRequest,
  [PUBLIC_DHT]: of(limits.publicResponseBytes),
};

/**
 * What whoever opened a stream may say; for protocols that bound themselves, as links do,
 * everything.
 */
export function requestAllowance(protocol: string): Allowance {
  return isDht(protocol) ? of(limits.dhtRequestBytes) : (allowances[protocol] ?? {});
}

/** What whoever answers on a stream of ours may say. */
export function responseAllowance(protocol: string): Allowance {
  return isDht(protocol) ? of(limits.dhtResponseBytes) : (allowances[protocol] ?? {});
}

const isDht = (protocol: string): boolean =>
  protocol === DHT_PROTOCOLS.lan || protocol === DHT_PROTOCOLS.wan;
