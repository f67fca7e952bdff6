/**
 * ports/rendezvous' signpost: on where the person said so, and while it is off nothing of it is
 * loaded.
 */
import type { PublicRendezvous } from "../../ports/index.ts";
import type { PublicState } from "../model/config.ts";
import type { PublicDht, PublicDhtOptions } from "./public-dht.ts";

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

  /** Turns it on or off; off ends what is under way. */
  async set(on: boolean): Promise<void> {
    if (on === this.#on) return;
    this.#on = on;
    const dht = this.#dht;
    this.#dht = undefined;
    for (const told of this.#watchers) told();
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

  onToggle(turned: () => void): void {
    this.#watchers.push(turned);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#dht?.stop();
  }

  async #open(): Promise<PublicDht | undefined> {
    if (!this.enabled()) return undefined;
    const { PublicDht } = await import("./public-dht.ts");
    // It may have been turned off meanwhile.
    if (this.enabled()) this.#dht ??= new PublicDht(this.#options);
    return this.#dht;
  }
}
