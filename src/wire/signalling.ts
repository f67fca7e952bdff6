/**
 * Signalling for hole punching, exchanged by two hosts through a third before they are connected:
 * the frames that are forwarded, the envelope that only the two can open, and its payload
 * (docs/WIRE.md).
 */
import { concat, fromUtf8, isZero, limits, utf8 } from "../base/index.ts";

const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
const readU16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const VERSION = 1;
const NONCE = 32;
const TAG = 32;
/** 64 bytes of payload and the AEAD tag. */
const SEALED = 64 + 16;

/** A sealed payload, authenticated like a hello (docs/SPEC.md). */
export interface SealedEnvelope {
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** 32 bytes. */
  readonly tag: Uint8Array;
  /** 80 bytes: `signalPayloadBytes` bytes, sealed. */
  readonly sealed: Uint8Array;
}

/** Bytes of the payload of an envelope: constant, so that the size reveals nothing. */
export const signalPayloadBytes = SEALED - 16;

/** Encodes an envelope as 145 bytes. Throws a RangeError if a field has a wrong length. */
export function encodeEnvelope({ nonce, tag, sealed }: SealedEnvelope): Uint8Array {
  if (nonce.length !== NONCE || tag.length !== TAG || sealed.length !== SEALED)
    throw new RangeError("an envelope's fields have fixed lengths");
  return concat(Uint8Array.of(VERSION), nonce, tag, sealed);
}

/** Decodes an envelope of exactly 145 bytes, else `undefined`. Its fields are views. */
export function decodeEnvelope(bytes: Uint8Array): SealedEnvelope | undefined {
  if (bytes.length !== 1 + NONCE + TAG + SEALED || bytes[0] !== VERSION) return undefined;
  const [tag, sealed] = [1 + NONCE, 1 + NONCE + TAG];
  return {
    nonce: bytes.subarray(1, tag),
    tag: bytes.subarray(tag, sealed),
    sealed: bytes.subarray(sealed),
  };
}

const frameKinds = ["forward", "deliver"] as const;

/** An envelope in transit: to be forwarded to `host`, or delivered from it. */
export interface SignalFrame {
  readonly kind: (typeof frameKinds)[number];
  /** PeerId text, 1 to 64 bytes. */
  readonly host: string;
  /** 1 to `limits.signalBytes` bytes, opaque to the forwarding host. */
  readonly envelope: Uint8Array;
}

export function encodeSignalFrame({ kind, host, envelope }: SignalFrame): Uint8Array {
  const name = utf8(host);
  const head = Uint8Array.of(VERSION, frameKinds.indexOf(kind) + 1, name.length);
  return concat(head, name, envelope);
}

/** Decodes a frame, else `undefined`. The envelope is a view. */
export function decodeSignalFrame(bytes: Uint8Array): SignalFrame | undefined {
  const kind = frameKinds[(bytes[1] ?? 0) - 1];
  const end = 3 + (bytes[2] ?? 0);
  const size = bytes.length - end;
  if (bytes[0] !== VERSION || kind === undefined || end === 3 || end > 3 + 64) return undefined;
  if (size < 1 || size > limits.signalBytes) return undefined;
  const host = fromUtf8(bytes.subarray(3, end));
  if (host === undefined || !/^[1-9A-Za-z]+$/.test(host)) return undefined;
  return { kind, host, envelope: bytes.subarray(end) };
}

const outcomes = ["forwarded", "absent", "busy", "silent", "unwilling"] as const;

/** The result of forwarding an envelope: the answer, or why there is none. */
export type SignalReply =
  | { readonly outcome: "forwarded"; readonly envelope: Uint8Array }
  | { readonly outcome: Exclude<(typeof outcomes)[number], "forwarded"> };

export function encodeSignalReply(reply: SignalReply): Uint8Array {
  const head = Uint8Array.of(VERSION, outcomes.indexOf(reply.outcome) + 1);
  return reply.outcome === "forwarded" ? concat(head, reply.envelope) : head;
}

/** Decodes a reply, else `undefined`. */
export function decodeSignalReply(bytes: Uint8Array): SignalReply | undefined {
  const outcome = outcomes[(bytes[1] ?? 0) - 1];
  if (bytes[0] !== VERSION || outcome === undefined) return undefined;
  const envelope = bytes.subarray(2);
  if (outcome !== "forwarded") return envelope.length === 0 ? { outcome } : undefined;
  const fits = envelope.length > 0 && envelope.length <= limits.signalBytes;
  return fits ? { outcome, envelope } : undefined;
}

const natKinds = ["unknown", "none", "preserving", "independent", "symmetric"] as const;

/**
 * How a node's router maps the ports of outgoing connections: there is no router (`none`), it keeps
 * them (`preserving`), it changes them but equally for every destination (`independent`), or
 * differently for each destination (`symmetric`).
 */
export type NatKind = (typeof natKinds)[number];

/** An IP address and port of a host that waits for a simultaneous open. */
export interface Endpoint {
  /** 4 or 16 bytes. */
  readonly ip: Uint8Array;
  readonly port: number;
}

export interface SignalPayload {
  readonly nat: NatKind;
  /**
   * Round-trip time to the forwarding host, ms; half of it is how long the answer travels on this
   * side.
   */
  readonly roundTrip: number;
  /** At most two: one per address family. */
  readonly endpoints: readonly Endpoint[];
}

const MAX_ENDPOINTS = 2;
const ENDPOINT_BYTES = 1 + 16 + 2;

/**
 * Encodes a payload as `signalPayloadBytes` bytes. Throws a RangeError for more than two endpoints
 * or an IP of a wrong length.
 */
export function encodeSignalPayload({ nat, roundTrip, endpoints }: SignalPayload): Uint8Array {
  if (endpoints.length > MAX_ENDPOINTS) throw new RangeError("an envelope holds two endpoints");
  const payload = new Uint8Array(signalPayloadBytes);
  payload[0] = natKinds.indexOf(nat) + 1;
  payload.set(u16(roundTrip), 1);
  payload[3] = endpoints.length;
  for (const [index, { ip, port }] of endpoints.entries()) {
    if (ip.length !== 4 && ip.length !== 16) throw new RangeError("an IP has 4 or 16 bytes");
    const at = 4 + index * ENDPOINT_BYTES;
    payload[at] = ip.length;
    payload.set(ip, at + 1);
    payload.set(u16(port), at + 17);
  }
  return payload;
}

/** Decodes a payload of exactly `signalPayloadBytes` bytes, else `undefined`. */
export function decodeSignalPayload(bytes: Uint8Array): SignalPayload | undefined {
  const nat = natKinds[(bytes[0] ?? 0) - 1];
  const count = bytes[3] ?? 0;
  if (bytes.length !== signalPayloadBytes || nat === undefined || count > MAX_ENDPOINTS)
    return undefined;
  const endpoints: Endpoint[] = [];
  for (let at = 4; at < 4 + count * ENDPOINT_BYTES; at += ENDPOINT_BYTES) {
    const length = bytes[at] ?? 0;
    const rest = bytes.subarray(at + 1 + length, at + 17);
    if ((length !== 4 && length !== 16) || !isZero(rest)) return undefined;
    endpoints.push({ ip: bytes.slice(at + 1, at + 1 + length), port: readU16(bytes, at + 17) });
  }
  if (!isZero(bytes.subarray(4 + count * ENDPOINT_BYTES))) return undefined;
  return { nat, roundTrip: readU16(bytes, 1), endpoints };
}
