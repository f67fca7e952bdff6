/** The content of one ratchet message (docs/WIRE.md §4). */
import { limits } from "../base/index.ts";
import {
  type Body,
  bodyFields,
  bodyMembers,
  messageId,
  type NewerBody,
  readBody,
} from "./message-body.ts";
import { bytes, count, message, optional, repeated, required, where } from "./protobuf.ts";
import type { Ack } from "./received-set.ts";

const TYPING = 1;

/** The fields of every message besides its body. */
export interface Envelope {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** The sender's own count of messages to this contact, from 1. */
  readonly sequence: number;
  /**
   * Every sequence up to here was delivered or cancelled, so the receiver waits for none of them;
   * below `sequence`.
   */
  readonly settled: number;
  /** Lamport time. */
  readonly lamport: number;
  /** Ids of the latest messages that the sender saw, at most `limits.parents`. */
  readonly parents: readonly Uint8Array[];
  /** The sender's wall clock in ms, for display only. */
  readonly sentAt: number;
}

export interface Message extends Envelope {
  readonly body: Body;
}

/**
 * A message as received. A body that only a newer Sotto knows counts as received (otherwise it
 * would be sent forever). Unknown additions (fields 10 to 15) are skipped.
 */
export interface ReceivedMessage extends Envelope {
  readonly body: Body | NewerBody;
}

/** One ratchet plaintext. An empty one is allowed: it only advances the ratchet. */
export interface Content {
  readonly message?: Message;
  readonly ack?: Ack;
  /** The sender is typing. Never stored, never acknowledged. */
  readonly typing?: true;
}

/** A content as received. Kinds of content that only a newer Sotto knows are skipped. */
export interface ReceivedContent extends Omit<Content, "message"> {
  readonly message?: ReceivedMessage;
}

const messageFields = message({
  id: required(1, messageId),
  sequence: required(2, count(1)),
  lamport: required(3, count()),
  parents: repeated(4, messageId, limits.parents),
  sentAt: required(5, count()),
  settled: required(7, count()),
  ...bodyMembers,
});

const ackFields = message({
  upTo: required(1, count()),
  bits: required(
    2,
    where(bytes(0, limits.ackBits / 8), (bits) => bits.at(-1) !== 0),
  ),
  readUpTo: required(3, count()),
});

const contentFields = message({
  message: optional(1, bytes(0, limits.frameBytes)),
  ack: optional(2, ackFields),
  typing: optional(3, count(TYPING, TYPING)),
});

/** The bytes of a content. Throws a RangeError where a field breaks its bound. */
export function encodeContent(content: Content): Uint8Array {
  const { message, ack, typing } = content;
  return contentFields.write({
    ...(message && { message: encodeMessage(message) }),
    ...(ack && { ack }),
    ...(typing && { typing: TYPING }),
  });
}

/**
 * The content of a ratchet plaintext, or `undefined` where the bytes are not one: malformed
 * protobuf, a missing or doubled field, two bodies, a wrong length, invalid UTF-8, an unsafe
 * number.
 */
export function decodeContent(from: Uint8Array): ReceivedContent | undefined {
  if (from.length > limits.frameBytes) return undefined;
  const fields = contentFields.read(from);
  if (fields === undefined) return undefined;
  const message = fields.message && decodeMessage(fields.message);
  if (fields.message !== undefined && message === undefined) return undefined;
  return {
    ...(message && { message }),
    ...(fields.ack && { ack: fields.ack }),
    ...(fields.typing !== undefined && { typing: true }),
  };
}

function encodeMessage({ body, ...envelope }: Message): Uint8Array {
  if (envelope.settled >= envelope.sequence)
    throw new RangeError("a message settles only sequences below its own");
  return messageFields.write({ ...envelope, ...bodyFields(body) });
}

function decodeMessage(from: Uint8Array): ReceivedMessage | undefined {
  const parsed = messageFields.parse(from);
  if (parsed === undefined) return undefined;
  const { id, sequence, lamport, parents, sentAt, settled, ...fields } = parsed.value;
  const body = settled < sequence ? readBody(fields, parsed.unknown) : undefined;
  return body && { id, sequence, settled, lamport, parents, sentAt, body };
}
