/** What one ratchet message carries (content.pb.proto). */
import { limits } from "../base/index.ts";
import * as pb from "./content.pb.ts";
import {
  type Body,
  bodyTypes,
  type NewerBody,
  readBody,
  soundBody,
  writeBody,
} from "./message-body.ts";
import type { Ack } from "./received-set.ts";
import { BYTES, type Field, fits, VARINT, walk } from "./strict-protobuf.ts";
import { attempt, isCount, own } from "./strict-protobuf-checks.ts";

const MESSAGE_ID = 16;
const ACK_BYTES = limits.ackBits / 8;
const TYPING = 1;

/** What every message carries besides its body. */
export interface Envelope {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** The sender's own count of messages to this contact, from 1. */
  readonly sequence: number;
  /**
   * Every sequence up to here was delivered or given up, so the receiver waits for none of them;
   * below `sequence`.
   */
  readonly settled: number;
  /** Lamport time. */
  readonly lamport: number;
  /** Ids of the messages that the sender saw last, at most `limits.parents`. */
  readonly parents: readonly Uint8Array[];
  /** The sender's wall clock in ms, for display only. */
  readonly sentAt: number;
}

export interface Message extends Envelope {
  readonly body: Body;
}

/**
 * A message as received. A body that only a newer Sotto knows counts as received (else it would be
 * sent for ever). Unknown additions (fields 9 to 15) are skipped.
 */
export interface ReceivedMessage extends Envelope {
  readonly body: Body | NewerBody;
}

/** One ratchet plaintext. An empty one is allowed: it only moves the ratchet. */
export interface Content {
  readonly message?: Message;
  readonly ack?: Ack;
  /** The sender's person is writing. Never stored, never acknowledged. */
  readonly typing?: true;
}

/** A content as received. Kinds of content that only a newer Sotto knows are skipped. */
export interface ReceivedContent extends Omit<Content, "message"> {
  readonly message?: ReceivedMessage;
}

const contentTypes = new Map([
  [1, BYTES],
  [2, BYTES],
  [3, VARINT],
]);
const messageTypes = new Map([
  [1, BYTES],
  [2, VARINT],
  [3, VARINT],
  [4, BYTES],
  [5, VARINT],
  [7, VARINT],
  ...bodyTypes,
]);
const messageRepeats = new Map([[4, limits.parents]]);
const ackTypes = new Map([
  [1, VARINT],
  [2, BYTES],
  [3, VARINT],
]);

/** The bytes of a content. Throws a RangeError where a field breaks its bound: our own mistake. */
export function encodeContent({ message, ack, typing }: Content): Uint8Array {
  const content: pb.Content = {};
  if (message !== undefined) {
    const { body, id, parents, ...counts } = message;
    if (!isEnvelope(message)) throw new RangeError("the message breaks a bound of the wire");
    content.message = { ...writeBody(body), ...counts, id: own(id), parents: parents.map(own) };
  }
  if (ack !== undefined) {
    if (!isAck(ack)) throw new RangeError("the acknowledgement breaks a bound of the wire");
    content.ack = { upTo: ack.upTo, bits: own(ack.bits), readUpTo: ack.readUpTo };
  }
  if (typing) content.typing = TYPING;
  return pb.Content.encode(content);
}

/**
 * The content of a ratchet plaintext, or `undefined` where the bytes are not one: malformed
 * protobuf, a missing or doubled field, two bodies, a wrong length, invalid UTF-8, an unsafe
 * number.
 */
export function decodeContent(bytes: Uint8Array): ReceivedContent | undefined {
  if (bytes.length > limits.frameBytes) return undefined;
  const fields = walk(bytes);
  if (fields === undefined || !fits(fields, contentTypes)) return undefined;
  let inMessage: readonly Field[] = [];
  for (const { number, value } of fields) {
    const inner = number === 1 || number === 2 ? walk(value) : [];
    if (inner === undefined) return undefined;
    if (number === 1 && !(fits(inner, messageTypes, messageRepeats) && soundBody(inner)))
      return undefined;
    if (number === 2 && !fits(inner, ackTypes)) return undefined;
    if (number === 1) inMessage = inner;
  }
  const raw = attempt(() => pb.Content.decode(bytes));
  if (raw === undefined) return undefined;
  const message = raw.message && readMessage(raw.message, inMessage);
  const ack = raw.ack && readAck(raw.ack);
  if ((raw.message && message === undefined) || (raw.ack && ack === undefined)) return undefined;
  if (raw.typing !== undefined && raw.typing !== TYPING) return undefined;
  return {
    ...(message && { message }),
    ...(ack && { ack }),
    ...(raw.typing !== undefined && { typing: true }),
  };
}

function readMessage(raw: pb.Message, fields: readonly Field[]): ReceivedMessage | undefined {
  const { id, sequence, settled, lamport, sentAt } = raw;
  if (id === undefined || sequence === undefined || lamport === undefined) return undefined;
  if (sentAt === undefined || settled === undefined) return undefined;
  const parents = raw.parents.map((parent) => parent.slice());
  const envelope = { id: id.slice(), sequence, settled, lamport, parents, sentAt };
  const body = isEnvelope(envelope) ? readBody(raw, fields) : undefined;
  return body && { ...envelope, body };
}

function readAck({ upTo, bits, readUpTo }: pb.Ack): Ack | undefined {
  if (upTo === undefined || bits === undefined || readUpTo === undefined) return undefined;
  const ack = { upTo, bits: bits.slice(), readUpTo };
  return isAck(ack) ? ack : undefined;
}

function isEnvelope({ id, sequence, settled, lamport, parents, sentAt }: Envelope): boolean {
  return (
    id.length === MESSAGE_ID &&
    isCount(sequence) &&
    isCount(settled) &&
    settled < sequence &&
    isCount(lamport) &&
    isCount(sentAt) &&
    parents.length <= limits.parents &&
    parents.every((parent) => parent.length === MESSAGE_ID)
  );
}

function isAck({ upTo, bits, readUpTo }: Ack): boolean {
  return isCount(upTo) && isCount(readUpTo) && bits.length <= ACK_BYTES && bits.at(-1) !== 0;
}
