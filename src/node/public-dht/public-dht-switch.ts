/**
 * Implements `PublicRendezvous` as a switch: while it is off, nothing of the public DHT is loaded.
 */
import type { PublicRendezvous } from "../../ports/index.ts";
import type { PublicState } from "../model/config.ts";
import type { PublicDht, PublicDhtOptions } from "./public-dht.ts";

/**
 * The well-known bootstrap peers of the public IPFS DHT (github.com/ipfs/kubo,
 * config/bootstrap_peers.go, those that support TCP). No package that we use contains the list; the
 * setting `publicHosts` replaces it.
 */
export const defaultPublicBootstraps: readonly string[] = [
  "/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN",
  "/dnsaddr/bootstrap.libp2p.io/p2p/QmQCU2EcMqAqQPR2i9bChDtGNJchTbq5TbXJJ16u19uLTa",
  "/dnsaddr/bootstrap.libp2p.io/p2p/QmbLHAnMoJPWSCR5Zhtx6BHJX9KiKNN6tpvbUcqanj75Nb",
  "/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt",
  "/dnsaddr/va1.bootstrap.libp2p.io/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8",
  "/ip4/104.131.131.82/tcp/4001/p2p/QmaCpDMGvV2BGHeYERUEnRQAwe3N8SzbUtfsmvsqQLuvuJ",
];

/** The public DHT, which the user turns on and off. */
export class PublicDhtSwitch implements PublicRendezvous {
  readonly #options: PublicDhtOptions;
  readonly #watchers: (() => void)[] = [];
  #on = false;
  #dht: PublicDht | undefined;
  #stopped = false;

  constructor(options: PublicDhtOptions, on: boolean) {
    this.#options = options;
    this.#on = on;
  }

  enabled(): boolean {
    return this.#on && !this.#stopped;
  }

  /** Turns it on or off; turning it off cancels requests in progress. */
  async set(on: boolean): Promise<void> {
    if (on === this.#on) return;
    this.#on = on;
    const dht = this.#dht;
    this.#dht = undefined;
    for (const notify of this.#watchers) notify();
    await dht?.stop();
  }

  state(): PublicState {
    if (!this.enabled()) return { state: "off", peers: 0 };
    return this.#dht?.state() ?? { state: "resting", peers: 0 };
  }

  async publish(key: Uint8Array, signal: AbortSignal): Promise<number> {
    const dht = await this.#open();
    return dht === undefined ? 0 : dht.publish(key, signal);
  }

  async *lookup(key: Uint8Array, signal: AbortSignal): AsyncIterable<readonly string[]> {
    const dht = await this.#open();
    if (dht !== undefined) yield* dht.lookup(key, signal);
  }

  onToggle(toggled: () => void): void {
    this.#watchers.push(toggled);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#dht?.stop();
  }

  async #open(): Promise<PublicDht | undefined> {
    if (!this.enabled()) return undefined;
    const { PublicDht } = await import("./public-dht.ts");
    // It may have been turned off in the meantime.
    if (this.enabled()) this.#dht ??= new PublicDht(this.#options);
    return this.#dht;
  }
}
