/** A message as it is stored, and as it is shown. */
import { type MessageId, messageId, never } from "../../base/index.ts";
import type { MemberId, StreamId } from "../../group/index.ts";
import type { MessageAuthor, MessageView, Notice, Reached, Reaction } from "../../model/index.ts";
import type { RowKey, StoreOp } from "../../ports/index.ts";
import { type Actor, type Stamp, targetOf } from "./actions.ts";
import type { Conversation } from "./conversation.ts";
import { advance, type DeliveryState, type RowState, stateInOutbox } from "./delivery-state.ts";
import { type ConversationOwner, shownRef } from "./owner.ts";
import type { SendQueue } from "./peer.ts";
import { encodePosition, lineOf, positionOf, rankOfShown } from "./position.ts";
import { encodeRow, put, rowKey } from "./rows.ts";

/**
 * The newest reaction of one side. A removed one stays, empty, so that an older one
 * cannot replace it.
 */
export interface KeptReaction extends Stamp {
  readonly emoji: string;
}

export interface MessageRow {
  readonly id: MessageId;
  readonly direction: "in" | "out";
  /** Empty once deleted or hidden. */
  readonly text: string;
  /** What is proven on disk (delivery-state.ts). */
  readonly state: RowState;
  /** In the stream of its sender; in a group, in that of `stream`. */
  readonly sequence: number;
  readonly lamport: number;
  readonly parents: readonly MessageId[];
  /** In a group, of theirs: who wrote it. */
  readonly author?: MemberId;
  /** In a group: the author's stream; absent for ours that is not sealed. */
  readonly stream?: StreamId;
  /** In a group, of theirs: the author's signing key is not authenticated to this node. */
  readonly unconfirmed?: true;
  /** In a group, of ours once it was sealed: what other members have proven of it. */
  readonly reached?: Reached;
  /**
   * Of ours, where it was not sealed and never will be: the Lamport value after which it is in the
   * order.
   */
  readonly after?: number;
  /** Its number among all messages of this node (state/arrivals.ts); given when it is committed. */
  readonly arrival?: number;
  /** Of theirs: it belongs before a text that was here when it arrived. */
  readonly late?: true;
  /** Of theirs: parents that were not here when it arrived. */
  readonly missing?: readonly MessageId[];
  readonly sentAt: number;
  /** Of ours: the caller's key that made it, so that the key is forgotten with the message. */
  readonly key?: string;
  /** How long it stays once its time runs (docs/SPEC.md §8), ms. */
  readonly keep?: number;
  /** When a message of theirs arrived, by our clock; for ours it is `sentAt`. */
  readonly storedAt?: number;
  /** Not a message: the side of `direction` changed a setting; there is no text. */
  readonly notice?: Notice;
  /** The message that it answers, whether we have it or not. */
  readonly replyTo?: MessageId;
  /** The newest edit, whose text stands in `text`; texts of before are not kept. */
  readonly edited?: Stamp;
  /** The text was replaced before the message left, so that only the present one was ever sent. */
  readonly rewritten?: true;
  /** The author deleted it for both: acts on it are taken and change nothing. */
  readonly deleted?: true;
  /** The user removed it here: it is no longer shown, and actions on it change nothing. */
  readonly hidden?: true;
  /** Of theirs: the user has seen it, but not every older one (`Conversation.seenTo`). */
  readonly seen?: true;
  /** By who reacted: "out" is our own. */
  readonly reactions?: KeptReactions;
}

export type KeptReactions = Readonly<Partial<Record<Actor, KeptReaction>>>;

/** Who wrote a message. */
export function actorOf({ direction, author }: Pick<MessageRow, "direction" | "author">): Actor {
  return direction === "out" ? "out" : (author ?? "in");
}

/** Where a message of a contact stands. */
export function messageKey(ref: string, at: number): RowKey {
  return rowKey("message", ref, at);
}

export function putMessage(ref: string, at: number, row: MessageRow): StoreOp {
  return put(messageKey(ref, at), encodeRow(row));
}

/**
 * What is left of a message whose content is gone: enough to know it again, and nothing of what was
 * said.
 */
export function emptied(row: MessageRow, how: "deleted" | "hidden"): MessageRow {
  const { replyTo: _r, edited: _e, rewritten: _w, reactions: _x, ...rest } = row;
  return { ...advance(rest, "abandon"), text: "", [how]: true };
}

/** Whether a message counts as unread until the user reads it. */
export function countsAsUnread({ direction, deleted, hidden, notice }: MessageRow): boolean {
  return direction === "in" && !deleted && !hidden && notice === undefined;
}

/** Whether the user has seen an incoming message. */
export function isSeen(
  { seenTo = 0 }: Conversation,
  at: number,
  { seen }: Pick<MessageRow, "seen">,
): boolean {
  return at <= seenTo || seen === true;
}

