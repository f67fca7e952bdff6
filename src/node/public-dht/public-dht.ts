/**
 * Publishes and looks up addresses on the public IPFS DHT, on a host that runs only while there is
 * work.
 */
import type { QueryEvent } from "@libp2p/kad-dht";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { limits, PrioritySemaphore, shuffle } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { PublicState } from "../model/config.ts";
import { withoutPeer } from "../util/address.ts";
import { rankTheirs } from "../util/address-rank.ts";
import { streamResults } from "../util/async-queue.ts";
import { deadline } from "../util/deadline.ts";
import { interfaceAddresses } from "../util/interfaces.ts";
import { PublicHost, usableIp } from "./public-host.ts";

/** Multicodec numbers: raw bytes, and a SHA-256 digest. */
const RAW = 0x55;
const SHA2_256 = 0x12;

/** What the public DHT is created with. */
export interface PublicDhtOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly privateWan: boolean;
  /** Multiaddr texts with /p2p of the bootstrap peers. */
  readonly bootstrap: readonly string[];
  /** Our addresses, as multiaddr texts without /p2p. */
  readonly addresses: () => readonly string[];
  /**
   * TCP ports that we listen on. With the IP address at which others see us they form an address
   * that a router may forward.
   */
  readonly ports: () => readonly number[];
}

/** A host and the number of its users. */
interface Running {
  readonly host: PublicHost;
  readonly since: number;
  users: number;
}

/**
 * The CID of a key: raw bytes, with the key in place of a SHA-256 digest.
 * @param key 32 bytes.
 */
export function publicCid(key: Uint8Array): CID {
  if (key.length !== 32) throw new RangeError("a public DHT key has 32 bytes");
  return CID.createV1(RAW, Digest.create(SHA2_256, Uint8Array.from(key)));
}

/** Provider records under keys that only two contacts know. */
export class PublicDht {
  readonly #options: PublicDhtOptions;
  readonly #slots = new PrioritySemaphore(limits.publicParallel);
  readonly #stopping = new AbortController();
  #running: Running | undefined;
  #starting: Promise<Running> | undefined;
  #error: string | undefined;
  #known: string[] = [];
  /** The subnets that see us at each IP address. */
  readonly #seen = new Map<string, Set<string>>();
  #cancelIdle = (): void => undefined;

  constructor(options: PublicDhtOptions) {
    this.#options = options;
  }

