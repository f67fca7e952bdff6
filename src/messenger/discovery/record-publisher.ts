/**
 * Publishes our records where contacts and holders of our invites look: one for each epoch secret,
 * each on a schedule of its own.
 */
import { backoffDelay, limits } from "../../base/index.ts";
import { nextRefresh, sealRecord } from "../../dht/index.ts";
import type { Scope } from "../../ports/index.ts";
import type { PublishState } from "../model/diagnosis.ts";
import { publishKeys, wipeRecordKeys } from "../model/epoch-keys.ts";
import { withTimeout } from "../model/timeout.ts";
import { type Context, randomUnit } from "../state/context.ts";
import type { Invites } from "../state/invites.ts";
import type { CoverRecords } from "./cover-records.ts";
import { type Target, targetsOf } from "./publish-targets.ts";
import { type Publication, RepublishScheduler } from "./republish-scheduler.ts";

/** Puts that run side by side: enough for speed, few enough to leave the network to messages. */
const SIDE_BY_SIDE = 4;
/** With fewer holders than this a record is put again as soon as another node appears. */
const ENOUGH_HOLDERS = 3;

interface Published extends Publication {
  /** Time in the last record, which also orders them. */
  readonly time: number;
}

const everything = (): boolean => true;
const heldByFew = ({ holders }: Published): boolean => holders < ENOUGH_HOLDERS;

export class RecordPublisher {
  readonly #context: Context;
  readonly #invites: Invites;
  readonly #covers: CoverRecords;
  readonly #rounds: RepublishScheduler<Published>;
  /** Lets the round that runs take up what has become due. */
  #takeUp: (() => void) | undefined;

  constructor(context: Context, invites: Invites, covers: CoverRecords) {
    this.#context = context;
    this.#invites = invites;
    this.#covers = covers;
    this.#rounds = new RepublishScheduler(context, {
      fault: "publish-failed",
      // Without a network nothing is due: a node or an address that appears wakes us.
      ready: () => this.#connected(),
      round: (signal) => this.#publishDue(signal),
      pause: limits.wakePause,
      least: limits.retry.min,
      ahead: limits.refreshMax,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): void {
    this.#rounds.stop();
  }

  /** How the records stand that we want others to find. */
  state(): PublishState {
    const targets = targetsOf(this.#context, this.#invites);
    return this.#rounds.state(targets.filter(({ scope }) => this.#connected(scope)));
  }

  /** Publishes whatever is due. Call it when a contact or an invite is new. */
  refresh(): void {
    this.#takeUp?.();
    this.#rounds.refresh();
  }

  /** Our addresses changed: every record is out of date. */
  readdress(): void {
    this.#rounds.outdate(everything);
  }

  /** A node appeared: records that few hold are put again. */
  peerAppeared(): void {
    this.#rounds.outdate(heldByFew);
  }

  /**
   * Publishes what is due, each once. What becomes due in the meantime is next: a contact may wait
   * for it at this moment.
   */
  async #publishDue(signal: AbortSignal): Promise<void> {
    const begun = new Set<string>();
    const running = new Set<Promise<void>>();
    let queue: Target[] = [];
    const put = (): void => {
      while (running.size < SIDE_BY_SIDE && !signal.aborted) {
        const target = queue.shift();
        if (target === undefined) return;
        begun.add(target.name);
        const putting = this.#publish(target, signal).finally(() => {
          running.delete(putting);
          put();
        });
        running.add(putting);
      }
    };
    this.#takeUp = () => {
      const due = this.#due().filter(({ name }) => !begun.has(name));
      const isNew = ({ name }: Target): boolean => this.#rounds.get(name) === undefined;
      queue = [...due.filter(isNew), ...due.filter((target) => !isNew(target))];
      put();
    };
    try {
      this.#takeUp();
      while (running.size > 0) await Promise.race(running);
    } finally {
      this.#takeUp = undefined;
    }
  }

  #due(): Target[] {
    const targets = this.#covers.among(targetsOf(this.#context, this.#invites));
    this.#rounds.keep(targets);
    return targets.filter((target) => this.#rounds.isDue(target));
  }

  async #publish(
    { name, epochSecret, direction, scope }: Target,
    signal: AbortSignal,
  ): Promise<void> {
    const { crypto, clock, rendezvous, transport } = this.#context;
    const now = clock.now();
    const keys = publishKeys(crypto, epochSecret, direction, now);
    if (keys === undefined) return;
    const before = this.#rounds.get(name);
    // A fresh invite may be redeemed at any moment.
    const urgent = before === undefined && epochSecret.kind === "invite";
    const time = nextTime(before?.time ?? 0, now);
    const body = { host: transport.host, addresses: transport.addresses(scope) };
    const record = sealRecord(crypto, keys, body, time);
    wipeRecordKeys(keys);
    const putting = this.#connected(scope)
      ? rendezvous.publish(keys.tag, record, signal, scope, () => urgent).catch(() => 0)
      : Promise.resolve(0);
    const holders = (await withTimeout(clock, limits.dhtTimeout, putting, () => undefined)) ?? 0;
    const failures = holders > 0 ? 0 : (before?.failures ?? 0) + 1;
    const dueAt =
      holders > 0
        ? nextRefresh(now, randomUnit(this.#context))
        : now + backoffDelay(limits.retry, failures, randomUnit(this.#context));
    this.#rounds.set(name, { dueAt, holders, time, failures });
  }

  #connected(scope: Scope = "any"): boolean {
    const { rendezvous, transport } = this.#context;
    return rendezvous.peers(scope) > 0 && transport.addresses(scope).length > 0;
  }
}

/**
 * The time of a record that follows one of time `before`. A time too far ahead was set by a clock
 * that has fallen back since: peers refused that record, and would refuse its followers.
 */
function nextTime(before: number, now: number): number {
  return before > now + limits.recordAhead ? now : Math.max(now, before + 1);
}
