/** How often something may be asked for. */
import { limits } from "../../base/index.ts";
import type { Clock } from "../../ports/index.ts";

const MINUTE = 60_000;

/** Counts by name, begun anew when its time is over. */
class Window {
  readonly #clock: Clock;
  readonly #length: number;
  readonly #counts = new Map<string, number>();
  #end = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, length: number) {
    this.#clock = clock;
    this.#length = length;
  }

  /** How often it was asked for in this window. */
  count(name: string): number {
    const now = this.#clock.now();
    // Also where the clock fell back: the window would last for as long.
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
 * Lets each one, and all together, ask so often in a minute, or in `length` ms. Its memory is
 * bounded by `all`.
 */
export function createRateLimit(
  clock: Clock,
  each: number,
  all: number,
  length: number = MINUTE,
): (who: string) => boolean {
  const window = new Window(clock, length);
  return (who) => {
    if (window.count(`one ${who}`) >= each || window.count("all") >= all) return false;
    window.add(`one ${who}`);
    window.add("all");
    return true;
  };
}

/**
 * Says whether a peer may make a request now. @param place its neighbourhood: a PeerId costs
 * nothing, an address does.
 */
export type RequestLimit = (peer: string, place: string, request: string) => boolean;

/** Requests to the DHTs in a minute. */
export interface RequestLimits {
  /** Puts of one peer, and of all peers of one neighbour. */
  readonly puts: number;
  readonly putsPerSubnet: number;
  /** Requests of any kind of one neighbour. */
  readonly perSubnet: number;
}

const defaultRequestLimits: RequestLimits = {
  puts: limits.putsPerMinute,
  putsPerSubnet: limits.putsPerSubnet,
  perSubnet: limits.requestsPerSubnet,
};

/**
 * Bounds what may be asked of both DHTs together, and refuses what Sotto does not use: provider
 * records would fill our memory for strangers.
 */
export function createRequestLimit(
  clock: Clock,
  most: RequestLimits = defaultRequestLimits,
): RequestLimit {
  const minute = new Window(clock, MINUTE);
  return (peer, place, request) => {
    if (request === "ADD_PROVIDER" || request === "GET_PROVIDERS") return false;
    if (minute.add(`any ${place}`) > most.perSubnet) return false;
    if (request !== "PUT_VALUE") return true;
    // What the peer's own bound refused does not count against its neighbours.
    return (
      minute.add(`peer ${peer}`) <= most.puts && minute.add(`place ${place}`) <= most.putsPerSubnet
    );
  };
}
