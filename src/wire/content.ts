/** What one ratchet message carries, and what the handshake says of its sender (content.pb.proto). */
import { fromUtf8, limits, utf8 } from "../base/index.ts";
import type { Ack } from "./ack.ts";
import * as pb from "./content.pb.ts";
import { BYTES, type Field, fits, VARINT, walk } from "./proto.ts";

const MESSAGE_ID = 16;
const CERTIFICATE = 136;
const STREAM = 16;
const NAME_BYTES = 4 * limits.nameLength;
const ACK_BYTES = limits.ackBits / 8;
/** Field numbers of a message from here on are bodies; an older reader cannot show those that it does not know. */
const FIRST_NEW_BODY = 16;

export interface Message {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** The sender's own count of messages to this contact, from 1. */
  readonly sequence: number;
  /**
   * Every sequence up to here was delivered or given up, so the receiver waits for none of them; below `sequence`.
   */
  readonly settled: number;
  /** Lamport time. */
  readonly lamport: number;
  /** Ids of the messages that the sender saw last, at most `limits.parents`. */
  readonly parents: readonly Uint8Array[];
  /** The sender's wall clock in ms, for display only. */
  readonly sentAt: number;
  /** At most `limits.textBytes` of UTF-8. Empty where a newer peer's body has no text. */
  readonly text: string;
}

/** One ratchet plaintext. An empty one is allowed: it only moves the ratchet. */
export interface Content {
  readonly message?: Message;
  readonly ack?: Ack;
}

/**
 * A content as received. `unknown` is set where a newer Sotto put in a kind of content, or a kind of message
 * body, that this one does not know. With a `message`, its envelope is sound and counts as received (else it would be sent for
 * ever); its text is the sender's replacement for older readers, and where that is empty the receiver stores the line
 * "made by a newer Sotto" in its place, so that the person knows something was said. Without a
 * `message` there is nothing to show or acknowledge. Unknown additions to known kinds (fields 8 to 15 of a message, any
 * of an ack) are meant to be skipped and set nothing.
 */
export interface ReceivedContent extends Content {
  readonly unknown?: true;
}

const contentTypes = new Map([
  [1, BYTES],
  [2, BYTES],
]);
const messageTypes = new Map([
  [1, BYTES],
  [2, VARINT],
  [3, VARINT],
  [4, BYTES],
  [5, VARINT],
  [6, BYTES],
  [7, VARINT],
]);
const messageRepeats = new Map([[4, limits.parents]]);
const ackTypes = new Map([
  [1, VARINT],
  [2, BYTES],
  [3, VARINT],
]);
const payloadTypes = new Map([
  [1, BYTES],
  [2, BYTES],
  [3, VARINT],
  [4, VARINT],
  [5, BYTES],
]);

/** The bytes of a content. Throws a RangeError where a field breaks its bound: our own mistake. */
export function encodeContent({ message, ack }: Content): Uint8Array {
  const content: pb.Content = {};
  if (message !== undefined) {
    const text = own(utf8(message.text));
    if (!isMessage({ ...message, text: "" }) || text.length > limits.textBytes)
      throw new RangeError("the message breaks a bound of the wire");
    content.message = { ...message, text, id: own(message.id), parents: message.parents.map(own) };
  }
  if (ack !== undefined) {
    if (!isAck(ack)) throw new RangeError("the acknowledgement breaks a bound of the wire");
    content.ack = { upTo: ack.upTo, bits: own(ack.bits), readUpTo: ack.readUpTo };
  }
  return pb.Content.encode(content);
}

/**
 * The content of a ratchet plaintext, or `undefined` where the bytes are not one: malformed protobuf, a missing or
 * doubled field, a wrong length, invalid UTF-8, an unsafe number. See `ReceivedContent` for newer peers.
 */
export function decodeContent(bytes: Uint8Array): ReceivedContent | undefined {
  if (bytes.length > limits.frameBytes) return undefined;
  const fields = walk(bytes);
  if (fields === undefined || !fits(fields, contentTypes)) return undefined;
  let newKind = false;
  let newBody = false;
  for (const { number, value } of fields) {
    const inner = number === 1 || number === 2 ? walk(value) : [];
    if (inner === undefined) return undefined;
    if (number === 1 && !fits(inner, messageTypes, messageRepeats)) return undefined;
    if (number === 2 && !fits(inner, ackTypes)) return undefined;
    if (number === 1) newBody = hasNewBody(inner);
    if (number > 2) newKind = true;
  }
  const raw = attempt(() => pb.Content.decode(bytes));
  if (raw === undefined) return undefined;
  const message = raw.message && readMessage(raw.message, newBody);
  const ack = raw.ack && readAck(raw.ack);
  if ((raw.message && message === undefined) || (raw.ack && ack === undefined)) return undefined;
  const unknown = newKind || newBody;
  return { ...(message && { message }), ...(ack && { ack }), ...(unknown && { unknown }) };
}

