/** The rate limit of DHT requests. */
import { createRateLimit, limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";

/**
 * Decides whether a peer may make a DHT request now.
 * @param subnet the peer's subnet: an attacker gets PeerIds for free, but not addresses.
 */
export type RequestLimit = (peer: string, subnet: string, request: string) => boolean;

/** DHT requests per minute. */
export interface RequestLimits {
  /** Puts of one peer, and of all peers of one subnet. */
  readonly puts: number;
  readonly putsPerSubnet: number;
  /** Requests of any kind of one subnet. */
  readonly perSubnet: number;
  /** Puts, and requests of any kind, of all subnets together. */
  readonly allPuts: number;
  readonly all: number;
}

export const defaultRequestLimits: RequestLimits = {
  puts: limits.putsPerMinute,
  putsPerSubnet: limits.putsPerSubnet,
  perSubnet: limits.requestsPerSubnet,
  allPuts: limits.dhtPuts,
  all: limits.dhtRequests,
};

/**
 * Limits the requests to both DHTs together, and refuses those that Sotto does not use: provider
 * records of unknown peers would fill our memory.
 */
export function createRequestLimit(
  clock: Clock,
  most: RequestLimits = defaultRequestLimits,
): RequestLimit {
  const mayAsk = createRateLimit(clock, most.perSubnet, most.all);
  const mayPut = createRateLimit(clock, most.puts, Number.POSITIVE_INFINITY);
  const maySubnetPut = createRateLimit(clock, most.putsPerSubnet, most.allPuts);
  return (peer, subnet, request) => {
    if (request === "ADD_PROVIDER" || request === "GET_PROVIDERS") return false;
    if (!mayAsk(subnet)) return false;
    if (request !== "PUT_VALUE") return true;
    // A put over the peer's own limit does not count against its subnet.
    return mayPut(peer) && maySubnetPut(subnet);
  };
}
