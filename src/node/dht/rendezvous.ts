/**
 * ports/rendezvous on the two DHTs. What goes wrong in one of them is no fault: the other may know.
 */
import type { QueryEvent } from "@libp2p/kad-dht";
import { equal, limits, PrioritySemaphore, toHex } from "../../base/index.ts";
import type { RecordValidator } from "../../dht/index.ts";
import type { Clock, Rendezvous, Scope } from "../../ports/index.ts";
import type { Dht, Host } from "../model/host.ts";
import { streamResults } from "../util/async-queue.ts";
import { deadline } from "../util/deadline.ts";
import { keyOf } from "./kademlia.ts";

export interface RendezvousOptions {
  readonly host: Host;
  readonly validator: RecordValidator;
  readonly clock: Clock;
  /** Time in ms for one put or get. */
  readonly timeout: number;
}

export class DhtRendezvous implements Rendezvous {
  readonly #options: RendezvousOptions;
  readonly #dhts: Readonly<Record<Scope, readonly Dht[]>>;
  readonly #places = new PrioritySemaphore(limits.dhtParallel, limits.dhtUrgent);
  /** What we left under each tag last, so that our own copy does not count as found. */
  readonly #own = new Map<string, Uint8Array>();
  readonly #watchers: (() => void)[] = [];

  constructor(options: RendezvousOptions) {
    this.#options = options;
    const { lan, wan } = options.host.services;
    this.#dhts = { any: [lan, wan], lan: [lan] };
  }

  async publish(
    tag: Uint8Array,
    record: Uint8Array,
    signal: AbortSignal,
    scope: Scope = "any",
    urgent?: () => boolean,
  ): Promise<number> {
    const key = keyOf(tag);
    // kad-dht stores our own record unjudged; our validator has to know it, or a stranger could put
    // an older one over it here.
    if (this.#options.validator.check(tag, record).kind === "refused") return 0;
    this.#remember(tag, record);
    const takers = new Set<string>();
    const put = async (dht: Dht, until: AbortSignal): Promise<void> => {
      for await (const event of dht.put(key, record, { signal: until }))
        if (event.name === "PEER_RESPONSE" && event.messageName === "PUT_VALUE")
          takers.add(event.from.toString());
    };
    await this.#ask(signal, scope, put, urgent);
    signal.throwIfAborted();
    return takers.size;
  }

  lookup(
    tag: Uint8Array,
    signal: AbortSignal,
    scope: Scope = "any",
    urgent?: () => boolean,
  ): AsyncIterable<Uint8Array> {
    const key = keyOf(tag);
    const seen = new Set<string>();
    return streamResults<Uint8Array>((give, until) => {
      const get = async (dht: Dht, limit: AbortSignal): Promise<void> => {
        for await (const event of dht.get(key, { signal: limit })) {
          const bytes = this.#recordIn(event, tag);
          if (bytes === undefined) continue;
          // A copy: the event may hold a piece of a larger buffer.
          const record = Uint8Array.from(bytes);
          if (seen.has(toHex(record))) continue;
          seen.add(toHex(record));
          const judged = this.#options.validator.check(tag, record);
          // One whose time does not fit ours opens for nobody, and tells whoever looks that a clock
          // is wrong.
          const untimely =
            judged.kind === "refused" && (judged.why === "early" || judged.why === "stale");
          if (judged.kind === "valid" || untimely) give(record);
        }
      };
      return this.#ask(until, scope, get, urgent);
    }, signal);
  }

  peers(scope: Scope = "any"): number {
    return this.#dhts[scope].reduce((sum, { routingTable }) => sum + routingTable.size, 0);
  }

  onPeer(appeared: () => void): void {
    // Not `appeared` itself: the routing tables keep what they call for as long as the host is
    // there.
    let told: (() => void) | undefined = appeared;
    this.#watchers.push(() => {
      told = undefined;
    });
    let waiting = false;
    const onAdd = (): void => {
      if (waiting) return;
      waiting = true;
      this.#options.clock.after(limits.peerBurst, () => {
        waiting = false;
        told?.();
      });
    };
    for (const { routingTable } of this.#dhts.any) routingTable.addEventListener("peer:add", onAdd);
  }

  /** Tells nobody any more. */
  stop(): void {
    for (const end of this.#watchers.splice(0)) end();
  }

  /**
   * Runs `job` on each DHT of the scope that has peers, within the time limit, and swallows how
   * each ends: kad-dht throws at the end of a get when one stale peer refuses the correction,
   * though the newest record was received.
   */
  async #ask(
    signal: AbortSignal,
    scope: Scope,
    job: (dht: Dht, until: AbortSignal) => Promise<void>,
    urgent?: () => boolean,
  ): Promise<void> {
    const { clock, timeout } = this.#options;
    await this.#places.run(async () => {
      const limit = deadline(clock, timeout, signal);
      const dhts = this.#dhts[scope].filter(({ routingTable }) => routingTable.size > 0);
      await Promise.allSettled(dhts.map((dht) => job(dht, limit.signal)));
      limit.clear();
    }, urgent);
  }

  /** The record that an event brings, unless it is our own copy. */
  #recordIn(event: QueryEvent, tag: Uint8Array): Uint8Array | undefined {
    if (event.name === "PEER_RESPONSE") return event.record?.value;
    if (event.name !== "VALUE") return undefined;
    const own = this.#own.get(toHex(tag));
    const mine = event.from.equals(this.#options.host.peerId);
    return mine && own !== undefined && equal(own, event.value) ? undefined : event.value;
  }

  #remember(tag: Uint8Array, record: Uint8Array): void {
    const name = toHex(tag);
    this.#own.delete(name);
    this.#own.set(name, record.slice());
    for (const oldest of this.#own.keys()) {
      if (this.#own.size <= limits.ownRecords) break;
      this.#own.delete(oldest);
    }
  }
}