  state(): PublicState {
    const peers = this.#running?.host.peers ?? 0;
    if (this.#error !== undefined) return { state: "lost", peers, error: this.#error };
    if (this.#starting !== undefined) return { state: "joining", peers };
    return { state: this.#running === undefined ? "resting" : "connected", peers };
  }

  /**
   * Implements `PublicRendezvous.publish`. Nodes do not confirm provider records: counts those that
   * one was sent to.
   */
  async publish(key: Uint8Array, signal: AbortSignal): Promise<number> {
    const recipients = new Set<string>();
    await this.#use(signal, async ({ dht }, until) => {
      if (this.#advertised().length === 0) return;
      for await (const event of dht.provide(publicCid(key), { signal: until }))
        if (event.name === "PEER_RESPONSE" && event.messageName === "ADD_PROVIDER")
          recipients.add(event.from.toString());
    });
    signal.throwIfAborted();
    return recipients.size;
  }

  /** Implements `PublicRendezvous.lookup`. */
  lookup(key: Uint8Array, signal: AbortSignal): AsyncIterable<readonly string[]> {
    const seen = new Set<string>();
    return streamResults<readonly string[]>(
      (emit, until) =>
        this.#use(until, async (host, limit) => {
          const offer = (addresses: readonly string[]): void => {
            const name = addresses.join(" ");
            if (name === "" || seen.has(name) || seen.size >= limits.publicCandidates) return;
            seen.add(name);
            emit(addresses);
          };
          const withoutAddresses = new Map<string, Provider["id"]>();
          for await (const event of host.dht.findProviders(publicCid(key), { signal: limit }))
            for (const { id, multiaddrs } of providersIn(event)) {
              const addresses = this.#usable(multiaddrs);
              offer(addresses);
              // Nodes keep a provider record longer than its addresses.
              if (addresses.length === 0 && withoutAddresses.size < limits.publicFindPeer)
                withoutAddresses.set(id.toString(), id);
            }
          for (const id of withoutAddresses.values())
            for await (const event of host.dht.findPeer(id, { signal: limit }))
              if (event.name === "FINAL_PEER") offer(this.#usable(event.peer.multiaddrs));
        }),
      signal,
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelIdle();
    await this.#starting?.catch(() => undefined);
    const running = this.#running;
    this.#running = undefined;
    await running?.host.stop();
  }

  #usable(multiaddrs: Provider["multiaddrs"]): string[] {
    const usable = multiaddrs.filter((address) =>
      usableIp(withoutPeer(address), this.#options.privateWan),
    );
    return rankTheirs(usable, interfaceAddresses())
      .slice(0, limits.recordAddresses)
      .map(withoutPeer)
      .sort();
  }

  /**
   * The addresses to publish: our public ones; without any, those that a router may forward to us.
   */
  #advertised(): readonly string[] {
    const { addresses, ports, privateWan } = this.#options;
    const own = addresses().filter((text) => usableIp(text, privateWan));
    if (own.length > 0) return own.slice(0, limits.recordAddresses);
    return [...this.#seen]
      .filter(([, by]) => by.size >= limits.publicObservers)
      .flatMap(([ip]) =>
        ports().map((port) => `/${ip.includes(":") ? "ip6" : "ip4"}/${ip}/tcp/${port}`),
      )
      .filter((text) => usableIp(text, privateWan))
      .slice(0, limits.recordAddresses);
  }

  /**
   * Runs a job on a host within the time limit, and ignores errors: what it reported until then
   * counts.
   */
  async #use(
    signal: AbortSignal,
    job: (host: PublicHost, until: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { clock, log } = this.#options;
    await this.#slots.run(async () => {
      if (signal.aborted || this.#stopping.signal.aborted) return;
      let running: Running | undefined;
      const limit = deadline(clock, limits.publicStart + limits.publicQuery, signal);
      const abort = (): void => limit.abort();
      this.#stopping.signal.addEventListener("abort", abort, { once: true });
      try {
        running = await this.#current();
        running.users++;
        this.#cancelIdle();
        await job(running.host, limit.signal);
      } catch {
        log("public.request-failed", { joined: running !== undefined });
      } finally {
        this.#stopping.signal.removeEventListener("abort", abort);
        limit.clear();
        if (running !== undefined) this.#release(running);
      }
    });
  }

  /**
   * The current host, or a new one if it is old or has lost its peers. Throws if it cannot join the
   * network.
   */
  async #current(): Promise<Running> {
    const { clock } = this.#options;
    const running = this.#running;
    const age = running === undefined ? 0 : clock.now() - running.since;
    const fresh = age >= 0 && age < limits.publicHostLifetime && (running?.host.peers ?? 0) > 0;
    if (running !== undefined && fresh) return running;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<Running> {
    const { clock, log, privateWan, bootstrap } = this.#options;
    this.#retire(this.#running);
    const host = await PublicHost.start({
      privateWan,
      clock,
      advertise: () => this.#advertised(),
      onObservedAddress: (ip, by) => {
        const observers = this.#seen.get(ip) ?? new Set();
        this.#seen.delete(ip);
        this.#seen.set(ip, observers.add(by));
        // Forget earlier addresses: the newest counts.
        for (const old of this.#seen.keys()) if (this.#seen.size > 2) this.#seen.delete(old);
      },
    });
    const first = [...shuffle(this.#known, Math.random), ...shuffle(bootstrap, Math.random)];
    this.#error = await host.join(first, this.#stopping.signal);
    log("public.joined", { peers: host.peers });
    if (this.#error !== undefined || this.#stopping.signal.aborted) {
      this.#known = [];
      await host.stop();
      throw new Error("could not join the public DHT");
    }
    const running = { host, since: clock.now(), users: 0 };
    this.#running = running;
    return running;
  }

  #release(running: Running): void {
    running.users--;
    if (running.users > 0) return;
    if (running !== this.#running) {
      this.#retire(running);
      return;
    }
    this.#cancelIdle();
    this.#cancelIdle = this.#options.clock.after(limits.publicIdle, () => this.#retire(running));
  }

  /** Stops a host once it has no users. */
  #retire(running: Running | undefined): void {
    if (running === undefined) return;
    if (this.#running === running) this.#running = undefined;
    if (running.users > 0) return;
    const known = running.host.peerAddresses();
    if (known.length > 0) this.#known = shuffle(known, Math.random).slice(0, limits.publicKnown);
    void running.host.stop().catch(() => undefined);
  }
}

type Provider = Extract<QueryEvent, { readonly name: "PEER_RESPONSE" }>["providers"][number];

const providersIn = (event: QueryEvent): readonly Provider[] =>
  event.name === "PEER_RESPONSE" ? event.providers : [];
