/** Acts upon messages (docs/SPEC.md §8) as they are kept. */
import type { MessageId } from "../../base/index.ts";

/** Names an act, and orders acts of one kind on one message: by Lamport time, then by id. */
export interface Stamp {
  readonly lamport: number;
  readonly id: MessageId;
}

export type ActionBody =
  | { readonly kind: "edit"; readonly target: MessageId; readonly text: string }
  | { readonly kind: "delete"; readonly target: MessageId }
  | { readonly kind: "reaction"; readonly target: MessageId; readonly emoji: string }
  | { readonly kind: "timer"; readonly ms: number }
  | { readonly kind: "hosts"; readonly hosts: readonly string[] };

/** An act on a message, and not on the whole conversation. */
export type MessageAction = Extract<ActionBody, { target: MessageId }>;

/** An act with the envelope that it travels in. */
export interface Action {
  readonly body: ActionBody;
  readonly lamport: number;
  readonly parents: readonly MessageId[];
  readonly sentAt: number;
}
