/**
 * Leaves our addresses on the public DHT where the person wants it: under one key for each contact and each invite, one after
 * another with random pauses, anew before strangers forget them and when a key or an address changes.
 */
import { limits, pause, pauseLeft } from "../base/index.ts";
import { afterBorder, nextPublicRefresh } from "../dht/index.ts";
import { background, type Core, chance } from "./core.ts";
import type { PublishState } from "./diagnosis.ts";
import type { Invites } from "./invites.ts";
import { publicPublishKey, turnsAt } from "./keys.ts";
import { allTargets, type Target } from "./targets.ts";

interface Left {
  readonly dueAt: number;
  readonly takers: number;
  readonly failures: number;
}

export class Posts {
  readonly #core: Core;
  readonly #invites: Invites;
  readonly #left = new Map<string, Left>();
  #running = false;
  #busy = false;
  #cancel = (): void => undefined;
  #movedAt = Number.NEGATIVE_INFINITY;
  #cancelMoved: (() => void) | undefined;
  #stopping = new AbortController();

  constructor(core: Core, invites: Invites) {
    this.#core = core;
    this.#invites = invites;
  }

  start(): void {
    this.#running = true;
    this.#stopping = new AbortController();
    this.refresh();
  }

  stop(): void {
    this.#running = false;
    this.#cancel();
    this.#cancelMoved?.();
    this.#cancelMoved = undefined;
    this.#stopping.abort();
  }

  /** How the keys stand. */
  state(): PublishState {
    const targets = this.#targets().filter(({ decoy }) => !decoy);
    const left = targets.map(({ name }) => this.#left.get(name));
    return {
      wanted: left.length,
      held: left.filter((one) => one !== undefined && one.takers > 0).length,
      refused: left.filter((one) => one !== undefined && one.failures > 0).length,
    };
  }

  /** Leaves whatever is due. Call it when a contact or an invite is new, and when the public DHT was turned on or off. */
  refresh(): void {
    this.#cancel();
    if (!this.#running || this.#busy) return;
    // What was left is forgotten with its switch: turned on again, everything is due.
    if (!this.#on()) {
      this.#left.clear();
      return;
    }
    this.#busy = true;
    background(this.#core, "public-failed", async () => {
      try {
        await this.#leaveDue();
      } finally {
        this.#busy = false;
        this.#schedule();
      }
    });
  }

  /** Our addresses changed: everything is out of date. Those that change all the time count once in `limits.publicMoved`. */
  readdress(): void {
    if (!this.#running || this.#cancelMoved !== undefined) return;
    const { clock } = this.#core;
    const wait = pauseLeft(this.#movedAt, limits.publicMoved, clock.now());
    this.#cancelMoved = clock.after(wait, () => {
      this.#cancelMoved = undefined;
      this.#movedAt = clock.now();
      for (const [name, left] of this.#left) this.#left.set(name, { ...left, dueAt: 0 });
      this.refresh();
    });
  }

  #on(): boolean {
    return this.#core.signpost?.on() === true;
  }

  /** Those first who may be looking for us now. Beyond `limits.publicKeys` nobody is served. */
  #targets(): Target[] {
    if (!this.#on()) return [];
    return allTargets(this.#core, this.#invites)
      .filter(({ scope }) => scope === "any")
      .sort((a, b) => Number(a.linked) - Number(b.linked))
      .slice(0, limits.publicKeys);
  }

  async #leaveDue(): Promise<void> {
    const { signal } = this.#stopping;
    for (let first = true; this.#running && !signal.aborted; first = false) {
      const targets = this.#targets();
      const names = new Set(targets.map(({ name }) => name));
      for (const name of this.#left.keys()) if (!names.has(name)) this.#left.delete(name);
      const now = this.#core.clock.now();
      const due = targets.filter(({ name }) => isDue(this.#left.get(name)?.dueAt ?? 0, now));
      const urgent = due.filter(({ linked }) => !linked);
      const target = pick(urgent.length > 0 ? urgent : due, chance(this.#core));
      if (target === undefined) return;
      // The first one may be what somebody waits for; a row of them would tell strangers that they belong together.
      if (!first) await this.#rest(chance(this.#core) * limits.publicSpread);
      if (this.#running && this.#on()) await this.#leave(target);
    }
  }

  async #leave({ name, turning, direction }: Target): Promise<void> {
    const { crypto, clock, signpost } = this.#core;
    const now = clock.now();
    const key = publicPublishKey(crypto, turning, direction, now);
    const before = this.#left.get(name);
    const takers =
      key === undefined
        ? 0
        : ((await signpost?.publish(key, this.#stopping.signal).catch(() => 0)) ?? 0);
    const failures = takers > 0 ? 0 : (before?.failures ?? 0) + 1;
    const dueAt =
      takers > 0
        ? Math.min(
            nextPublicRefresh(now, chance(this.#core)),
            afterBorder(turnsAt(crypto, turning, now), chance(this.#core)),
          )
        : clock.now() + pause(limits.publicRetry, failures - 1, chance(this.#core));
    this.#left.set(name, { dueAt, takers, failures });
  }

  #rest(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#core.clock.after(ms, end);
      signal.addEventListener("abort", end, { once: true });
    });
  }

  #schedule(): void {
    this.#cancel();
    if (!this.#running || !this.#on()) return;
    const now = this.#core.clock.now();
    const due = this.#targets().map(({ name }) => this.#left.get(name)?.dueAt ?? 0);
    if (due.length === 0) return;
    const wait = Math.max(limits.publicRetry.min, Math.min(...due) - now);
    this.#cancel = this.#core.clock.after(wait, () => this.refresh());
  }
}

function pick<Item>(items: readonly Item[], chance: number): Item | undefined {
  return items[Math.floor(chance * items.length)];
}

/** Nothing is due later than a refresh ahead, but by a clock that fell back since. */
function isDue(dueAt: number, now: number): boolean {
  return dueAt <= now || dueAt > now + limits.publicRefreshMax;
}
