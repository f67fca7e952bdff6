/**
 * Publishes our addresses on the public DHT where the user wants it: under one key for each
 * contact and invite, one after another with random delays, and again before servers forget them
 * and when a key or an address changes.
 */
import { backoffDelay, limits } from "../../base/index.ts";
import { afterBoundary, nextPublicRefresh } from "../../dht/index.ts";
import type { PublishState } from "../model/diagnosis.ts";
import { publicPublishKey, turnsAt } from "../model/epoch-keys.ts";
import { type Context, randomUnit } from "../state/context.ts";
import type { Invites } from "../state/invites.ts";
import type { CoverRecords } from "./cover-records.ts";
import { type Target, targetsOf } from "./publish-targets.ts";
import { type Publication, RepublishScheduler } from "./republish-scheduler.ts";

const everything = (): boolean => true;

export class PublicDhtPublisher {
  readonly #context: Context;
  readonly #invites: Invites;
  readonly #covers: CoverRecords;
  readonly #rounds: RepublishScheduler<Publication>;

  constructor(context: Context, invites: Invites, covers: CoverRecords) {
    this.#context = context;
    this.#invites = invites;
    this.#covers = covers;
    this.#rounds = new RepublishScheduler(context, {
      fault: "public-failed",
      ready: () => this.#on(),
      round: (signal) => this.#leaveDue(signal),
      pause: limits.publicAddressChange,
      least: limits.publicRetry.min,
      ahead: limits.publicRefreshMax,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): void {
    this.#rounds.stop();
  }

  /** How the keys stand. */
  state(): PublishState {
    return this.#rounds.state(this.#targets().filter(({ cover }) => !cover));
  }

  /**
   * Leaves whatever is due. Call it when a contact or an invite is new, and when the public DHT was
   * turned on or off.
   */
  refresh(): void {
    // What was left is forgotten with its switch: turned on again, everything is due.
    if (!this.#on()) this.#rounds.keep([]);
    this.#rounds.refresh();
  }

  /**
   * Our addresses changed: everything is out of date. Those that change all the time count once in
   * `limits.publicAddressChange`.
   */
  readdress(): void {
    this.#rounds.outdate(everything);
  }

  #on(): boolean {
    return this.#context.publicRendezvous?.enabled() === true;
  }

  /** Contacts that may be searching for us now first; at most `limits.publicKeys`. */
  #targets(): Target[] {
    if (!this.#on()) return [];
    return this.#covers
      .among(targetsOf(this.#context, this.#invites))
      .filter(({ scope }) => scope === "any")
      .sort((a, b) => Number(a.linked) - Number(b.linked))
      .slice(0, limits.publicKeys);
  }

  async #leaveDue(signal: AbortSignal): Promise<void> {
    for (let first = true; !signal.aborted; first = false) {
      const targets = this.#targets();
      this.#rounds.keep(targets);
      const due = targets.filter((target) => this.#rounds.isDue(target));
      const urgent = due.filter(({ linked }) => !linked);
      const target = pick(urgent.length > 0 ? urgent : due, randomUnit(this.#context));
      if (target === undefined) return;
      // A contact may wait for the first one; a burst of them would tell observers that they
      // belong together.
      if (!first) await this.#rest(randomUnit(this.#context) * limits.publicSpread, signal);
      if (!signal.aborted && this.#on()) await this.#leave(target, signal);
    }
  }

  async #leave({ name, epochSecret, direction }: Target, signal: AbortSignal): Promise<void> {
    const { crypto, clock, publicRendezvous } = this.#context;
    const now = clock.now();
    const key = publicPublishKey(crypto, epochSecret, direction, now);
    const before = this.#rounds.get(name);
    const holders =
      key === undefined ? 0 : ((await publicRendezvous?.publish(key, signal).catch(() => 0)) ?? 0);
    const failures = holders > 0 ? 0 : (before?.failures ?? 0) + 1;
    const dueAt =
      holders > 0
        ? Math.min(
            nextPublicRefresh(now, randomUnit(this.#context)),
            afterBoundary(turnsAt(crypto, epochSecret, now), randomUnit(this.#context)),
          )
        : clock.now() + backoffDelay(limits.publicRetry, failures - 1, randomUnit(this.#context));
    this.#rounds.set(name, { dueAt, holders, failures });
  }

  #rest(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#context.clock.after(ms, end);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}

function pick<Item>(items: readonly Item[], chance: number): Item | undefined {
  return items[Math.floor(chance * items.length)];
}