function hasNewBody(fields: readonly Field[]): boolean {
  return fields.some(({ number }) => number >= FIRST_NEW_BODY);
}

function readMessage(raw: pb.Message, mayLackText: boolean): Message | undefined {
  const { id, sequence, settled, lamport, parents, sentAt } = raw;
  if (raw.text === undefined && !mayLackText) return undefined;
  if (raw.text !== undefined && raw.text.length > limits.textBytes) return undefined;
  const text = raw.text === undefined ? "" : fromUtf8(raw.text);
  if (id === undefined || sequence === undefined || lamport === undefined) return undefined;
  if (sentAt === undefined || settled === undefined || text === undefined) return undefined;
  const copies = parents.map((parent) => parent.slice());
  const message = { id: id.slice(), sequence, settled, lamport, parents: copies, sentAt, text };
  return isMessage(message) ? message : undefined;
}

function readAck({ upTo, bits, readUpTo }: pb.Ack): Ack | undefined {
  if (upTo === undefined || bits === undefined || readUpTo === undefined) return undefined;
  const ack = { upTo, bits: bits.slice(), readUpTo };
  return isAck(ack) ? ack : undefined;
}

function isMessage({ id, sequence, settled, lamport, parents, sentAt }: Message): boolean {
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

/** What each side says of itself inside the handshake. */
export interface HandshakePayload {
  /** 136 bytes: the device certificate (crypto/certificate judges it). */
  readonly certificate: Uint8Array;
  /** At most 256 bytes of UTF-8; as sent, so the receiver cleans it (`cleanName`). */
  readonly name: string;
  /** A set of up to 32 bits; none is given out yet. */
  readonly capabilities: number;
  /** When the pair was made, ms on the responder's clock; 0 in message 3. */
  readonly madeAt: number;
  /** 16 random bytes that name the sender's record of this contact: its sequences are counted within it. */
  readonly stream: Uint8Array;
}

/** The bytes of a payload. Throws a RangeError where a field breaks its bound. */
export function encodeHandshakePayload(payload: HandshakePayload): Uint8Array {
  const name = own(utf8(payload.name));
  if (!isPayload(payload) || name.length > NAME_BYTES)
    throw new RangeError("the handshake payload breaks a bound of the wire");
  return pb.HandshakePayload.encode({
    ...payload,
    name,
    certificate: own(payload.certificate),
    stream: own(payload.stream),
  });
}

/** The payload, or `undefined`. Fields that a newer peer added are skipped. */
export function decodeHandshakePayload(bytes: Uint8Array): HandshakePayload | undefined {
  const fields = bytes.length > limits.frameBytes ? undefined : walk(bytes);
  if (fields === undefined || !fits(fields, payloadTypes)) return undefined;
  const raw = attempt(() => pb.HandshakePayload.decode(bytes));
  if (raw?.certificate === undefined || raw.name === undefined) return undefined;
  const { capabilities, madeAt, stream } = raw;
  if (capabilities === undefined || madeAt === undefined || stream === undefined) return undefined;
  const name = raw.name.length > NAME_BYTES ? undefined : fromUtf8(raw.name);
  if (name === undefined) return undefined;
  const certificate = raw.certificate.slice();
  const payload = { certificate, name, capabilities, madeAt, stream: stream.slice() };
  return isPayload(payload) ? payload : undefined;
}

function isPayload({ certificate, capabilities, madeAt, stream }: HandshakePayload): boolean {
  return (
    stream.length === STREAM &&
    certificate.length === CERTIFICATE &&
    isCount(capabilities) &&
    capabilities <= 0xffffffff &&
    isCount(madeAt)
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The decoder throws on numbers above 2^53 - 1, which no honest peer sends. */
function attempt<Value>(decode: () => Value): Value | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

/** A copy with a buffer of its own, as the generated types ask. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
