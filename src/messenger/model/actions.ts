/**
 * Message actions (docs/SPEC.md §8): changes of a message or of a setting of the conversation, and
 * one table of the rules that hold for each kind.
 */
import { type MessageId, messageId } from "../../base/index.ts";
import type { MemberId } from "../../group/index.ts";
import type { InvitationAction, Action as WireAction } from "../../wire/index.ts";

/** Who acts: this node's user ("out"), a contact ("in"), or a member of a group. */
export type Actor = "in" | "out" | MemberId;

/** Names an action, and orders those of one kind on one target: by Lamport time, then by id. */
export interface Stamp {
  readonly lamport: number;
  readonly id: MessageId;
}

export type ActionBody =
  | { readonly kind: "edit"; readonly target: MessageId; readonly text: string }
  | { readonly kind: "delete"; readonly target: MessageId }
  | { readonly kind: "reaction"; readonly target: MessageId; readonly emoji: string }
  | { readonly kind: "timer"; readonly ms: number }
  | { readonly kind: "hosts"; readonly hosts: readonly string[] }
  | InvitationAction;

/** An action on one message. */
export type MessageAction = Extract<ActionBody, { target: MessageId }>;

/** An action on the whole conversation. */
export type ConversationAction = Exclude<ActionBody, MessageAction>;

/** An action with the envelope that it travels in. */
export interface Action {
  readonly body: ActionBody;
  readonly lamport: number;
  readonly parents: readonly MessageId[];
  readonly sentAt: number;
}

interface MessageActionRule {
  readonly target: "message";
  /** Whether an earlier one may beat it, by its stamp. */
  readonly ordered: boolean;
  /** Who may act on a message: its author, or all, each for itself. */
  readonly by: "author" | "all";
  /** What is queued for the same target and is useless once this action is: see `supersedes`. */
  readonly supersedes: "kind" | "everything";
  /** Whether its target is kept until it is delivered: what the contact shows is out of date. */
  readonly holdsTarget: boolean;
  /** What it changes of the message, as it is reported. */
  readonly changes: "text" | "reaction";
}

interface ConversationActionRule {
  readonly target: "conversation";
  /** Whether an earlier one may beat it, by its stamp. */
  readonly ordered: boolean;
  readonly supersedes: "kind" | "nothing";
  /** Whether the conversation shows a line about it, with a delivery state of its own. */
  readonly notice: boolean;
}

type Rules = {
  readonly [Kind in ActionBody["kind"]]: Kind extends MessageAction["kind"]
    ? MessageActionRule
    : ConversationActionRule;
};

/** Invitations to groups: each is about a group of its own and changes nothing of the pair. */
const invitationRule: ConversationActionRule = {
  target: "conversation",
  ordered: false,
  supersedes: "nothing",
  notice: false,
};

export const actionRules: Rules = {
  edit: {
    target: "message",
    ordered: true,
    by: "author",
    supersedes: "kind",
    holdsTarget: true,
    changes: "text",
  },
  delete: {
    target: "message",
    ordered: false,
    by: "author",
    supersedes: "everything",
    holdsTarget: false,
    changes: "text",
  },
  reaction: {
    target: "message",
    ordered: true,
    by: "all",
    supersedes: "kind",
    holdsTarget: false,
    changes: "reaction",
  },
  timer: { target: "conversation", ordered: true, supersedes: "nothing", notice: true },
  hosts: { target: "conversation", ordered: true, supersedes: "kind", notice: false },
  groupInvite: invitationRule,
  groupJoin: invitationRule,
  groupWelcome: invitationRule,
};

export function isMessageAction(body: ActionBody): body is MessageAction {
  return actionRules[body.kind].target === "message";
}

/** The message that is not deleted by a timer or by retention before an action is delivered. */
export function heldBy(body: ActionBody): MessageId | undefined {
  return isMessageAction(body) && actionRules[body.kind].holdsTarget ? body.target : undefined;
}

/** The message that an action changes. */
export function targetOf(body: ActionBody): MessageId | undefined {
  return isMessageAction(body) ? body.target : undefined;
}

/** Whether a queued action is useless once `newer` is queued, too. */
export function supersedes(newer: ActionBody, queued: ActionBody): boolean {
  if (targetOf(newer) !== targetOf(queued)) return false;
  const rule = actionRules[newer.kind].supersedes;
  return rule === "everything" || (rule === "kind" && newer.kind === queued.kind);
}

/** The action as it travels. */
export function toWire(body: ActionBody): WireAction {
  return isMessageAction(body) ? { ...body, target: messageId.bytes(body.target) } : body;
}

/** The action as it is stored. */
export function fromWire(body: WireAction): ActionBody {
  return "target" in body ? { ...body, target: messageId.from(body.target) } : body;
}
