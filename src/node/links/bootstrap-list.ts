/**
 * The hosts that we bootstrap from: looked for as long as the node runs, and again when they are
 * lost.
 */
import type { Connection } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { backoffDelay, limits, SottoError } from "../../base/index.ts";
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
  /** Ends the wait after which a connection has lasted and failed tries are forgotten. */
  settle: () => void;
  error?: string;
  /** Ends the pause or the dial that is under way. */
  cancel: () => void;
}

type Dial = (address: Multiaddr, signal: AbortSignal) => Promise<Connection>;

/** Marks hosts whose connections are spared when there are too many. */
const BOOTSTRAP_TAG = "sotto-bootstrap";

export class BootstrapList {
  readonly #host: Host;
  readonly #dial: Dial;
  readonly #clock: Clock;
  readonly #tuning: Tuning;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  readonly #onDisconnect: (event: CustomEvent<{ toString(): string }>) => void;

  constructor(host: Host, dial: Dial, clock: Clock, tuning: Tuning, log: Log) {
    this.#host = host;
    this.#dial = dial;
    this.#clock = clock;
    this.#tuning = tuning;
    this.#log = log;
    this.#onDisconnect = ({ detail }) => this.#lost(detail.toString());
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
      settle: () => undefined,
      cancel: () => undefined,
    };
    this.#entries.set(name, entry);
    void this.#search(entry);
  }

  remove(text: string): boolean {
    for (const [name, entry] of this.#entries) {
      if (entry.text !== text && name !== text) continue;
      this.#entries.delete(name);
      entry.cancel();
      entry.settle();
      return true;
    }
    return false;
  }

  /** Whether a host is one of ours. */
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
    for (const { cancel, settle } of this.#entries.values()) {
      cancel();
      settle();
    }
    this.#entries.clear();
  }

  #connected({ peer }: Entry): boolean {
    return this.#host.getConnections().some(({ remotePeer }) => remotePeer.toString() === peer);
  }

  #isListed(entry: Entry): boolean {
    return [...this.#entries.values()].includes(entry);
  }

  async #search(entry: Entry): Promise<void> {
    const limit = deadline(this.#clock, this.#tuning.dial);
    entry.cancel = limit.abort;
    try {
      const connection = await this.#dial(entry.address, limit.signal);
      const { remotePeer } = connection;
      pinnedConnections.add(connection);
      await this.#host.peerStore.merge(remotePeer, { tags: { [BOOTSTRAP_TAG]: { value: 50 } } });
      delete entry.error;
      entry.settle = this.#clock.after(limits.bootstrapStable, () => {
        entry.attempt = 0;
      });
      this.#log("bootstrap.connected");
    } catch (error) {
      entry.error = reasonOf(error);
      if (this.#isListed(entry)) this.#later(entry);
    } finally {
      limit.clear();
    }
  }

  #later(entry: Entry): void {
    const wait = backoffDelay(this.#tuning.bootstrapRetry, entry.attempt++, Math.random());
    this.#log("bootstrap.searching", { attempt: entry.attempt, waitMs: wait });
    entry.cancel = this.#clock.after(wait, () => void this.#search(entry));
  }

  #lost(peer: string): void {
    for (const entry of this.#entries.values())
      if (entry.peer === peer) {
        entry.cancel();
        entry.settle();
        this.#later(entry);
      }
  }
}

/** An address with a PeerId, or a throw of `address-invalid`. */
export function bootstrapAddress(text: string): Multiaddr {
  const address = parseAddress(text);
  if (address === undefined || !text.includes("/p2p/"))
    throw new SottoError("address-invalid", `This is not the address of a bootstrap host: ${text}`);
  return multiaddr(address);
}
