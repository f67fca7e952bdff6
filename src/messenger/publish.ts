/** Keeps our records where contacts and holders of our invites look: one for each secret, each on a schedule of its own. */
import { limits, pause, pauseLeft } from "../base/index.ts";
import { nextRefresh, sealRecord } from "../dht/index.ts";
import type { Scope } from "../ports/index.ts";
import { background, type Core, chance } from "./core.ts";
import { within } from "./deadline.ts";
import type { PublishState } from "./diagnosis.ts";
import type { Invites } from "./invites.ts";
import { publishKeys } from "./keys.ts";
import { allTargets, type Target, targetsOf } from "./targets.ts";

/** Puts that run side by side: enough for speed, few enough to leave the network to messages. */
const SIDE_BY_SIDE = 4;
/** With fewer holders than this a record is put again as soon as another node appears. */
const ENOUGH_HOLDERS = 3;

interface Published {
  readonly dueAt: number;
  readonly holders: number;
  /** Time in the last record, which also orders them. */
  readonly time: number;
  readonly failures: number;
}

export class Publisher {
  readonly #core: Core;
  readonly #invites: Invites;
  readonly #published = new Map<string, Published>();
  #running = false;
  #busy = false;
  #again = false;
  #cancel = (): void => undefined;
  #overdueAt = Number.NEGATIVE_INFINITY;
  #cancelOverdue: (() => void) | undefined;
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
    this.#cancelOverdue?.();
    this.#cancelOverdue = undefined;
    this.#stopping.abort();
  }

  /** How the records stand that we want others to find. */
  state(): PublishState {
    const records = targetsOf(this.#core, this.#invites)
      .filter(({ scope }) => this.#connected(scope))
      .map(({ name }) => this.#published.get(name));
    const held = records.filter((record) => record !== undefined && record.holders > 0);
    return {
      wanted: records.length,
      held: held.length,
      refused: records.filter((record) => record !== undefined && record.failures > 0).length,
    };
  }

  /** Publishes whatever is due. Call it when a contact or an invite is new. */
  refresh(): void {
    if (!this.#running) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    background(this.#core, "publish-failed", async () => {
      try {
        do {
          this.#again = false;
          await this.#publishDue();
        } while (this.#again && this.#running);
      } finally {
        this.#busy = false;
        this.#schedule();
      }
    });
  }

  /** Our addresses changed: every record is out of date. */
  readdress(): void {
    this.#outdate(() => true);
  }

  /** A node appeared: records that few hold are put again. */
  peerAppeared(): void {
    this.#outdate(({ holders }) => holders < ENOUGH_HOLDERS);
  }

  /** Makes records due, and publishes them: now, or `limits.wakePause` after the last time. */
  #outdate(which: (published: Published) => boolean): void {
    for (const [name, published] of this.#published)
      if (which(published)) this.#published.set(name, { ...published, dueAt: 0 });
    if (!this.#running || this.#cancelOverdue !== undefined) return;
    const { clock } = this.#core;
    const wait = pauseLeft(this.#overdueAt, limits.wakePause, clock.now());
    this.#cancelOverdue = clock.after(wait, () => {
      this.#cancelOverdue = undefined;
      this.#overdueAt = clock.now();
      this.refresh();
    });
  }

  async #publishDue(): Promise<void> {
    const { clock } = this.#core;
    if (!this.#connected()) return;
    const targets = allTargets(this.#core, this.#invites);
    const names = new Set(targets.map(({ name }) => name));
    for (const name of this.#published.keys()) if (!names.has(name)) this.#published.delete(name);
    const due = targets.filter(({ name }) =>
      isDue(this.#published.get(name)?.dueAt ?? 0, clock.now()),
    );
    const next = due.values();
    const worker = async (): Promise<void> => {
      for (const target of next) if (this.#running) await this.#publish(target);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  }

  async #publish({ name, turning, direction, scope }: Target): Promise<void> {
    const { crypto, clock, rendezvous, transport } = this.#core;
    const now = clock.now();
    const keys = publishKeys(crypto, turning, direction, now);
    if (keys === undefined) return;
    const before = this.#published.get(name);
    const time = nextTime(before?.time ?? 0, now);
    const body = { host: transport.host, addresses: transport.addresses(scope) };
    const record = sealRecord(crypto, keys, body, time);
    const signal = this.#stopping.signal;
    const putting = this.#connected(scope)
      ? rendezvous.publish(keys.tag, record, signal, scope).catch(() => 0)
      : Promise.resolve(0);
    const holders = (await within(clock, limits.dhtTimeout, putting, () => undefined)) ?? 0;
    const failures = holders > 0 ? 0 : (before?.failures ?? 0) + 1;
    const dueAt =
      holders > 0
        ? nextRefresh(now, chance(this.#core))
        : now + pause(limits.retry, failures, chance(this.#core));
    this.#published.set(name, { dueAt, holders, time, failures });
  }

  /** Without a network nothing is due: a node or an address that appears wakes us. */
  #connected(scope: Scope = "any"): boolean {
    const { rendezvous, transport } = this.#core;
    return rendezvous.peers(scope) > 0 && transport.addresses(scope).length > 0;
  }

  #schedule(): void {
    this.#cancel();
    if (!this.#running || !this.#connected()) return;
    const now = this.#core.clock.now();
    const due = [...this.#published.values()].map(({ dueAt }) => (isDue(dueAt, now) ? now : dueAt));
    if (due.length === 0) return;
    const wait = Math.max(limits.retry.min, Math.min(...due) - now);
    this.#cancel = this.#core.clock.after(wait, () => this.refresh());
  }
}

/** Nothing is due later than a refresh ahead, but by a clock that fell back since. */
function isDue(dueAt: number, now: number): boolean {
  return dueAt <= now || dueAt > now + limits.refreshMax;
}

/**
 * The time of a record that follows one of time `before`. One so far ahead was made by a clock that has fallen back since:
 * whoever keeps the time refused it, and would refuse its followers.
 */
function nextTime(before: number, now: number): number {
  return before > now + limits.recordAhead ? now : Math.max(now, before + 1);
}
