/**
 * The conversation of one group while the node runs: what the user does in it, what arrives for it,
 * and what it sends by itself.
 */
import type { MemberId, StreamHead } from "../../group/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { MoreChanges } from "../group-state/conversation-ports.ts";
import type { Group } from "../group-state/group.ts";
import type { StatedByMember } from "../group-sync/sync-source.ts";
import type { SendOptions } from "../model/options.ts";
import { withStated } from "../model/order.ts";
import { commitConversation } from "../state/change-contact.ts";
import { background, withOwnerLock } from "../state/context.ts";
import { type AckPorts, AckWriter } from "./ack-writer.ts";
import { cancelInGroup, editInGroup, eraseInGroup, reactInGroup, resendInGroup } from "./change.ts";
import { commitGroup, openGroupBatch } from "./group-batch.ts";
import { GroupPump } from "./pump.ts";
import { prove } from "./reach.ts";
import { type GroupArrivals, receiveInGroup } from "./receive.ts";
import { sendToGroup } from "./send.ts";

export class GroupConversation {
  readonly group: Group;
  readonly #ports: AckPorts;
  readonly #pump: GroupPump;
  readonly #acks: AckWriter;

  constructor(ports: AckPorts, group: Group) {
    this.group = group;
    this.#ports = ports;
    this.#pump = new GroupPump(ports, group);
    this.#acks = new AckWriter(ports, group);
  }

  /**
   * Sends what waits, as far as it may be: to be called at the start, and when the log, the members
   * or the keys of the group changed.
   */
  wake(): void {
    this.#pump.wake();
    this.#acks.wake();
  }

  stop(): void {
    this.#pump.stop();
    this.#acks.stop();
  }

  /** See `Messenger.send`. Throws group-ended, group-reader besides. */
  async send(text: string, options?: SendOptions): Promise<MessageView> {
    return this.#woken(await sendToGroup(this.#ports.context, this.group, text, options));
  }

  /** See `Messenger.edit`. @param at position of the message. */
  async edit(at: number, text: string): Promise<MessageView> {
    return this.#woken(await editInGroup(this.#ports.context, { group: this.group, at }, text));
  }

  /** See `Messenger.delete`. */
  async erase(at: number): Promise<MessageView> {
    return this.#woken(await eraseInGroup(this.#ports.context, { group: this.group, at }));
  }

  /** See `Messenger.react`. */
  async react(at: number, emoji: string): Promise<MessageView> {
    return this.#woken(await reactInGroup(this.#ports.context, { group: this.group, at }, emoji));
  }

  /** See `Messenger.cancel`. */
  async cancel(at: number): Promise<MessageView> {
    return cancelInGroup(this.#ports.context, { group: this.group, at });
  }

  /** See `Messenger.resend`. The message gets another id. */
  async resend(at: number): Promise<MessageView> {
    return this.#woken(await resendInGroup(this.#ports.context, { group: this.group, at }));
  }

  /** Whether a message that is sent now leaves at once. */
  isLive(): boolean {
    return this.group.state.members.size > 1 && this.#pump.isReady();
  }

  /** See `receiveInGroup`. Requires the lock of the group. */
  async receive(arrivals: GroupArrivals, ...more: readonly MoreChanges[]): Promise<void> {
    await receiveInGroup(this.#ports.context, this.group, arrivals, ...more);
    this.wake();
  }

  /** A linked member stated what it has. */
  stated(member: MemberId, state: StatedByMember): void {
    if (this.group.row.conversation.unbased === true) this.#base(state.lamport);
    this.#pump.stated(member, state);
  }

  /** The link of a member closed. */
  ended(member: MemberId): void {
    this.#pump.ended(member);
  }

  /** A linked member proved by the heads of streams that its node stores these messages. */
  holds(member: MemberId, heads: readonly StreamHead[]): void {
    const { context } = this.#ports;
    const ours = heads.filter((head) => head.member === this.group.row.us);
    if (ours.length === 0 || !this.group.state.members.has(member)) return;
    background(context, "group-held-failed", async () => {
      await withOwnerLock(context, this.group, async () => {
        const batch = openGroupBatch(context, this.group);
        for (const { stream, upTo, missing } of ours) {
          const held = (missing[0]?.from ?? upTo + 1) - 1;
          await prove(context, batch, member, stream, { held });
        }
        if (batch.streams.ops().length > 0) await commitGroup(context, batch);
      });
    });
  }

  /** A store that is an older copy takes what a member states as the base of the order. */
  #base(lamport: number): void {
    const { context } = this.#ports;
    background(context, "group-base-failed", async () => {
      await withOwnerLock(context, this.group, () =>
        commitConversation(context, this.group, (before) => withStated(before, lamport)),
      );
      this.#pump.wake();
    });
  }

  /** The result of something that may have queued a message. */
  #woken<Result>(result: Result): Result {
    this.#pump.wake();
    return result;
  }
}
