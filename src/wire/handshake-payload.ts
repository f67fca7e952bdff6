/** What each side says of itself inside the handshake (content.pb.proto). */
import { fromUtf8, limits, utf8 } from "../base/index.ts";
import * as pb from "./content.pb.ts";
import { BYTES, fits, VARINT, walk } from "./strict-protobuf.ts";
import { attempt, isCount, own } from "./strict-protobuf-checks.ts";

const CERTIFICATE = 136;
const STREAM = 16;
const NAME_BYTES = 4 * limits.nameLength;

export interface HandshakePayload {
  /** 136 bytes: the device certificate (crypto/certificate judges it). */
  readonly certificate: Uint8Array;
  /** At most 256 bytes of UTF-8; as sent, so the receiver cleans it (`cleanName`). */
  readonly name: string;
  /** A set of up to 32 bits; none is given out yet. */
  readonly capabilities: number;
  /** When the pair was made, ms on the responder's clock; 0 in message 3. */
  readonly madeAt: number;
  /**
   * 16 random bytes that name the sender's record of this contact: its sequences are counted within
   * it.
   */
  readonly stream: Uint8Array;
}

const types = new Map([
  [1, BYTES],
  [2, BYTES],
  [3, VARINT],
  [4, VARINT],
  [5, BYTES],
]);

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
  if (fields === undefined || !fits(fields, types)) return undefined;
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
