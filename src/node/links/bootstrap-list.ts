/**
 * Keeps connections to the bootstrap nodes: connects while the node runs, and reconnects when one
 * is lost.
 */
import type { Connection } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { backoffDelay, limits, remainingDelay, SottoError } from "../../base/index.ts";
import type { Clock, Log } from "../../ports/index.ts";
import { pinnedConnections } from "../connections/connection-pruner.ts";
import { reasonOf } from "../connections/dialer.ts";
import type { BootstrapState, Tuning } from "../model/config.ts";
import type { Host } from "../model/host.ts";
import { parseAddress, peerOf } from "../util/address.ts";
import { deadline } from "../util/deadline.ts";

interface Entry {
  readonly text: string;
  readonly address: Multiaddr;
  readonly peer: string;
  attempt: number;
  /** Whether the delay before the next dial is running. */
  waiting: boolean;
  /**
   * Cancels the timer after which the connection counts as stable and failed attempts are
   * forgotten.
   */
  cancelStable: () => void;
  error?: string;
  /** Cancels the delay or the dial in progress. */
  cancel: () => void;
}

type Dial = (address: Multiaddr, signal: AbortSignal) => Promise<Connection>;

/** Tags peers whose connections libp2p prunes last. */
const BOOTSTRAP_TAG = "sotto-bootstrap";

/** Connects to each bootstrap node and retries with growing delays. */
export class BootstrapList {
  readonly #host: Host;
  readonly #dial: Dial;
  readonly #clock: Clock;
  readonly #tuning: Tuning;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  #wokenAt = Number.NEGATIVE_INFINITY;
  readonly #onDisconnect: (event: CustomEvent<{ toString(): string }>) => void;

  constructor(host: Host, dial: Dial, clock: Clock, tuning: Tuning, log: Log) {
    this.#host = host;
    this.#dial = dial;
    this.#clock = clock;
    this.#tuning = tuning;
    this.#log = log;
    this.#onDisconnect = ({ detail }) => this.#disconnected(detail.toString());
    host.addEventListener("peer:disconnect", this.#onDisconnect);
  }

  /** Throws `address-invalid`. */
  add(text: string): void {
    const address = bootstrapAddress(text);
    const name = address.toString();
    if (this.#entries.has(name)) return;
    const entry: Entry = {
      text,
      address,
      peer: peerOf(address) ?? "",
      attempt: 0,
      waiting: false,
      cancelStable: () => undefined,
      cancel: () => undefined,
    };
    this.#entries.set(name, entry);
    void this.#connect(entry);
  }

  remove(text: string): boolean {
    for (const [name, entry] of this.#entries) {
      if (entry.text !== text && name !== text) continue;
      this.#entries.delete(name);
      entry.cancel();
      entry.cancelStable();
      return true;
    }
    return false;
  }

  /**
   * Dials those that are not connected now, instead of after the rest of their delays: the user
   * waits, or the network changed. Does nothing within `limits.wakePause` of the last time.
   */
  wake(): void {
    const now = this.#clock.now();
    if (remainingDelay(this.#wokenAt, limits.wakePause, now) > 0) return;
    const waiting = [...this.#entries.values()].filter((entry) => entry.waiting);
    if (waiting.length === 0) return;
    this.#wokenAt = now;
    for (const entry of waiting) {
      entry.cancel();
      void this.#connect(entry);
    }
  }

  /** Whether a peer is one of the bootstrap nodes. */
  has(peer: string): boolean {
    return [...this.#entries.values()].some((entry) => entry.peer === peer);
  }

  states(): BootstrapState[] {
    return [...this.#entries.values()].map((entry) => {
      if (this.#connected(entry)) return { address: entry.text, state: "connected" };
      return {
        address: entry.text,
        state: "searching",
        ...(entry.error === undefined ? {} : { error: entry.error }),
      };
    });
  }

  stop(): void {
    this.#host.removeEventListener("peer:disconnect", this.#onDisconnect);
    for (const { cancel, cancelStable } of this.#entries.values()) {
      cancel();
      cancelStable();
    }
    this.#entries.clear();
  }

  #connected({ peer }: Entry): boolean {
    return this.#host.getConnections().some(({ remotePeer }) => remotePeer.toString() === peer);
  }

  #isListed(entry: Entry): boolean {
    return [...this.#entries.values()].includes(entry);
  }

  async #connect(entry: Entry): Promise<void> {
    const limit = deadline(this.#clock, this.#tuning.dial);
    entry.cancel = limit.abort;
    entry.waiting = false;
    try {
      const connection = await this.#dial(entry.address, limit.signal);
      const { remotePeer } = connection;
      pinnedConnections.add(connection);
      await this.#host.peerStore.merge(remotePeer, { tags: { [BOOTSTRAP_TAG]: { value: 50 } } });
      delete entry.error;
      entry.cancelStable = this.#clock.after(limits.bootstrapStable, () => {
        entry.attempt = 0;
      });
      this.#log("bootstrap.connected");
    } catch (error) {
      entry.error = reasonOf(error);
      // A connection that another part made, and lost, has a delay of its own already.
      if (this.#isListed(entry) && !entry.waiting) this.#retry(entry);
    } finally {
      limit.clear();
    }
  }

  #retry(entry: Entry): void {
    const wait = backoffDelay(this.#tuning.bootstrapRetry, entry.attempt++, Math.random());
    this.#log("bootstrap.searching", { attempt: entry.attempt, waitMs: wait });
    entry.waiting = true;
    entry.cancel = this.#clock.after(wait, () => void this.#connect(entry));
  }

  #disconnected(peer: string): void {
    for (const entry of this.#entries.values())
      if (entry.peer === peer) {
        entry.cancel();
        entry.cancelStable();
        this.#retry(entry);
      }
  }
}

/** Parses the address of a bootstrap node, which must have a PeerId. Throws `address-invalid`. */
export function bootstrapAddress(text: string): Multiaddr {
  const address = parseAddress(text);
  if (address === undefined || !text.includes("/p2p/"))
    throw new SottoError("address-invalid", `This is not the address of a bootstrap node: ${text}`);
  return multiaddr(address);
}
