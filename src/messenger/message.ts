/** A message as it is kept, and as it is shown. */
import { type AccountId, type MessageId, messageId } from "../base/index.ts";
import type { RowKey, StoreOp } from "../ports/index.ts";
import { encodeRow, put, rowKey } from "./rows.ts";
import type { MessageView } from "./types.ts";

export interface MessageRow {
  readonly id: MessageId;
  readonly direction: "in" | "out";
  readonly text: string;
  /** What is proven on disk; "sent" is true of a live link only and never kept. */
  readonly state: "waiting" | "delivered" | "read" | "failed" | "received";
  readonly sequence: number;
  readonly lamport: number;
  readonly parents: readonly MessageId[];
  readonly sentAt: number;
  /** Of ours: the caller's key that made it, so that the key is forgotten with the message. */
  readonly key?: string;
}

/** Where a message of a contact stands. */
export function messageKey(ref: string, at: number): RowKey {
  return rowKey("message", ref, at);
}

export function putMessage(ref: string, at: number, row: MessageRow): StoreOp {
  return put(messageKey(ref, at), encodeRow(row));
}

/** Finds a message by its id alone. */
export interface MessagePlace {
  readonly ref: string;
  readonly at: number;
}

export function placeKey(id: MessageId): RowKey {
  return rowKey("message-id", id);
}

/** Finds the message that a key of the caller's made before. */
export function idempotencyKey(ref: string, key: string): RowKey {
  return rowKey("message-id", `${ref}/${key}`);
}

/** @param sent the bytes are on a live link, though nothing came back yet. */
export function messageView(
  contact: AccountId,
  at: number,
  row: MessageRow,
  sent: boolean,
): MessageView {
  return {
    id: row.id,
    contact,
    direction: row.direction,
    text: row.text,
    state: row.state === "waiting" && sent ? "sent" : row.state,
    at,
    sentAt: row.sentAt,
  };
}

/** Ids as they travel. */
export function idBytes(ids: readonly MessageId[]): Uint8Array[] {
  return ids.map((id) => messageId.bytes(id));
}
