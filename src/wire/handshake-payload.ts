/** What each side reports about itself inside the handshake (docs/WIRE.md §4). */
import { limits } from "../base/index.ts";
import { bytes, count, message, required, text } from "./protobuf.ts";

export interface HandshakePayload {
  /** 136 bytes: the device certificate (src/crypto/account.ts verifies it). */
  readonly certificate: Uint8Array;
  /** At most 256 bytes of UTF-8, as sent; the receiver cleans it (`cleanName`). */
  readonly name: string;
  /** What the sender's version offers: 32 bits (`encodeFeatures`). */
  readonly capabilities: number;
  /** When the pair was made, ms on the responder's clock; 0 in message 3. */
  readonly madeAt: number;
  /**
   * 16 random bytes that name the sender's record of this contact: its sequences are counted within
   * it.
   */
  readonly stream: Uint8Array;
}

const payload = message({
  certificate: required(1, bytes(136)),
  name: required(2, text(0, 4 * limits.nameLength)),
  capabilities: required(3, count(0, 0xffffffff)),
  madeAt: required(4, count()),
  stream: required(5, bytes(16)),
});

/** The bytes of a payload. Throws a RangeError where a field breaks its bound. */
export function encodeHandshakePayload(value: HandshakePayload): Uint8Array {
  return payload.write(value);
}

/** The payload, or `undefined`. Fields that a newer peer added are skipped. */
export function decodeHandshakePayload(from: Uint8Array): HandshakePayload | undefined {
  return from.length > limits.frameBytes ? undefined : payload.read(from);
}
