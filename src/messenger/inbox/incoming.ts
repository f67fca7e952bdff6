/**
 * What an incoming text or action changes of a conversation, whether it is with a contact or in a
 * group: a new line, or the effect of an action on an older one.
 */
import { type MessageId, messageId } from "../../base/index.ts";
import type { Store } from "../../ports/index.ts";
import type { Body, NewerBody } from "../../wire/index.ts";
import { type Actor, actionRules, type MessageAction, type Stamp } from "../model/actions.ts";
import { applyAction } from "../model/apply-action.ts";
import type { Conversation } from "../model/conversation.ts";
import { countsAsUnread, type MessageRow, withoutUnread } from "../model/message.ts";
import { isLate, withText } from "../model/order.ts";
import type { MessageBatch } from "../state/message-batch.ts";
import { applyEarlyActions, type EarlyAction, keepEarlyAction } from "./early-actions.ts";
import type { HeldMessage, Holding } from "./held-messages.ts";

/** Shown in place of a kind of message that this version does not know. */
const NEWER = "(a message from a newer version of Sotto: update Sotto to receive such messages)";

/** What messages change, built up before anything is committed. */
export interface Taking<Kind extends Conversation, Message extends HeldMessage>
  extends Holding<Kind, Message> {
  readonly changes: MessageBatch;
  /** Actions on messages that are not here yet, by their positions. */
  readonly early: Map<number, EarlyAction>;
  /** ms since 1970. */
  readonly now: number;
}

/** A message as received. */
interface Received extends HeldMessage {
  readonly parents: readonly Uint8Array[];
  readonly sentAt: number;
  readonly body: Body | NewerBody;
}

type ShownBody = Extract<Body | NewerBody, { text: string; kind: "text" | "newer" }>;

/** Whether a message adds a text to the conversation. */
export function isShown<Message extends Received>(
  message: Message,
): message is Message & { readonly body: ShownBody } {
  return message.body.kind === "text" || message.body.kind === "newer";
}

/**
 * The parents of a text, and those of them that are not here. A parent whose value is not below
 * that of the text is passed over: it cannot come before it.
 */
async function parentsOf(
  { conversation, changes }: Pick<Taking<Conversation, HeldMessage>, "conversation" | "changes">,
  lamport: number,
  parents: readonly Uint8Array[],
): Promise<{ readonly followed: MessageId[]; readonly missing: MessageId[] }> {
  const followed: MessageId[] = [];
  const missing: MessageId[] = [];
  for (const parent of parents) {
    const id = messageId.from(parent);
    const head = conversation.heads.find((each) => each.id === id);
    const at = head === undefined ? await changes.place(id) : undefined;
    const row = at === undefined ? undefined : await changes.row(at);
    if (((head ?? row)?.lamport ?? 0) >= lamport) continue;
    followed.push(id);
    // One that was deleted before it arrived is not coming.
    const deleted = conversation.early?.some(({ target }) => target === id) === true;
    if (head === undefined && at === undefined && !deleted) missing.push(id);
  }
  return { followed, missing };
}

/** Adds a text that is not here yet. @param origin where it is from, as its row says it. */
export async function takeText<Kind extends Conversation, Message extends HeldMessage>(
  store: Store,
  taking: Taking<Kind, Message>,
  { id, lamport, parents, sentAt, body }: Received & { readonly body: ShownBody },
  origin: Pick<MessageRow, "direction" | "sequence" | "author" | "stream" | "unconfirmed">,
): Promise<void> {
  const at = taking.conversation.nextAt;
  const { kind, text, replyTo, keep } = body;
  const { followed, missing } = await parentsOf(taking, lamport, parents);
  const stamp = { lamport, id: messageId.from(id) };
  const said: MessageRow = {
    id: stamp.id,
    ...origin,
    text: kind === "newer" && text === "" ? NEWER : text,
    state: origin.direction === "in" ? "received" : "held",
    lamport,
    parents: followed,
    ...(isLate(taking.conversation, stamp) && { late: true }),
    ...(missing.length > 0 && { missing }),
    sentAt,
    storedAt: taking.now,
    ...(keep !== undefined && { keep }),
    ...(replyTo && { replyTo: messageId.from(replyTo) }),
  };
  taking.conversation = withText(taking.conversation, stamp, followed);
  const early = await applyEarlyActions(store, taking.conversation, taking.early, said);
  const { conversation, ops, row } = early;
  taking.ops.push(...ops);
  taking.changes.set(at, row, "new");
  // What was deleted before it came needs no reading.
  const unread = conversation.unread + (countsAsUnread(row) ? 1 : 0);
  taking.conversation = { ...conversation, nextAt: at + 1, unread };
}

/** Applies an action on a message, or keeps it until the message is here. @param by who acts. */
export async function applyToMessage<Kind extends Conversation, Message extends HeldMessage>(
  taking: Taking<Kind, Message>,
  by: Actor,
  stamp: Stamp,
  body: MessageAction,
): Promise<void> {
  const { changes } = taking;
  const at = await changes.place(body.target);
  const row = at === undefined ? undefined : await changes.row(at);
  if (at === undefined) {
    const kept = keepEarlyAction(taking.conversation, taking.early, { ...stamp, by }, body);
    taking.conversation = kept.conversation;
    taking.ops.push(...kept.ops);
    return;
  }
  // A message that was deleted here stays deleted.
  if (row === undefined) return;
  const next = applyAction(row, by, stamp, body);
  if (next === row) return;
  changes.set(at, next, actionRules[body.kind].changes);
  if (next.deleted) taking.conversation = withoutUnread(taking.conversation, at, row);
}
