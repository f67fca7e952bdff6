/** A simulated network: hosts that reach each other or not, and one rendezvous that all share. */
import type { HostId } from "../../src/base/index.ts";
import type { Chance } from "./chance.ts";
import { SimHost } from "./host.ts";
import type { SimTime } from "./time.ts";

const HOUR = 3_600_000;
/** What a test may do to frames on their way: drop the channel, or change the frames. */
export type Tamper = (
  from: HostId,
  to: HostId,
  frame: Uint8Array,
) => Uint8Array | "cut" | undefined;

/** A frame on the wire, and who sent it to whom. */
export interface Passed {
  readonly from: HostId;
  readonly to: HostId;
  readonly frame: Uint8Array;
}

/** How often what goes wrong does, each between 0 and 1. */
export interface Weather {
  /** A channel breaks at a frame, wherever in its batch. */
  readonly breaks: number;
  readonly dialFails: number;
  /** A lookup finds nothing, or an older record alone. */
  readonly recordLost: number;
  readonly recordStale: number;
  /** A put goes nowhere, or goes well without the putter knowing. */
  readonly putLost: number;
  readonly putUnheard: number;
}

export const calm: Weather = {
  breaks: 0,
  dialFails: 0,
  recordLost: 0,
  recordStale: 0,
  putLost: 0,
  putUnheard: 0,
};

export class SimNetwork {
  readonly time: SimTime;
  readonly chance: Chance;
  readonly hosts = new Map<HostId, SimHost>();
  readonly records = new Map<string, Uint8Array>();
  /** What was published before, by tag. */
  readonly older = new Map<string, Uint8Array>();
  /** Every frame that went over the wire. */
  readonly captured: Passed[] = [];
  tamper: Tamper | undefined;
  /** Told of each frame before it leaves. */
  watch: ((passed: Passed) => void) | undefined;
  /** Mean one-way latency in ms. */
  latency = 20;
  /** Bytes that a channel carries in a ms; unlimited where absent. */
  bandwidth: number | undefined;
  weather = calm;
  #hosts = 0;

  constructor(time: SimTime, chance: Chance) {
    this.time = time;
    this.chance = chance;
  }

  delay(): number {
    return this.latency * (0.5 + this.chance.next());
  }

  host(): SimHost {
    const host = new SimHost(this, ++this.#hosts);
    this.hosts.set(host.host, host);
    return host;
  }

  /** Whether something with this chance happens now. */
  happens(chance: number): boolean {
    return chance > 0 && this.chance.next() < chance;
  }

  breaks(): boolean {
    return this.happens(this.weather.breaks);
  }

  /** Whether a partition lies between two hosts. */
  apart(one: SimHost, other: SimHost): boolean {
    return one.group !== other.group;
  }

  /** Groups have changed: what was held back arrives. */
  regrouped(): void {
    for (const host of this.hosts.values()) host.release();
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.time.after(ms, () => resolve()));
  }
}

/** How long a test waits for what has to come, in simulated ms. */
export const patience = 3 * HOUR;
