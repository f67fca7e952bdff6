/**
 * Recognises the dialer of a hello. The index in the hello leads to its key by one look-up, however
 * many keys there are. A dialer that does not know whether this is the right host sends a random
 * index (hello.ts): such a hello is compared with every key, which few hellos may cost.
 */
import { createRateLimit, type HostId, limits, type RateLimit, toHex } from "../../base/index.ts";
import type { Channel } from "../../ports/index.ts";
import type { HelloFrame } from "../../wire/index.ts";
import { type HelloKey, turnsAt } from "../model/epoch-keys.ts";
import type { Context } from "../state/context.ts";
import { helloFits, helloIndex } from "./hello.ts";
import {
  type Candidate,
  candidates,
  type Known,
  keysOf,
  mayAnswer,
  nameOf,
  sources,
} from "./link-keys.ts";

/** A node has one host, and two while it rotates its host key. */
const HOSTS = 2;

/** The indexes of all keys at one host of ours. */
class HostIndex {
  readonly #context: Context;
  readonly #known: Known;
  readonly #host: HostId;
  /** The index of each key, so that only a new key costs a hash. */
  readonly #made = new WeakMap<HelloKey, string>();
  /** Names of sources by index; more than one only where two indexes are equal. */
  #names = new Map<string, Set<string>>();
  /** What the map was built from. */
  #contacts = -1;
  #openInvites = -1;
  #groups = -1;
  #builtAt = Number.POSITIVE_INFINITY;
  #turnsAt = Number.NEGATIVE_INFINITY;

  constructor(context: Context, known: Known, host: HostId) {
    this.#context = context;
    this.#known = known;
    this.#host = host;
  }

  /** The keys that may have this index, 8 bytes: none, or those of one source. */
  *find(index: Uint8Array): Iterable<Candidate> {
    if (this.#isStale()) this.#build();
    const names = this.#names.get(toHex(index));
    if (names === undefined) return;
    for (const source of sources(this.#context, this.#known))
      if (names.has(nameOf(source))) yield* keysOf(this.#context, source);
  }

  #isStale(): boolean {
    const { clock, contactStore } = this.#context;
    const now = clock.now();
    return (
      this.#contacts !== contactStore.revision ||
      this.#openInvites !== this.#known.invites.revision ||
      this.#groups !== this.#known.groups.revision ||
      now < this.#builtAt ||
      now >= this.#turnsAt
    );
  }

  #build(): void {
    const { clock, contactStore, crypto } = this.#context;
    this.#contacts = contactStore.revision;
    this.#openInvites = this.#known.invites.revision;
    this.#groups = this.#known.groups.revision;
    this.#builtAt = clock.now();
    this.#turnsAt = Number.POSITIVE_INFINITY;
    this.#names = new Map();
    for (const source of sources(this.#context, this.#known)) {
      const name = nameOf(source);
      this.#turnsAt = Math.min(this.#turnsAt, turnsAt(crypto, source.secret, this.#builtAt));
      for (const { key } of keysOf(this.#context, source)) {
        const index = this.#made.get(key) ?? toHex(helloIndex(crypto, key.key, this.#host));
        this.#made.set(key, index);
        const names = this.#names.get(index);
        if (names === undefined) this.#names.set(index, new Set([name]));
        else names.add(name);
      }
    }
  }
}

export class Recogniser {
  readonly #context: Context;
  readonly #known: Known;
  /** By PeerId, the newest last. */
  readonly #hosts = new Map<HostId, HostIndex>();
  readonly #subnetMayCompare: RateLimit;
  readonly #mayCompare: RateLimit;
  readonly #mayGreet: RateLimit;

  constructor(context: Context, known: Known) {
    const { clock } = context;
    this.#context = context;
    this.#known = known;
    this.#subnetMayCompare = createRateLimit(
      clock,
      limits.hellosComparedPerSubnet,
      Number.POSITIVE_INFINITY,
    );
    this.#mayCompare = createRateLimit(clock, 1, limits.hellosCompared, 1_000);
    this.#mayGreet = createRateLimit(clock, limits.hellosPerContact, limits.hellosPerInvite);
  }

  /**
   * The contact, invite or group whose key made a hello, with this key. `undefined` for every
   * dialer that is to meet silence: an unknown one, one that we do not answer now, one over a
   * limit.
   */
  recognise(channel: Channel, hello: HelloFrame): Candidate | undefined {
    const subnet = channel.subnet ?? channel.remoteAddress;
    const dialer = this.#byIndex(channel, hello) ?? this.#byComparison(channel, hello, subnet);
    if (dialer === undefined || !mayAnswer(this.#context, dialer, channel)) return undefined;
    // Each answer may lead to a handshake.
    const source = dialer.kind === "contact" ? "" : subnet;
    return this.#mayGreet(source, nameOf(dialer)) ? dialer : undefined;
  }

  #byIndex(channel: Channel, hello: HelloFrame): Candidate | undefined {
    for (const candidate of this.#indexOf(channel.local).find(hello.index))
      if (this.#fits(candidate, channel, hello)) return candidate;
    return undefined;
  }

  /** Every candidate is tried, found or not, so that the time reveals nothing. */
  #byComparison(channel: Channel, hello: HelloFrame, subnet: string): Candidate | undefined {
    if (!this.#subnetMayCompare(subnet) || !this.#mayCompare(subnet)) return undefined;
    let dialer: Candidate | undefined;
    for (const candidate of candidates(this.#context, this.#known))
      if (this.#fits(candidate, channel, hello)) dialer = candidate;
    return dialer;
  }

  #fits({ key }: Candidate, channel: Channel, hello: HelloFrame): boolean {
    const endpoints = { dialer: channel.remote, listener: channel.local };
    return helloFits(this.#context.crypto, key.key, endpoints, hello);
  }

  #indexOf(host: HostId): HostIndex {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const index = new HostIndex(this.#context, this.#known, host);
    this.#hosts.set(host, index);
    for (const oldest of this.#hosts.keys()) {
      if (this.#hosts.size <= HOSTS) break;
      this.#hosts.delete(oldest);
    }
    return index;
  }
}
