/**
 * One end of a simulated stream: ordered, never changed, and as unreliable in its end as a real
 * one.
 */
import { type HostId, limits, SottoError } from "../../src/base/index.ts";
import type { Channel, Proximity } from "../../src/ports/index.ts";
import type { SimHost } from "./host.ts";
import { never } from "./process.ts";

const END = "end";

export class SimChannel implements Channel {
  readonly outbound: boolean;
  readonly local: HostId;
  draining = false;
  readonly remote: HostId;
  readonly remoteAddress: string;
  readonly proximity: Proximity;
  other!: SimChannel;
  readonly #own: SimHost;
  readonly #far: SimHost;
  #queue: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #arrival = 0;
  #free = 0;
  /** Bytes of sends that have not gone out: bounded, as those of a real stream. */
  #unsent = 0;
  /** What arrived while the way was blocked: a stream delivers it later, in order. */
  readonly #held: (Uint8Array | typeof END)[] = [];
  #stalledUntil = 0;

  constructor(own: SimHost, far: SimHost, outbound: boolean, way: Proximity) {
    this.#own = own;
    this.#far = far;
    this.outbound = outbound;
    this.local = own.host;
    this.remote = far.host;
    this.remoteAddress = far.address;
    this.proximity = way;
  }

  async send(frames: readonly Uint8Array[]): Promise<void> {
    if (this.#ended) throw new SottoError("link-closed", "The channel has ended.");
    const { network } = this.#own;
    if (this.#unsent > limits.writeQueueBytes) {
      this.abort();
      throw new SottoError("link-closed", "The peer reads too slowly.");
    }
    const copies = frames.map((frame) => Uint8Array.from(frame));
    const size = copies.reduce((sum, { length }) => sum + length, 0);
    const busy = network.bandwidth === undefined ? 0 : size / network.bandwidth;
    const start = Math.max(this.#free, network.time.moment);
    this.#free = start + busy;
    // Streams keep their order.
    const at = Math.max(this.#arrival, this.#free + network.delay());
    this.#arrival = at;
    for (const frame of copies) {
      this.#own.step("send");
      if (this.#own.gone) return never();
      // Broken in the middle of the batch; the writer learns it from the end.
      if (this.#ended) return;
      const passed = { from: this.#own.host, to: this.remote, frame };
      network.captured.push(passed);
      network.watch?.(passed);
      const broken = network.breaks();
      const changed = broken ? "cut" : (network.tamper?.(passed.from, passed.to, frame) ?? frame);
      if (changed === "cut") {
        this.abort();
        return;
      }
      network.time.at(at, () => this.other.#arrive(changed));
    }
    if (busy === 0) return;
    this.#unsent += size;
    const gone = this.#free;
    await new Promise((resolve) => network.time.at(gone, () => resolve(0)));
    this.#unsent -= size;
  }

  #arrive(item: Uint8Array | typeof END): void {
    if (this.#ended) return;
    if (this.#held.length > 0 || this.#blocked()) this.#held.push(item);
    else this.#take(item);
  }

  #blocked(): boolean {
    const { network } = this.#own;
    return network.time.moment < this.#stalledUntil || network.apart(this.#own, this.#far);
  }

  #take(item: Uint8Array | typeof END): void {
    if (item === END) {
      this.#end();
      return;
    }
    this.#own.step("arrive");
    if (this.#ended) return;
    this.#queue.push(item);
    this.#wake?.();
  }

  /** Lets in what waited for the way to be free. */
  release(): void {
    while (!this.#blocked()) {
      const item = this.#held.shift();
      if (item === undefined) return;
      this.#take(item);
    }
  }

  /** Nothing comes in for `ms`; then all of it does, if it is still read. */
  stall(ms: number): void {
    const { time } = this.#own.network;
    this.#stalledUntil = time.moment + ms;
    time.at(this.#stalledUntil, () => this.release());
  }

  async receive(): Promise<readonly Uint8Array[]> {
    while (this.#queue.length === 0) {
      if (this.#ended) return this.#own.gone ? never() : [];
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const frames = this.#queue;
    this.#queue = [];
    return frames;
  }

  async close(): Promise<void> {
    this.abort();
  }

  abort(): void {
    if (this.#ended) return;
    this.#end();
    const { network } = this.#own;
    network.time.after(network.delay(), () => this.other.#arrive(END));
  }

  /** Ends on this side alone: the other one believes in it until its patience is over. */
  vanish(): void {
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#own.forget(this);
    this.#queue = [];
    this.#held.length = 0;
    this.#wake?.();
  }
}
