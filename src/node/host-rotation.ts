/**
 * Changing the host key while the node runs: a new host comes up, links move over to it, and the
 * one before ends once it carries none, or after a few minutes. For that time the node has two.
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
  /** Whether the node listens on ports of its own choice, which only one host has at one time. */
  readonly fixedPorts: boolean;
  /** Makes the next host, with everything that others may call set; it does not listen yet. */
  readonly open: () => Promise<HostServices>;
  /** Whom the new host asks first: it listens now. */
  readonly join: (next: HostServices, before: HostServices) => void;
  /** The new host is the node's from now on. */
  readonly onChanged: (next: HostServices) => void;
}

export class HostRotation {
  readonly #options: RotationOptions;
  #current: HostServices;
  #before: HostServices | undefined;
  #rotating: Promise<void> | undefined;
  #cancel = (): void => undefined;
  readonly #stopping = new AbortController();

  constructor(first: HostServices, options: RotationOptions) {
    this.#options = options;
    this.#current = first;
    this.#later(0);
  }

  get current(): HostServices {
    return this.#current;
  }

  /** All hosts of the node that are up, the newest first. */
  hosts(): HostServices[] {
    return [this.#current, ...(this.#before === undefined ? [] : [this.#before])];
  }

  /**
   * Ends how the host of now carries the node. Throws `port-in-use`, `listen-failed`, and keeps the
   * host of before then.
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
    const { log, tuning, clock, fixedPorts, open, join, onChanged: changed } = this.#options;
    const { signal } = this.#stopping;
    // Three at one time would be too many; but links that are about to move off the oldest are not
    // to break.
    const oldest = this.#before;
    for (let waited = 0; waited < tuning.settle; waited += tuning.drainPoll) {
      if (signal.aborted || oldest === undefined || oldest.transport.open === 0) break;
      await delay(clock, tuning.drainPoll, signal);
    }
    await this.#end();
    const before = this.#current;
    const next = await open();
    try {
      if (signal.aborted) throw new SottoError("node-not-running", "The node is stopping.");
      if (fixedPorts) before.listeners.pause();
      await next.listen();
    } catch (error) {
      await next.stop();
      if (fixedPorts) await before.listeners.resume().catch(() => log("rotate.deaf"));
      throw error;
    }
    join(next, before);
    // One who knows nobody yet could tell nobody where it is.
    const end = clock.now() + tuning.settle;
    while (before.rendezvous.peers() > 0 && next.rendezvous.peers() === 0) {
      if (signal.aborted || clock.now() >= end || clock.now() < end - tuning.settle) break;
      await delay(clock, tuning.drainPoll, signal);
    }
    before.transport.draining = true;
    this.#before = before;
    this.#current = next;
    changed(next);
    log("rotate.changed");
    this.#later(0);
    void before.retire().catch(() => undefined);
    void this.#drain(before);
  }

  /** Ends the host of before once nothing moves over any more. */
  async #drain(host: HostServices): Promise<void> {
    const { clock, tuning } = this.#options;
    for (let waited = 0; waited < tuning.drainMax; waited += tuning.drainPoll) {
      await delay(clock, tuning.drainPoll, this.#stopping.signal);
      if (this.#stopping.signal.aborted || this.#before !== host) return;
      if (waited >= tuning.drainMin && host.transport.open === 0) break;
    }
    await this.#end();
  }

  async #end(): Promise<void> {
    const host = this.#before;
    this.#before = undefined;
    if (host === undefined) return;
    await host.stop();
    this.#options.log("rotate.ended");
  }

  /**
   * Looks now and then, by the wall clock: a timer of a day would sleep with the machine. @param
   * failed tries before.
   */
  #later(failed: number): void {
    const { clock, log, tuning } = this.#options;
    const { min, max } = tuning.every;
    const age = failed === 0 ? min + Math.random() * (max - min) : tuning.retry;
    let since = clock.now();
    this.#cancel();
    const look = (): void => {
      const now = clock.now();
      // A clock that fell back would make the key live as much longer.
      since = Math.min(since, now);
      if (now - since < age) {
        this.#cancel = clock.after(Math.min(tuning.poll, age), look);
        return;
      }
      this.rotate().catch(() => {
        log("rotate.failed");
        this.#later(failed + 1);
      });
    };
    this.#cancel = clock.after(Math.min(tuning.poll, age), look);
  }
}

// The ports of a node whose host changes: each call goes to the host of now.

/** What is set once, for every host of the node that is and will be. */
type Setters = Pick<Transport, "proxied" | "onChannel" | "onOffer" | "onAddresses">;

export function currentTransport(current: () => HostServices, setters: Setters): Transport {
  return {
    get host() {
      return current().transport.host;
    },
    addresses: (scope) => current().transport.addresses(scope),
    dial: (target, signal) => current().transport.dial(target, signal),
    ...setters,
  };
}

export function currentRendezvous(
  current: () => HostServices,
  onPeer: (appeared: () => void) => void,
): Rendezvous {
  return {
    publish: (...asked) => current().rendezvous.publish(...asked),
    lookup: (...asked) => current().rendezvous.lookup(...asked),
    peers: (scope) => current().rendezvous.peers(scope),
    onPeer,
  };
}
