/** The content of one ratchet message (docs/WIRE.md §4). */
import { limits } from "../base/index.ts";
import { isAddressText } from "./address-text.ts";
import {
  type Body,
  bodyFields,
  bodyMembers,
  isTimer,
  messageId,
  type NewerBody,
  readBody,
} from "./message-body.ts";
import { bytes, count, message, optional, repeated, required, text, where } from "./protobuf.ts";
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
  /** Lamport value, at least 1 (docs/SPEC.md §8, Order). */
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

/** What a side states about the conversation on every link, before any message of its own. */
export interface Settings {
  /** The greatest Lamport value that it has: 0 to `limits.lamport` - 1. */
  readonly lamport: number;
  /** The newest timer action that it knows; absent where there was none. */
  readonly timer?: SettingsTimer;
  /**
   * Where the side that dialed can be dialed: multiaddr texts without /p2p, at most
   * `limits.recordAddresses`, see `isAddressText`.
   */
  readonly addresses: readonly string[];
  /**
   * The key of the side's group frames on this link, 32 random bytes; absent where it is in no
   * group with the other one.
   */
  readonly groupKey?: Uint8Array;
}

export interface SettingsTimer {
  /** See `isTimer`. */
  readonly ms: number;
  readonly lamport: number;
  /** 16 bytes: the id of the action. */
  readonly id: Uint8Array;
  /** 1 if the side that states it set the timer, 0 if the other one did. */
  readonly own: number;
}

/** One ratchet plaintext. An empty one is allowed: it only advances the ratchet. */
export interface Content {
  readonly message?: Message;
  readonly ack?: Ack;
  /** The sender is typing. Never stored, never acknowledged. */
  readonly typing?: true;
  readonly settings?: Settings;
}

/** A content as received. Kinds of content that only a newer Sotto knows are skipped. */
export interface ReceivedContent extends Omit<Content, "message"> {
  readonly message?: ReceivedMessage;
}

const messageFields = message({
  id: required(1, messageId),
  sequence: required(2, count(1)),
  lamport: required(3, count(1)),
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

const lamport = (least: number) => count(least, limits.lamport - 1);

const settingsFields = message({
  lamport: required(1, lamport(0)),
  timer: optional(
    2,
    message({
      ms: required(1, where(count(), isTimer)),
      lamport: required(2, lamport(1)),
      id: required(3, messageId),
      own: required(4, count(0, 1)),
    }),
  ),
  addresses: repeated(
    3,
    where(text(1, limits.addressLength), isAddressText),
    limits.recordAddresses,
  ),
  groupKey: optional(4, bytes(32)),
});

const contentFields = message({
  message: optional(1, bytes(0, limits.frameBytes)),
  ack: optional(2, ackFields),
  typing: optional(3, count(TYPING, TYPING)),
  settings: optional(4, settingsFields),
});

/** The bytes of a content. Throws a RangeError where a field breaks its bound. */
export function encodeContent(content: Content): Uint8Array {
  const { message, ack, typing, settings } = content;
  return contentFields.write({
    ...(message && { message: encodeMessage(message) }),
    ...(ack && { ack }),
    ...(typing && { typing: TYPING }),
    ...(settings && { settings }),
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
    ...(fields.settings && { settings: fields.settings }),
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