/** The conversation once the message at `at`, of which this was the row, was deleted or hidden. */
export function withoutUnread<Kind extends Conversation>(
  conversation: Kind,
  at: number,
  before: MessageRow,
): Kind {
  const { unread } = conversation;
  if (isSeen(conversation, at, before) || !countsAsUnread(before)) return conversation;
  return { ...conversation, unread: Math.max(0, unread - 1) };
}

/** When this node stored a message, by its own clock. */
export function storedAt({ storedAt: arrived, sentAt }: MessageRow): number {
  return arrived ?? sentAt;
}

/** Where a message is in its conversation. */
export interface MessagePlace {
  readonly at: number;
}

/**
 * The index row of a message. An id is unique within a conversation only, because its author
 * chooses it. @param ref of the conversation.
 */
export function placeKey(ref: string, id: MessageId): RowKey {
  return rowKey("message-id", `${ref}/id/${id}`);
}

/** What a key of the caller's made. */
export interface KeyPlace extends MessagePlace {
  /** What is left of the message, once it is gone: so much that the key makes no second one. */
  readonly gone?: Pick<MessageRow, "id" | "state" | "sentAt">;
}

/** The index row of the message that a key of the caller's made before. */
export function idempotencyKey(ref: string, key: string): RowKey {
  return rowKey("message-id", `${ref}/key/${key}`);
}

/** The message as it is shown now. */
export function messageView(owner: ConversationOwner, at: number, row: MessageRow): MessageView {
  const { id, direction, text, replyTo, sentAt, keep, notice } = row;
  return {
    id,
    ref: shownRef(owner),
    ...ownerView(owner),
    direction,
    ...(row.author !== undefined && { author: authorView(owner, row.author) }),
    ...(row.unconfirmed && { unconfirmed: true }),
    text,
    state: row.state === "queued" ? openState(owner, at) : row.state,
    ...(row.reached !== undefined && { reached: row.reached }),
    at,
    sentAt,
    storedAt: storedAt(row),
    position: positionText(at, row),
    ...(row.arrival !== undefined && { arrival: row.arrival }),
    ...(row.lamport > 0 && { lamport: row.lamport }),
    ...(row.late && { late: true }),
    ...(row.missing !== undefined && row.missing.length > 0 && { gap: true }),
    ...(row.key !== undefined && { key: row.key }),
    ...(replyTo !== undefined && { replyTo }),
    ...(keep !== undefined && { keep }),
    ...(notice !== undefined && { notice }),
    edited: row.edited !== undefined,
    deleted: row.deleted === true,
    reactions: shownReactions(owner, row),
    changing: actsOn(owner, row),
  };
}

/** Whose conversation it is. */
function ownerView(owner: ConversationOwner): Pick<MessageView, "contact" | "group"> {
  switch (owner.kind) {
    case "contact":
      return { contact: owner.contact.account };
    case "group":
      return { group: owner.row.id };
    default:
      return never(owner);
  }
}

/** The member of a group; an id is all that is known of one where the log is lacking. */
function authorView(owner: ConversationOwner, member: MemberId): MessageAuthor {
  const person = owner.kind === "group" ? owner.person(member) : undefined;
  return { ...(person && { account: person.account }), name: person?.name ?? "", member };
}

/** The state of a message of ours that is queued. */
function openState(owner: ConversationOwner, at: number): DeliveryState {
  switch (owner.kind) {
    case "contact": {
      const entry = owner.outbox.get(at);
      return entry === undefined ? "queued" : stateInOutbox(entry, owner.link);
    }
    case "group":
      // A link that accepted the bytes proves nothing of the group.
      return "queued";
    default:
      return never(owner);
  }
}

function positionText(at: number, row: MessageRow): string {
  // One that was just hidden is shown once more, by the command that hides it.
  return encodePosition(positionOf(rankOfShown(row, at), lineOf(row, at)));
}

/** Those of others first. */
function shownReactions(owner: ConversationOwner, { reactions = {} }: MessageRow): Reaction[] {
  const { in: theirs, out: own, ...members } = reactions;
  return [
    ...shown({ direction: "in" }, theirs),
    ...Object.entries(members).flatMap(([member, kept]) =>
      shown({ direction: "in", author: authorView(owner, member as MemberId) }, kept),
    ),
    ...shown({ direction: "out" }, own),
  ];
}

function shown(whose: Omit<Reaction, "emoji">, kept: KeptReaction | undefined): Reaction[] {
  return kept === undefined || kept.emoji === "" ? [] : [{ ...whose, emoji: kept.emoji }];
}

/** Whether an act of ours on this message has not reached the peer. */
function actsOn({ outbox }: SendQueue, { id, edited, deleted, reactions }: MessageRow): boolean {
  // Most messages have never been acted on: the outbox may be long.
  if (edited === undefined && deleted === undefined && reactions?.out === undefined) return false;
  for (const { act } of outbox.values())
    if (act !== undefined && targetOf(act.body) === id) return true;
  return false;
}

/** Ids as they travel. */
export function idBytes(ids: readonly MessageId[]): Uint8Array[] {
  return ids.map((id) => messageId.bytes(id));
}
