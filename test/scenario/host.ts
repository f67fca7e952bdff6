/** One node's place on the simulated network: its transport, and its view of the rendezvous. */
import { dialReasons, type HostId, toHex, Unreachable } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { RecordValidator } from "../../src/dht/index.ts";
import type {
  Channel,
  DialTarget,
  OpenedOffer,
  OpenOffer,
  Rendezvous,
  Scope,
  Transport,
} from "../../src/ports/index.ts";
import { SimChannel } from "./channel.ts";
import type { SimNetwork } from "./network.ts";
import { never } from "./process.ts";

/** Until a dial to nowhere is known to have failed, at most. */
const DIAL = 12_000;

export class SimHost implements Transport, Rendezvous {
  host: HostId;
  readonly network: SimNetwork;
  #address: string;
  readonly #channels = new Set<SimChannel>();
  readonly #validator = new RecordValidator(nodeCrypto().verify, () => this.network.time.now());
  #up = true;
  /** Its process has ended: a call that waits for it waits forever. */
  gone = false;
  /** Hosts of different groups cannot reach each other; the rendezvous is where group 0 is. */
  group = 0;
  /** The local network that it is on; absent: one of its own. */
  lan: number | undefined;
  /**
   * Whether everything goes through a proxy, which hands over on this machine what comes to its
   * onion service.
   */
  proxied = false;
  /** Called with each tag under which a record is about to be published. */
  publishes: (tag: Uint8Array) => void = () => undefined;
  /** Told of each thing that this host is about to do. */
  step: (what: string) => void = () => undefined;
  #take: (channel: Channel) => void = () => undefined;
  #peer = (): void => undefined;
  #readdressed = (): void => undefined;
  /** What this host dialled. */
  readonly dials: DialTarget[] = [];
  /** Puts that this host made. */
  puts = 0;
  /** Lookups that this host made. */
  lookups = 0;

