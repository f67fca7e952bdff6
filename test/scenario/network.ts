/** A simulated network: hosts, channels with latency that can be cut, and one rendezvous that all share. */
import { type HostId, limits, SottoError, toHex } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { RecordValidator } from "../../src/dht/index.ts";
import type { Channel, Rendezvous, Transport } from "../../src/ports/index.ts";
import type { Chance } from "./chance.ts";
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

export class SimNetwork {
  readonly time: SimTime;
  readonly chance: Chance;
  readonly hosts = new Map<HostId, SimHost>();
  readonly records = new Map<string, Uint8Array>();
  /** Every frame that went over the wire. */
  readonly captured: Passed[] = [];
  tamper: Tamper | undefined;
  /** Told of each frame before it leaves. */
  watch: ((passed: Passed) => void) | undefined;
  /** Mean one-way latency in ms. */
  latency = 20;
  /** Bytes that a channel carries in a ms; unlimited where absent. */
  bandwidth: number | undefined;
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
}

/** One node's place on the network: its transport and its view of the rendezvous. */
export class SimHost implements Transport, Rendezvous {
  readonly host: HostId;
  readonly network: SimNetwork;
  readonly #address: string;
  readonly #channels = new Set<SimChannel>();
  readonly #validator = new RecordValidator(nodeCrypto().verify, () => this.network.time.now());
  up = true;
  #take: (channel: Channel) => void = () => undefined;
  #peer = (): void => undefined;
  #readdressed = (): void => undefined;
  /** Puts that this host made. */
  puts = 0;
  /** Lookups that this host made. */
  lookups = 0;

  constructor(network: SimNetwork, number: number) {
    this.network = network;
    this.host = `12D3KooW${toHex(network.chance.bytes(22))}` as HostId;
    this.#address = `/ip4/10.0.${number >> 8}.${number & 255}/tcp/4001`;
  }

  addresses(): readonly string[] {
    return this.up ? [this.#address] : [];
  }

  onChannel(take: (channel: Channel) => void): void {
    this.#take = take;
  }

  onAddresses(changed: () => void): void {
    this.#readdressed = changed;
  }

  /** The machine says that its addresses changed. */
  readdressed(): void {
    this.#readdressed();
  }

  onPeer(appeared: () => void): void {
    this.#peer = appeared;
  }

  /** The network tells of a new node. */
  peerAppeared(): void {
    this.#peer();
  }

  async dial(
    target: { readonly addresses: readonly string[]; readonly host?: HostId },
    signal: AbortSignal,
  ): Promise<Channel> {
    await new Promise((resolve) => this.network.time.after(this.network.delay(), () => resolve(0)));
    const found = [...this.network.hosts.values()].find(
      (host) =>
        host.up &&
        host !== this &&
        (target.host === undefined || host.host === target.host) &&
        target.addresses.includes(host.#address),
    );
    if (!this.up || found === undefined || signal.aborted)
      throw new SottoError("peer-unreachable", "Nobody answers there.");
    const ours = new SimChannel(this, found, true);
    const theirs = new SimChannel(found, this, false);
    ours.other = theirs;
    theirs.other = ours;
    this.#channels.add(ours);
    found.#channels.add(theirs);
    this.network.time.after(this.network.delay(), () => found.#take(theirs));
    return ours;
  }

  get address(): string {
    return this.#address;
  }

  async publish(tag: Uint8Array, record: Uint8Array): Promise<number> {
    this.puts++;
    await new Promise((resolve) => this.network.time.after(this.network.delay(), () => resolve(0)));
    if (!this.up || this.#validator.check(tag, record).kind === "refused") return 0;
    this.network.records.set(toHex(tag), record);
    return 1;
  }

  async *lookup(tag: Uint8Array): AsyncIterable<Uint8Array> {
    this.lookups++;
    await new Promise((resolve) => this.network.time.after(this.network.delay(), () => resolve(0)));
    const record = this.up ? this.network.records.get(toHex(tag)) : undefined;
    if (record !== undefined) yield record;
  }

  peers(): number {
    return this.up ? 1 : 0;
  }

  /** The machine is gone: every channel breaks. */
  down(): void {
    this.up = false;
    for (const channel of [...this.#channels]) channel.abort();
  }

  forget(channel: SimChannel): void {
    this.#channels.delete(channel);
  }

  /** Channels that are open now. */
  get open(): number {
    return this.#channels.size;
  }

  /** Breaks what is open, so that both sides have to connect again. */
  cutAll(): void {
    for (const channel of [...this.#channels]) channel.abort();
  }
}

class SimChannel implements Channel {
  readonly outbound: boolean;
  readonly remote: HostId;
  readonly remoteAddress: string;
  other!: SimChannel;
  readonly #own: SimHost;
  #queue: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #arrival = 0;
  #free = 0;
  /** Bytes of sends that have not gone out: bounded, as those of a real stream. */
  #unsent = 0;

  constructor(own: SimHost, far: SimHost, outbound: boolean) {
    this.#own = own;
    this.outbound = outbound;
    this.remote = far.host;
    this.remoteAddress = far.address;
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
      const passed = { from: this.#own.host, to: this.remote, frame };
      network.captured.push(passed);
      network.watch?.(passed);
      const changed = network.tamper?.(passed.from, passed.to, frame) ?? frame;
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

  #arrive(frame: Uint8Array): void {
    if (this.#ended) return;
    this.#queue.push(frame);
    this.#wake?.();
  }

  async receive(): Promise<readonly Uint8Array[]> {
    while (this.#queue.length === 0) {
      if (this.#ended) return [];
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
    this.#own.network.time.after(this.#own.network.delay(), () => this.other.#end());
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#own.forget(this);
    this.#queue = [];
    this.#wake?.();
  }
}

/** How long a test waits for what has to come, in simulated ms. */
export const patience = 3 * HOUR;
