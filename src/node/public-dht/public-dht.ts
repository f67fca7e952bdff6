/**
 * Leaving and finding addresses on the public IPFS DHT, on a host that is there only while there is
 * something to do.
 */
import type { QueryEvent } from "@libp2p/kad-dht";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { limits, PrioritySemaphore, shuffle } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import type { PublicState } from "../model/config.ts";
import { withoutPeer } from "../util/address.ts";
import { streamResults } from "../util/async-queue.ts";
import { deadline } from "../util/deadline.ts";
import { PublicHost, usableIp } from "./public-host.ts";

/** Multicodec numbers: raw bytes, and the shape of a SHA-256. */
const RAW = 0x55;
const SHA2_256 = 0x12;

export interface PublicDhtOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly privateWan: boolean;
  /** Multiaddr texts with /p2p of the hosts that are asked first. */
  readonly bootstrap: readonly string[];
  /** Where others may reach us, as multiaddr texts without /p2p. */
  readonly addresses: () => readonly string[];
  /**
   * TCP ports that we listen on: with the IP address that strangers see, an address that a router
   * may forward.
   */
  readonly ports: () => readonly number[];
}

/** A host and who uses it. */
interface Running {
  readonly host: PublicHost;
  readonly since: number;
  users: number;
}

/**
 * The name that a key has there: a CID of raw bytes, whose digest looks like a SHA-256. @param key
 * 32 bytes.
 */
export function publicCid(key: Uint8Array): CID {
  if (key.length !== 32) throw new RangeError("a public key has 32 bytes");
  return CID.createV1(RAW, Digest.create(SHA2_256, Uint8Array.from(key)));
}

export class PublicDht {
  readonly #options: PublicDhtOptions;
  readonly #places = new PrioritySemaphore(limits.publicParallel);
  readonly #leaving = new AbortController();
  #running: Running | undefined;
  #starting: Promise<Running> | undefined;
  #error: string | undefined;
  #known: string[] = [];
  /** Who sees us at which IP address. */
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

  /** See `Signpost.publish`. Whoever keeps it gives no answer: those count that it was given to. */
  async publish(key: Uint8Array, signal: AbortSignal): Promise<number> {
    const takers = new Set<string>();
    await this.#use(signal, async ({ dht }, until) => {
      if (this.#leave().length === 0) return;
      for await (const event of dht.provide(publicCid(key), { signal: until }))
        if (event.name === "PEER_RESPONSE" && event.messageName === "ADD_PROVIDER")
          takers.add(event.from.toString());
    });
    signal.throwIfAborted();
    return takers.size;
  }

  /** See `Signpost.lookup`. */
  lookup(key: Uint8Array, signal: AbortSignal): AsyncIterable<readonly string[]> {
    const given = new Set<string>();
    return streamResults<readonly string[]>(
      (give, until) =>
        this.#use(until, async (host, limit) => {
          const offer = (addresses: readonly string[]): void => {
            const name = addresses.join(" ");
            if (name === "" || given.has(name) || given.size >= limits.publicCandidates) return;
            given.add(name);
            give(addresses);
          };
          const bare = new Map<string, Provider["id"]>();
          for await (const event of host.dht.findProviders(publicCid(key), { signal: limit }))
            for (const { id, multiaddrs } of providersIn(event)) {
              const addresses = this.#usable(multiaddrs);
              offer(addresses);
              // Those who keep the entry forget the addresses before it.
              if (addresses.length === 0 && bare.size < limits.publicFindPeer)
                bare.set(id.toString(), id);
            }
          for (const id of bare.values())
            for await (const event of host.dht.findPeer(id, { signal: limit }))
              if (event.name === "FINAL_PEER") offer(this.#usable(event.peer.multiaddrs));
        }),
      signal,
    );
  }

  async stop(): Promise<void> {
    this.#leaving.abort();
    this.#cancelIdle();
    await this.#starting?.catch(() => undefined);
    const running = this.#running;
    this.#running = undefined;
    await running?.host.stop();
  }

  #usable(multiaddrs: Provider["multiaddrs"]): string[] {
    return multiaddrs
      .map(withoutPeer)
      .filter((text) => usableIp(text, this.#options.privateWan))
      .slice(0, limits.recordAddresses)
      .sort();
  }

  /**
   * What is left for others: our public addresses; without any, what a router may forward to us.
   */
  #leave(): readonly string[] {
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
   * Runs a job on a host, within the time limit, and swallows how it ends: what was found or told
   * until then counts.
   */
  async #use(
    signal: AbortSignal,
    job: (host: PublicHost, until: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { clock, log } = this.#options;
    await this.#places.run(async () => {
      if (signal.aborted || this.#leaving.signal.aborted) return;
      let running: Running | undefined;
      const limit = deadline(clock, limits.publicStart + limits.publicQuery, signal);
      const leave = (): void => limit.abort();
      this.#leaving.signal.addEventListener("abort", leave, { once: true });
      try {
        running = await this.#current();
        running.users++;
        this.#cancelIdle();
        await job(running.host, limit.signal);
      } catch {
        log("public.ended", { found: running !== undefined });
      } finally {
        this.#leaving.signal.removeEventListener("abort", leave);
        limit.clear();
        if (running !== undefined) this.#release(running);
      }
    });
  }

  /**
   * A host that is in the network; a new one where the last is old enough. Throws where we do not
   * get in.
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
      advertise: () => this.#leave(),
      onObservedAddress: (ip, by) => {
        const witnesses = this.#seen.get(ip) ?? new Set();
        this.#seen.delete(ip);
        this.#seen.set(ip, witnesses.add(by));
        // Where we were before: the newest counts.
        for (const old of this.#seen.keys()) if (this.#seen.size > 2) this.#seen.delete(old);
      },
    });
    const first = [...shuffle(this.#known, Math.random), ...shuffle(bootstrap, Math.random)];
    this.#error = await host.join(first, this.#leaving.signal);
    log("public.joined", { peers: host.peers });
    if (this.#error !== undefined || this.#leaving.signal.aborted) {
      this.#known = [];
      await host.stop();
      throw new Error("not in the public network");
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

  /** Stops a host once nobody uses it. */
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