  constructor(network: SimNetwork, number: number) {
    this.network = network;
    this.host = `12D3KooW${toHex(network.chance.bytes(22))}` as HostId;
    this.#address = `/ip4/10.0.${number >> 8}.${number & 255}/tcp/4001`;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Whether it has a network. Once it has, it sees another node. */
  set up(up: boolean) {
    const appears = up && !this.#up;
    this.#up = up;
    if (appears) this.#peer();
  }

  addresses(scope: Scope = "any"): readonly string[] {
    return this.up && (scope === "any" || this.lan !== undefined) ? [this.#address] : [];
  }

  onChannel(take: (channel: Channel) => void): void {
    this.#take = take;
  }

  /**
   * Opens what others pass on. Whoever is up can be reached here: nobody is called so but by a
   * test.
   */
  opens: (from: HostId, envelope: Uint8Array) => OpenedOffer | undefined = () => undefined;
  /** What seals calls for the hosts that were dialled, by their addresses. */
  readonly seals = new Map<string, NonNullable<DialTarget["seal"]>>();

  onOffer(open: OpenOffer): void {
    this.opens = (from, envelope) => open(from, envelope, this.host);
  }

  onAddresses(changed: () => void): void {
    this.#readdressed = changed;
  }

  /** The machine says that its addresses changed. */
  readdressed(): void {
    this.#readdressed();
  }

  /**
   * The machine moved to another address; a peer with the old one finds another node or none.
   */
  move(address: string): void {
    this.#address = address;
    this.#readdressed();
  }

  /**
   * Goes on as another host at another address; what is open stays open for a while, as real ones
   * do.
   */
  rotate(address: string): void {
    this.host = `12D3KooW${toHex(this.network.chance.bytes(22))}` as HostId;
    for (const channel of this.#channels) channel.draining = true;
    this.move(address);
  }

  onPeer(appeared: () => void): void {
    this.#peer = appeared;
  }

  /** The network reports a new node. */
  peerAppeared(): void {
    this.#peer();
  }

  async dial(target: DialTarget, signal: AbortSignal): Promise<Channel> {
    const { network } = this;
    if (target.seal) this.seals.set(target.addresses.join(), target.seal);
    this.step("dial");
    await network.wait(network.delay());
    if (this.gone) return never();
    const found = [...network.hosts.values()].find(
      (host) =>
        host.up &&
        host !== this &&
        (target.host === undefined || host.host === target.host) &&
        (target.scope !== "lan" || this.#near(host)) &&
        target.addresses.includes(host.#address),
    );
    this.dials.push(target);
    const blocked = found !== undefined && network.apart(this, found);
    if (blocked || network.happens(network.weather.dialFails))
      await network.wait(DIAL * network.chance.next());
    if (this.gone) return never();
    this.step("dialled");
    if (this.gone) return never();
    if (
      !this.up ||
      found === undefined ||
      !found.up ||
      network.apart(this, found) ||
      signal.aborted
    )
      throw new Unreachable(
        "Nobody answers there.",
        target.addresses.map((address) => ({ address, reason: this.#why(address) })),
      );
    const way = this.#near(found) ? "lan" : "wan";
    const ours = new SimChannel(this, found, true, way);
    const theirs = new SimChannel(found, this, false, found.proxied ? "self" : way);
    ours.other = theirs;
    theirs.other = ours;
    this.#channels.add(ours);
    found.#channels.add(theirs);
    network.time.after(network.delay(), () => {
      found.step("channel");
      if (found.up) found.#take(theirs);
    });
    return ours;
  }

  #near(other: SimHost): boolean {
    return this.lan !== undefined && this.lan === other.lan;
  }

  /** Why nobody was reached at an address, as a real dial puts it. */
  #why(address: string): string {
    const found = [...this.network.hosts.values()].find(
      (host) => host.up && host.#address === address,
    );
    if (found === this) return dialReasons.self;
    if (found === undefined) return "refused";
    return this.network.apart(this, found) ? "timed out" : dialReasons.otherHost;
  }

  get address(): string {
    return this.#address;
  }

  async publish(
    tag: Uint8Array,
    record: Uint8Array,
    _signal: AbortSignal,
    scope: Scope = "any",
  ): Promise<number> {
    const { network } = this;
    this.puts++;
    this.publishes(tag);
    this.step("publish");
    await network.wait(network.delay());
    if (this.gone) return never();
    if (!this.up || this.group !== 0 || network.happens(network.weather.putLost)) return 0;
    if (this.#validator.check(tag, record).kind === "refused") return 0;
    for (const place of this.#places(tag, scope)) {
      const before = network.records.get(place);
      if (before !== undefined) network.older.set(place, before);
      network.records.set(place, record);
    }
    return network.happens(network.weather.putUnheard) ? 0 : 1;
  }

  async *lookup(
    tag: Uint8Array,
    _signal: AbortSignal,
    scope: Scope = "any",
    _urgent?: () => boolean,
  ): AsyncIterable<Uint8Array> {
    const { network } = this;
    this.lookups++;
    this.step("lookup");
    await network.wait(network.delay());
    if (this.gone) await never();
    if (!this.up || this.group !== 0 || network.happens(network.weather.recordLost)) return;
    const stale = network.happens(network.weather.recordStale);
    for (const place of this.#places(tag, scope)) {
      const record = (stale ? network.older : network.records).get(place);
      if (record !== undefined) yield record;
    }
  }

  /** Under which names a record lies: far away, and on the local network. */
  #places(tag: Uint8Array, scope: Scope): string[] {
    const near = this.lan === undefined ? [] : [`${this.lan}/${toHex(tag)}`];
    return scope === "lan" ? near : [toHex(tag), ...near];
  }

  peers(scope: Scope = "any"): number {
    return this.up && (scope === "any" || this.lan !== undefined) ? 1 : 0;
  }

  /** The machine is gone: every channel breaks. */
  down(): void {
    this.up = false;
    this.gone = true;
    this.cutAll();
  }

  forget(channel: SimChannel): void {
    this.#channels.delete(channel);
  }

  /** Channels that are open now. */
  get open(): number {
    return this.#channels.size;
  }

  channels(): SimChannel[] {
    return [...this.#channels];
  }

  /** Breaks what is open, so that both sides have to connect again. */
  cutAll(): void {
    for (const channel of this.channels()) channel.abort();
  }

  release(): void {
    for (const channel of this.channels()) channel.release();
  }
}
