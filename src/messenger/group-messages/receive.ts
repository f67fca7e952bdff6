/**
 * Messages and acknowledgements of other members: what they change of the conversation, committed
 * in one batch with what opened them.
 */
import { messageId } from "../../base/index.ts";
import { groupMessageId, type MemberId, type StreamId } from "../../group/index.ts";
import { decodeGroupBody, type GroupAck, type ReceivedGroupBody } from "../../wire/index.ts";
import type { MoreChanges, OpenedMessage } from "../group-state/conversation-ports.ts";
import type { Group } from "../group-state/group.ts";
import { withSeq } from "../group-state/streams.ts";
import type { EarlyAction } from "../inbox/early-actions.ts";
import { holdMessage, releaseMessage } from "../inbox/held-messages.ts";
import { applyToMessage, isShown, type Taking, takeText } from "../inbox/incoming.ts";
import { type Actor, fromWire, isMessageAction } from "../model/actions.ts";
import type { Conversation } from "../model/conversation.ts";
import { judgeLamport, withLamport } from "../model/order.ts";
import type { Context } from "../state/context.ts";
import { settleAcks } from "./ack-writer.ts";
import { commitGroup, type GroupBatch, openGroupBatch } from "./group-batch.ts";

/** What arrived in one batch. */
export interface GroupArrivals {
  /** In the order in which they were opened. */
  readonly opened?: readonly OpenedMessage[];
  /** For any member: those of others change nothing here. */
  readonly acks?: readonly GroupAck[];
}

/** A message of a group, by the id that all members know it by. */
interface GroupMessage extends ReceivedGroupBody {
  readonly author: MemberId;
  readonly stream: StreamId;
  readonly seq: number;
  readonly confirmed: boolean;
}

/** A batch of incoming messages. */
interface Incoming extends GroupBatch, Taking<Conversation, GroupMessage> {}

/**
 * Takes what arrived, and commits it with the changes of the keys that opened it. A repetition
 * changes nothing, and so does what its author may not do. One whose Lamport value is too far ahead
 * is kept, unseen, until the greatest value has grown. Requires the lock of the group.
 */
export async function receiveInGroup(
  context: Context,
  group: Group,
  { opened = [], acks = [] }: GroupArrivals,
  ...more: readonly MoreChanges[]
): Promise<void> {
  const incoming: Incoming = {
    ...openGroupBatch(context, group),
    early: new Map<number, EarlyAction>(),
    held: new Map(),
    now: context.clock.now(),
  };
  for (const message of opened) await takeMessage(context, incoming, message);
  for (;;) {
    const message = await releaseMessage(context.store, incoming);
    if (message === undefined) break;
    await applyAccepted(context, incoming, message);
  }
  await settleAcks(context, incoming, acks);
  await commitGroup(context, incoming, ...more);
}

async function takeMessage(
  { crypto, store }: Context,
  incoming: Incoming,
  { author, stream, seq, body, confirmed }: OpenedMessage,
): Promise<void> {
  const { group, streams } = incoming;
  if (author !== group.row.us) {
    const their = streams.their(author, stream);
    const opened = withSeq(their.opened, seq);
    if (opened === their.opened) return;
    streams.set({ ...their, opened });
  }
  const read = decodeGroupBody(body);
  // What is no message counts as received: nobody else reads it as one either.
  if (read === undefined) return;
  const id = groupMessageId(crypto, author, read.id);
  const message: GroupMessage = { ...read, id, author, stream, seq, confirmed };
  if (judgeLamport(incoming.conversation, read.lamport) === "accepted")
    await applyAccepted({ store }, incoming, message);
  else holdMessage(incoming, message);
}

/** Applies a message whose Lamport value is accepted. */
async function applyAccepted(
  { store }: Pick<Context, "store">,
  incoming: Incoming,
  message: GroupMessage,
): Promise<void> {
  const { group, changes } = incoming;
  const { author, stream, seq, lamport, body, confirmed } = message;
  const id = messageId.from(message.id);
  const isOwn = author === group.row.us;
  if (isShown(message)) {
    if ((await changes.place(id)) !== undefined) return;
    if (await changes.isCrowded(lamport, author)) {
      const { dropped = 0 } = incoming.conversation;
      incoming.conversation = { ...incoming.conversation, dropped: dropped + 1 };
      return;
    }
    incoming.conversation = withLamport(incoming.conversation, lamport);
    await takeText(store, incoming, message, {
      direction: isOwn ? "out" : "in",
      ...{ sequence: seq, stream },
      ...(isOwn ? {} : { author }),
      ...(confirmed || isOwn ? {} : { unconfirmed: true as const }),
    });
    return;
  }
  incoming.conversation = withLamport(incoming.conversation, lamport);
  if (body.kind === "newer-act" || body.kind === "text" || body.kind === "newer") return;
  const act = fromWire(body);
  const by: Actor = isOwn ? "out" : author;
  // A timer is a setting of the group's log, and other actions are those of a pair.
  if (isMessageAction(act)) await applyToMessage(incoming, by, { lamport, id }, act);
}
