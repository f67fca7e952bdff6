/**
 * Implements ports/rendezvous on the two DHTs. The failure of one is not an error: the other may
 * have the record.
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
  /** Called for each request that the user waits for. */
  readonly onUrgent?: () => void;
}

/** Publishes and looks up records on the LAN and WAN DHT. */
export class DhtRendezvous implements Rendezvous {
  readonly #options: RendezvousOptions;
  readonly #dhts: Readonly<Record<Scope, readonly Dht[]>>;
  readonly #slots = new PrioritySemaphore(limits.dhtParallel, limits.dhtUrgent);
  /** Our last record under each tag, so that our own copy does not count as found. */
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
    // kad-dht stores our own record without validating it. Our validator must know it, or another
    // node could replace it here by an older one.
    if (this.#options.validator.check(tag, record).kind === "refused") return 0;
    this.#remember(tag, record);
    const holders = new Set<string>();
    const put = async (dht: Dht, until: AbortSignal): Promise<void> => {
      for await (const event of dht.put(key, record, { signal: until }))
        if (event.name === "PEER_RESPONSE" && event.messageName === "PUT_VALUE")
          holders.add(event.from.toString());
    };
    await this.#run(signal, scope, put, urgent);
    signal.throwIfAborted();
    return holders.size;
  }

  lookup(
    tag: Uint8Array,
    signal: AbortSignal,
    scope: Scope = "any",
    urgent?: () => boolean,
  ): AsyncIterable<Uint8Array> {
    const key = keyOf(tag);
    const seen = new Set<string>();
    return streamResults<Uint8Array>((emit, until) => {
      const get = async (dht: Dht, limit: AbortSignal): Promise<void> => {
        for await (const event of dht.get(key, { signal: limit })) {
          const bytes = this.#recordIn(event, tag);
          if (bytes === undefined) continue;
          // A copy: the event may hold a view of a larger buffer.
          const record = Uint8Array.from(bytes);
          if (seen.has(toHex(record))) continue;
          seen.add(toHex(record));
          const verdict = this.#options.validator.check(tag, record);
          // A record whose time does not fit ours is not used, but shows the caller that a clock is
          // wrong.
          const untimely =
            verdict.kind === "refused" && (verdict.why === "early" || verdict.why === "stale");
          if (verdict.kind === "valid" || untimely) emit(record);
        }
      };
      return this.#run(until, scope, get, urgent);
    }, signal);
  }

  peers(scope: Scope = "any"): number {
    return this.#dhts[scope].reduce((sum, { routingTable }) => sum + routingTable.size, 0);
  }

  onPeer(appeared: () => void): void {
    // Not `appeared` itself: the routing tables keep their listeners as long as the host exists.
    let notify: (() => void) | undefined = appeared;
    this.#watchers.push(() => {
      notify = undefined;
    });
    let waiting = false;
    const onAdd = (): void => {
      if (waiting) return;
      waiting = true;
      this.#options.clock.after(limits.peerBurst, () => {
        waiting = false;
        notify?.();
      });
    };
    for (const { routingTable } of this.#dhts.any) routingTable.addEventListener("peer:add", onAdd);
  }

  /** Removes all `onPeer` handlers. */
  stop(): void {
    for (const end of this.#watchers.splice(0)) end();
  }

  /**
   * Runs `job` on each DHT of the scope that has peers, within the time limit, and ignores errors:
   * kad-dht throws at the end of a get if one peer with a stale record refuses the correction,
   * although the newest record was received.
   */
  async #run(
    signal: AbortSignal,
    scope: Scope,
    job: (dht: Dht, until: AbortSignal) => Promise<void>,
    urgent?: () => boolean,
  ): Promise<void> {
    const { clock, timeout, onUrgent } = this.#options;
    if (urgent?.() === true) onUrgent?.();
    await this.#slots.run(async () => {
      const limit = deadline(clock, timeout, signal);
      const dhts = this.#dhts[scope].filter(({ routingTable }) => routingTable.size > 0);
      await Promise.allSettled(dhts.map((dht) => job(dht, limit.signal)));
      limit.clear();
    }, urgent);
  }

  /** The record in an event, unless it is our own copy. */
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
