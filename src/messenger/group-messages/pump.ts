/**
 * Seals what is queued for a group and hands it to its links: only once a linked member has stated
 * what it has, and this node has the newest log that any linked member names. So a removal that a
 * linked member knows of is obeyed before anything is sealed.
 */
import { groupLimits, type MemberId, type OpId } from "../../group/index.ts";
import { encodeGroupBody } from "../../wire/index.ts";
import type {
  GroupSealing,
  GroupSpreading,
  SealedMessage,
} from "../group-state/conversation-ports.ts";
import type { Group } from "../group-state/group.ts";
import type { StatedByMember } from "../group-sync/sync-source.ts";
import { idBytes } from "../model/message.ts";
import type { GroupEntry } from "../model/peer.ts";
import { stamp } from "../outbox/stamp.ts";
import { background, type Context, withOwnerLock } from "../state/context.ts";
import { failWaiting } from "./change.ts";
import { commitGroup, openGroupBatch, putEntry, withdrawEntries } from "./group-batch.ts";
import { noteSealed } from "./reach.ts";
import { writeRefusal } from "./send.ts";

export interface PumpPorts {
  readonly context: Context;
  readonly keys: GroupSealing;
  readonly links: GroupSpreading;
}

/** Works for one group from the start of the node to its end. */
export class GroupPump {
  readonly #ports: PumpPorts;
  readonly #group: Group;
  /** The heads of the log that each linked member stated last, on links of this run. */
  readonly #stated = new Map<MemberId, readonly OpId[]>();
  /** Since when each member has named operations that are lacking here, ms since 1970. */
  readonly #lacking = new Map<MemberId, number>();
  #running = false;
  #again = false;
  #cancel = (): void => undefined;

  constructor(ports: PumpPorts, group: Group) {
    this.#ports = ports;
    this.#group = group;
  }

  /** A linked member stated what it has. */
  stated(member: MemberId, { frontier }: Pick<StatedByMember, "frontier">): void {
    this.#stated.set(member, frontier);
    this.wake();
  }

  /** The link of a member closed. */
  ended(member: MemberId): void {
    this.#stated.delete(member);
    this.wake();
  }

  stop(): void {
    this.#cancel();
  }

  /**
   * Whether a message may be sealed: no operation that a linked member names is lacking, and one
   * has named its own, unless there is no other member. What a member names for long without giving
   * it holds nothing back: it may not exist.
   */
  isReady(): boolean {
    const { clock } = this.#ports.context;
    const { log, state, row } = this.#group;
    if (row.conversation.unbased === true || row.standing !== "member") return false;
    const linked = [...this.#stated].filter(([member]) => state.members.has(member));
    if (state.members.size > 1 && linked.length === 0) return false;
    const now = clock.now();
    let until = Number.NEGATIVE_INFINITY;
    for (const [member, frontier] of linked) {
      if (frontier.every((op) => log.ops.has(op))) this.#lacking.delete(member);
      else {
        const since = Math.min(now, this.#lacking.get(member) ?? now);
        this.#lacking.set(member, since);
        until = Math.max(until, since + groupLimits.behindPatience);
      }
    }
    if (until <= now) return true;
    this.#cancel();
    this.#cancel = clock.after(until - now, () => this.wake());
    return false;
  }

  /**
   * Seals what waits, as far as it may be. To be called when something was queued, and when the
   * log, the members or the keys of the group changed.
   */
  wake(): void {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    background(this.#ports.context, "group-send-failed", async () => {
      try {
        while (this.#again && !this.#ports.context.stopping.now) {
          this.#again = false;
          while (await this.#step());
        }
      } finally {
        this.#running = false;
      }
    });
  }

  /** Seals the first message that waits. @returns whether another one may follow. */
  async #step(): Promise<boolean> {
    const { context, links } = this.#ports;
    const group = this.#group;
    if (context.stopping.now || !this.#waiting()) return false;
    const sealed = await withOwnerLock(context, group, async () => {
      if (writeRefusal(group) !== undefined) {
        await failWaiting(context, group);
        return undefined;
      }
      const entry = this.#waiting();
      return entry && this.isReady() ? sealEntry(this.#ports, group, entry) : undefined;
    });
    if (sealed === undefined) return false;
    if (sealed === "lost") return true;
    if (sealed.fresh.length > 0) links.spread(group, sealed.fresh);
    links.publish(group, sealed.bytes);
    return true;
  }

  #waiting(): GroupEntry | undefined {
    for (const entry of this.#group.outbox.values()) if (entry.sealed === undefined) return entry;
    return undefined;
  }
}

/**
 * Seals one message and commits it with its chain. Requires the lock of the group.
 * @returns what is published; "lost" where its row is not here any more.
 */
async function sealEntry(
  { context, keys }: PumpPorts,
  group: Group,
  entry: GroupEntry,
): Promise<SealedMessage | "lost" | undefined> {
  const batch = openGroupBatch(context, group);
  const stamped = await stamp(batch.changes, batch.conversation, entry);
  if (stamped === undefined) {
    withdrawEntries(batch, (each) => each === entry);
    await commitGroup(context, batch);
    return "lost";
  }
  const { lamport, parents, sentAt, body } = stamped.outgoing;
  const bytes = encodeGroupBody({
    ...{ id: entry.rawId, lamport, parents: idBytes(parents), sentAt, body },
  });
  const sealed = await keys.seal(group, bytes);
  if (sealed === undefined) return undefined;
  const { stream, seq } = sealed;
  batch.conversation = stamped.conversation;
  const of = group.state.members.size - 1;
  batch.streams.set({ ...batch.streams.own(stream), sealed: seq });
  const { id, at, rawId } = entry;
  const act = stamped.act;
  putEntry(batch, { id, at, rawId, ...(act && { act }), sealed: { stream, seq } });
  noteSealed(batch, at, { stream, seq }, of);
  // Nobody else can have it, so there is nothing to wait for.
  if (of === 0) withdrawEntries(batch, (each) => each === entry);
  await commitGroup(context, batch, sealed);
  return sealed;
}
