/** Frames of a link. The first byte of a frame's payload is its type (docs/WIRE.md). */
import { concat, never } from "../base/index.ts";
import { frameCapacity } from "./frame.ts";

const VERSION = 1;
const INDEX = 8;
const NONCE = 32;
const TAG = 32;
const ID = 32;
/** A body of 33 bytes and its AEAD tag. */
const SEALED = 1 + ID + 16;
const GREETING = NONCE + TAG + SEALED;

/** Counter and tag: a sealed message of a group link is no shorter. */
const GROUP = 8 + 16;

const types = {
  hello: 1,
  answer: 2,
  handshake: 3,
  ratchet: 4,
  ping: 5,
  pong: 6,
  group: 7,
} as const;
const least = { handshake: 1, ratchet: 1, group: GROUP } as const;

/**
 * What hello and answer have in common: authenticated and encrypted under the epoch's link key
 * (docs/SPEC.md, Link).
 */
interface Greeting {
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** 32 bytes. */
  readonly tag: Uint8Array;
  /** 49 bytes: a sealed `HelloBody` or `AnswerBody`. */
  readonly sealed: Uint8Array;
}

export interface HelloFrame extends Greeting {
  readonly type: "hello";
  /** 8 bytes: by these the listener finds the key. Random where the host may be a wrong one. */
  readonly index: Uint8Array;
}

export interface AnswerFrame extends Greeting {
  readonly type: "answer";
}

export type LinkFrame =
  | HelloFrame
  | AnswerFrame
  | { readonly type: "handshake"; readonly message: Uint8Array }
  | { readonly type: "ratchet"; readonly message: Uint8Array }
  /** Of a group link: counter 8 ‖ sealed. At least 24 bytes. */
  | { readonly type: "group"; readonly message: Uint8Array }
  | { readonly type: "ping" }
  | { readonly type: "pong" };

/**
 * The payload of a link frame. Throws a RangeError where a field has a wrong length, or a message
 * is empty, that of a group link shorter than 24 bytes, or longer than `frameCapacity - 1` bytes.
 */
export function encodeLinkFrame(frame: LinkFrame): Uint8Array {
  const type = Uint8Array.of(types[frame.type]);
  switch (frame.type) {
    case "hello":
      exactly(frame.index, INDEX);
      return concat(type, Uint8Array.of(VERSION), frame.index, encodeGreeting(frame));
    case "answer":
      return concat(type, Uint8Array.of(VERSION), encodeGreeting(frame));
    case "handshake":
    case "ratchet":
    case "group":
      if (frame.message.length < least[frame.type] || frame.message.length >= frameCapacity)
        throw new RangeError(`a link message has at most ${frameCapacity - 1} bytes`);
      return concat(type, frame.message);
    case "ping":
    case "pong":
      return type;
    default:
      return never(frame);
  }
}

/** The frame of a payload, or `undefined` where it is none. Its fields are views of `payload`. */
export function decodeLinkFrame(payload: Uint8Array): LinkFrame | undefined {
  if (payload.length > frameCapacity) return undefined;
  switch (payload[0]) {
    case types.hello: {
      const greeting = decodeGreeting(payload, 2 + INDEX);
      return greeting && { type: "hello", index: payload.subarray(2, 2 + INDEX), ...greeting };
    }
    case types.answer: {
      const greeting = decodeGreeting(payload, 2);
      return greeting && { type: "answer", ...greeting };
    }
    case types.handshake:
      return decodeMessage("handshake", payload);
    case types.ratchet:
      return decodeMessage("ratchet", payload);
    case types.group:
      return decodeMessage("group", payload);
    case types.ping:
      return payload.length === 1 ? { type: "ping" } : undefined;
    case types.pong:
      return payload.length === 1 ? { type: "pong" } : undefined;
    default:
      return undefined;
  }
}

function decodeMessage(type: keyof typeof least, payload: Uint8Array): LinkFrame | undefined {
  return payload.length > least[type] ? { type, message: payload.subarray(1) } : undefined;
}

function encodeGreeting({ nonce, tag, sealed }: Greeting): Uint8Array {
  exactly(nonce, NONCE);
  exactly(tag, TAG);
  exactly(sealed, SEALED);
  return concat(nonce, tag, sealed);
}

/** @param at where the nonce begins. */
function decodeGreeting(payload: Uint8Array, at: number): Greeting | undefined {
  if (payload.length !== at + GREETING || payload[1] !== VERSION) return undefined;
  const tag = at + NONCE;
  const sealed = tag + TAG;
  return {
    nonce: payload.subarray(at, tag),
    tag: payload.subarray(tag, sealed),
    sealed: payload.subarray(sealed),
  };
}

/** `group-unclean`: under a secret that an account may hold that is no member any more. */
const modes = ["resume", "handshake", "group", "group-unclean"] as const;
const statuses = ["resume", "handshake", "used", "expired", "pending", "denied"] as const;

/** What a dialer asks for. */
export interface HelloBody {
  readonly mode: (typeof modes)[number];
  /**
   * 32 bytes: the dialer's position in the session with this contact (`SessionPosition` of
   * src/messenger/model/session-position.ts), the id of this claim, or the group and 16 random
   * bytes.
   */
  readonly id: Uint8Array;
}

/** The listener's answer. */
export interface AnswerBody {
  readonly status: (typeof statuses)[number];
  /** 32 bytes: the listener's position, or the id of the hello under an invite and in a group. */
  readonly id: Uint8Array;
}

/** 33 bytes. Throws a RangeError if the id does not have 32. */
export function encodeHelloBody({ mode, id }: HelloBody): Uint8Array {
  return encodeBody(modes.indexOf(mode), id);
}

/** The body of exactly 33 bytes, or `undefined`. */
export function decodeHelloBody(bytes: Uint8Array): HelloBody | undefined {
  const mode = decodeBody(modes, bytes);
  return mode === undefined ? undefined : { mode, id: bytes.slice(1) };
}

/** 33 bytes. Throws a RangeError if the id does not have 32. */
export function encodeAnswerBody({ status, id }: AnswerBody): Uint8Array {
  return encodeBody(statuses.indexOf(status), id);
}

/** The body of exactly 33 bytes, or `undefined`. */
export function decodeAnswerBody(bytes: Uint8Array): AnswerBody | undefined {
  const status = decodeBody(statuses, bytes);
  return status === undefined ? undefined : { status, id: bytes.slice(1) };
}

/** Words are numbered from 1, so that a body of zeros is invalid. */
function encodeBody(index: number, id: Uint8Array): Uint8Array {
  exactly(id, ID);
  return concat(Uint8Array.of(index + 1), id);
}

function decodeBody<Word>(words: readonly Word[], bytes: Uint8Array): Word | undefined {
  return bytes.length === 1 + ID ? words[(bytes[0] ?? 0) - 1] : undefined;
}

function exactly(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes`);
}
