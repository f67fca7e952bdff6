/** Rate limits: how often something may be requested. */
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";

const MINUTE = 60_000;

/** Counts events by name in fixed time windows. */
class Window {
  readonly #clock: Clock;
  readonly #length: number;
  readonly #counts = new Map<string, number>();
  #end = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, length: number) {
    this.#clock = clock;
    this.#length = length;
  }

  /** Events of this name in the current window. */
  count(name: string): number {
    const now = this.#clock.now();
    // Also restart when the clock was set back, or the window would last longer by as much.
    if (now >= this.#end || now < this.#end - this.#length) {
      this.#counts.clear();
      this.#end = now + this.#length;
    }
    return this.#counts.get(name) ?? 0;
  }

  add(name: string): number {
    const count = this.count(name) + 1;
    this.#counts.set(name, count);
    return count;
  }
}

/**
 * Creates a rate limit: returns whether a source may make another request now. Memory is bounded by
 * `all`.
 * @param each requests of one source in `length` ms.
 * @param all requests of all sources together.
 */
export function createRateLimit(
  clock: Clock,
  each: number,
  all: number,
  length: number = MINUTE,
): (source: string) => boolean {
  const window = new Window(clock, length);
  return (source) => {
    if (window.count(`one ${source}`) >= each || window.count("all") >= all) return false;
    window.add(`one ${source}`);
    window.add("all");
    return true;
  };
}

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
}

const defaultRequestLimits: RequestLimits = {
  puts: limits.putsPerMinute,
  putsPerSubnet: limits.putsPerSubnet,
  perSubnet: limits.requestsPerSubnet,
};

/**
 * Limits the requests to both DHTs together, and refuses those that Sotto does not use: provider
 * records of unknown peers would fill our memory.
 */
export function createRequestLimit(
  clock: Clock,
  most: RequestLimits = defaultRequestLimits,
): RequestLimit {
  const minute = new Window(clock, MINUTE);
  return (peer, subnet, request) => {
    if (request === "ADD_PROVIDER" || request === "GET_PROVIDERS") return false;
    if (minute.add(`any ${subnet}`) > most.perSubnet) return false;
    if (request !== "PUT_VALUE") return true;
    // A put over the peer's own limit does not count against its subnet.
    return (
      minute.add(`peer ${peer}`) <= most.puts &&
      minute.add(`subnet ${subnet}`) <= most.putsPerSubnet
    );
  };
}
