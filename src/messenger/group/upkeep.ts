/**
 * What a node does in a group by itself: it erases keys whose time is over, and makes a generation
 * once a member has left, which cannot make one for those that stay.
 */
import { readU32 } from "../../base/index.ts";
import { groupLimits, isDue, isUsable } from "../../group/index.ts";
import { makeNow } from "../group-state/generations.ts";
import type { Group } from "../group-state/group.ts";
import type { GroupsContext } from "../group-state/group-context.ts";
import { commitOrReload, withGroupLock } from "../group-state/group-store.ts";
import { endExpired, isLive } from "../group-state/key-bounds.ts";
import { newestOpen } from "../group-state/seal.ts";
import { background } from "../state/context.ts";

const HOUR = 3_600_000;

export class Upkeep {
  readonly #context: GroupsContext;
  readonly #group: Group;
  /** Whether another member is linked: a generation that nobody gets is not made. */
  readonly #isLinked: () => boolean;
  #cancelHour: (() => void) | undefined;
  #cancelMake: (() => void) | undefined;

  constructor(context: GroupsContext, group: Group, isLinked: () => boolean) {
    this.#context = context;
    this.#group = group;
    this.#isLinked = isLinked;
  }

  /** Erases what is over, now and every hour. */
  start(): void {
    const { clock } = this.#context;
    this.#cancelHour = clock.after(HOUR, () => this.start());
    background(this.#context, "group-upkeep-failed", () => this.#erase());
    this.changed();
  }

  /**
   * Members, keys or links changed. All members learn of a leave: each waits for a time of its own,
   * so that most have the generation of another one by then.
   */
  changed(): void {
    if (this.#cancelMake !== undefined || !this.#makes()) return;
    const { clock, crypto } = this.#context;
    const wait = (readU32(crypto.random(4)) / 2 ** 32) * groupLimits.leaveSpread;
    this.#cancelMake = clock.after(wait, () => {
      this.#cancelMake = undefined;
      background(this.#context, "group-generation-failed", () => this.#make());
    });
  }

  stop(): void {
    this.#cancelHour?.();
    this.#cancelMake?.();
  }

  /** Whether a recipient of our newest generation left, and no later one is here or announced. */
  #makes(): boolean {
    const { keys, log, state, row } = this.#group;
    const newest = newestOpen(keys);
    if (row.standing !== "member" || newest === undefined || !this.#isLinked()) return false;
    const now = this.#context.clock.now();
    const by = { log, state, ours: row.us, newcomers: new Set<never>(), now };
    if (!isDue(newest, by)) return false;
    return ![...keys.generations.values()].some((each) => isLive(each) && isUsable(each, by));
  }

  async #make(): Promise<void> {
    const { spread } = this.#context;
    const fresh = await withGroupLock(this.#context, this.#group, async () => {
      const made = this.#makes() ? makeNow(this.#context, this.#group) : undefined;
      if (made === undefined) return [];
      const tell = await commitOrReload(this.#context, this.#group, made.ops, []);
      made.apply();
      tell();
      return made.fresh ?? [];
    });
    if (fresh !== undefined && fresh.length > 0) spread(this.#group, fresh);
  }

  async #erase(): Promise<void> {
    const erased = await withGroupLock(this.#context, this.#group, async () => {
      const { ops, apply } = endExpired(this.#context, this.#group);
      if (ops.length === 0) return false;
      await this.#context.store.commit(ops);
      apply();
      return true;
    });
    if (erased === true) this.#context.shredder.soon();
  }
}
