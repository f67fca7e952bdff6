/**
 * Rotation of the host key while the node runs: a new host starts, links move over to it, and the
 * previous host stops once it carries none, or after a few minutes. Until then the node has two
 * hosts.
 */
import { SottoError } from "../base/index.ts";
import type { Clock, Log, Rendezvous, Transport } from "../ports/index.ts";
import type { HostServices } from "./host-services.ts";
import type { Tuning } from "./model/config.ts";
import { delay } from "./util/deadline.ts";

export interface RotationOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly tuning: Tuning["rotation"];
  /** Whether the node listens on configured ports, which only one host can use at a time. */
  readonly fixedPorts: boolean;
  /** Creates the next host with all its handlers; it does not listen yet. */
  readonly open: () => Promise<HostServices>;
  /** Lets the new host join the network; it listens by now. */
  readonly join: (next: HostServices, previous: HostServices) => void;
  /** Called when the new host has become the current one. */
  readonly onChanged: (next: HostServices) => void;
}

/** Owns the hosts of a node and rotates them about once a day. */
export class HostRotation {
  readonly #options: RotationOptions;
  #current: HostServices;
  #previous: HostServices | undefined;
  #rotating: Promise<void> | undefined;
  #cancel = (): void => undefined;
  readonly #stopping = new AbortController();

  constructor(first: HostServices, options: RotationOptions) {
    this.#options = options;
    this.#current = first;
    this.#schedule(0);
  }

  get current(): HostServices {
    return this.#current;
  }

  /** All running hosts of the node, the newest first. */
  hosts(): HostServices[] {
    return [this.#current, ...(this.#previous === undefined ? [] : [this.#previous])];
  }

  /**
   * Replaces the current host. Throws `port-in-use` or `listen-failed`; the current host then
   * stays.
   */
  rotate(): Promise<void> {
    this.#rotating ??= this.#rotate().finally(() => {
      this.#rotating = undefined;
    });
    return this.#rotating;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancel();
    await this.#rotating?.catch(() => undefined);
    await Promise.all(this.hosts().map((host) => host.stop()));
  }

  async #rotate(): Promise<void> {
    const { log, tuning, clock, fixedPorts, open, join, onChanged } = this.#options;
    const { signal } = this.#stopping;
    // Run at most two hosts; but first let links move off the oldest, so that they do not break.
    const oldest = this.#previous;
    for (let waited = 0; waited < tuning.settle; waited += tuning.drainPoll) {
      if (signal.aborted || oldest === undefined || oldest.transport.open === 0) break;
      await delay(clock, tuning.drainPoll, signal);
    }
    await this.#stopPrevious();
    const previous = this.#current;
    const next = await open();
    try {
      if (signal.aborted) throw new SottoError("node-not-running", "The node is stopping.");
      if (fixedPorts) previous.listeners.pause();
      await next.listen();
    } catch (error) {
      await next.stop();
      if (fixedPorts) await previous.listeners.resume().catch(() => log("rotate.listen-lost"));
      throw error;
    }
    join(next, previous);
    // Wait until the new host has DHT peers: without any it could not publish its address.
    const end = clock.now() + tuning.settle;
    while (previous.rendezvous.peers() > 0 && next.rendezvous.peers() === 0) {
      if (signal.aborted || clock.now() >= end || clock.now() < end - tuning.settle) break;
      await delay(clock, tuning.drainPoll, signal);
    }
    previous.transport.draining = true;
    this.#previous = previous;
    this.#current = next;
    onChanged(next);
    log("rotate.changed");
    this.#schedule(0);
    void previous.retire().catch(() => undefined);
    void this.#drain(previous);
  }

  /** Stops the previous host once no link is left to move. */
  async #drain(host: HostServices): Promise<void> {
    const { clock, tuning } = this.#options;
    for (let waited = 0; waited < tuning.drainMax; waited += tuning.drainPoll) {
      await delay(clock, tuning.drainPoll, this.#stopping.signal);
      if (this.#stopping.signal.aborted || this.#previous !== host) return;
      if (waited >= tuning.drainMin && host.transport.open === 0) break;
    }
    await this.#stopPrevious();
  }

  async #stopPrevious(): Promise<void> {
    const host = this.#previous;
    this.#previous = undefined;
    if (host === undefined) return;
    await host.stop();
    this.#options.log("rotate.ended");
  }

  /**
   * Schedules the next rotation. Polls the wall clock, since a timer of a day stops while the
   * machine sleeps.
   * @param failed failed attempts before this one.
   */
  #schedule(failed: number): void {
    const { clock, log, tuning } = this.#options;
    const { min, max } = tuning.every;
    const age = failed === 0 ? min + Math.random() * (max - min) : tuning.retry;
    let since = clock.now();
    this.#cancel();
    const check = (): void => {
      const now = clock.now();
      // If the clock was set back, count from the new time: the key would live longer by as much.
      since = Math.min(since, now);
      if (now - since < age) {
        this.#cancel = clock.after(Math.min(tuning.poll, age), check);
        return;
      }
      this.rotate().catch(() => {
        log("rotate.failed");
        this.#schedule(failed + 1);
      });
    };
    this.#cancel = clock.after(Math.min(tuning.poll, age), check);
  }
}

// The ports of a node whose host rotates: each call goes to the current host.

/** What is set once, for the current and all later hosts. */
type Setters = Pick<Transport, "proxied" | "onChannel" | "onOffer" | "onAddresses">;

/** A transport that dials by the current host. */
export function currentTransport(current: () => HostServices, setters: Setters): Transport {
  return {
    get host() {
      return current().transport.host;
    },
    addresses: (scope, towards) => current().transport.addresses(scope, towards),
    dial: (target, signal) => current().transport.dial(target, signal),
    ...setters,
  };
}

/** A rendezvous on the DHTs of the current host. */
export function currentRendezvous(
  current: () => HostServices,
  onPeer: (appeared: () => void) => void,
): Rendezvous {
  return {
    publish: (...args) => current().rendezvous.publish(...args),
    lookup: (...args) => current().rendezvous.lookup(...args),
    peers: (scope) => current().rendezvous.peers(scope),
    onPeer,
  };
}
