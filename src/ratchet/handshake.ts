/**
 * The link handshake, Noise_XXhfs+psk0_25519+MLKEM768_ChaChaPoly_SHA256, sans-io:
 *
 * -> psk, e, e1
 * <- e, ee, ekem1, s, es
 * -> s, se
 *
 * `s` are device keys, `e1` an ML-KEM-768 encapsulation key, `ekem1` its ciphertext. This layer
 * does not know whose device a key is, nor what the payloads contain: its user checks both.
 *
 * Reading leaves its state as it was, so a refused message costs nothing and the true one may still
 * come. The one-time keys therefore stay in the states until `endHandshake` wipes them. Writing
 * spends its state: two payloads under one state would share a key and nonce.
 */
import { labels, limits } from "../base/index.ts";
import type { CryptoProvider, DhKeyPair } from "../crypto/index.ts";
import { type HandshakePattern, HandshakeState, type NoiseRefusal } from "./noise.ts";
import type { Session } from "./session.ts";
import {
  deriveOutputs,
  type HandshakeOutputs,
  initiatorSession,
  responderSession,
} from "./session-init.ts";

export interface HandshakeOptions {
  /** 32 bytes: the invite's secret, or the pair's key. */
  readonly psk: Uint8Array;
  /** What both sides must agree on before the first byte. */
  readonly prologue: Uint8Array;
  /** Our static key. */
  readonly device: DhKeyPair;
}

/**
 * malformed: a length that no peer of this version sends. forged: not authentic, or made with
 * another psk, prologue or key. bad-key: a point or an encapsulation key that no honest peer sends.
 */
export type HandshakeRefusal = NoiseRefusal;

export interface HandshakeRefused {
  readonly kind: "refused";
  readonly why: HandshakeRefusal;
}

/** The initiator, after message 1. */
export interface AwaitingMessage2 {
  readonly awaits: "message2";
  readonly noise: HandshakeState;
}

/** The initiator, after message 2. Good for one `writeMessage3`. */
export interface ReadyForMessage3 {
  readonly ready: "message3";
  readonly noise: HandshakeState;
}

/** The responder, after message 1. Good for one `writeMessage2`. */
export interface ReadyForMessage2 {
  readonly ready: "message2";
  readonly noise: HandshakeState;
}

/** The responder, after message 2. */
export interface AwaitingMessage3 {
  readonly awaits: "message3";
  readonly noise: HandshakeState;
}

const EMPTY = new Uint8Array(0);
const TAG_LENGTH = 16;
/** e 32, sealed e1 1184 + 16, tag of the empty payload. */
const MESSAGE1_LENGTH = 32 + 1184 + TAG_LENGTH + TAG_LENGTH;
/** e 32, sealed ekem1 1088 + 16, sealed s 32 + 16, tag of the payload. */
const MESSAGE2_OVERHEAD = 32 + 1088 + TAG_LENGTH + 32 + TAG_LENGTH + TAG_LENGTH;
/** Sealed s 32 + 16, tag of the payload. */
const MESSAGE3_OVERHEAD = 32 + TAG_LENGTH + TAG_LENGTH;

/** XX (Noise §7.5) with the hfs and psk0 modifiers. */
export const linkPattern: HandshakePattern = {
  name: labels.handshakeName,
  initiatorPre: [],
  responderPre: [],
  messages: [
    ["psk", "e", "e1"],
    ["e", "ee", "ekem1", "s", "es"],
    ["s", "se"],
  ],
};

/**
 * Starts a handshake. Message 1 has 1248 bytes and no payload. Throws a RangeError for a psk that
 * is not 32 bytes.
 */
export function initiate(
  crypto: CryptoProvider,
  options: HandshakeOptions,
): { message1: Uint8Array; state: AwaitingMessage2 } {
  const noise = begin(crypto, options, true);
  return { message1: written(noise.writeMessage(EMPTY)), state: { awaits: "message2", noise } };
}

/** Reads message 1, which carries no payload: `payload` is empty. */
export function respond(
  crypto: CryptoProvider,
  options: HandshakeOptions,
  message1: Uint8Array,
): { kind: "read"; payload: Uint8Array; state: ReadyForMessage2 } | HandshakeRefused {
  if (message1.length !== MESSAGE1_LENGTH) return refused("malformed");
  const noise = begin(crypto, options, false);
  const payload = noise.readMessage(message1);
  if (typeof payload === "string") {
    noise.wipe();
    return refused(payload);
  }
  return { kind: "read", payload, state: { ready: "message2", noise } };
}

/**
 * Message 2: 1200 bytes and the payload. Refuses where the keys of message 1 are bad; spends the
 * state. Throws a RangeError for a payload beyond `limits.handshakePayload` and for a spent state.
 */
export function writeMessage2(
  _crypto: CryptoProvider,
  state: ReadyForMessage2,
  payload: Uint8Array,
): { kind: "written"; message2: Uint8Array; state: AwaitingMessage3 } | HandshakeRefused {
  requirePayload(payload);
  spend(state);
  const noise = state.noise.clone();
  const message2 = noise.writeMessage(payload);
  if (typeof message2 === "string") return refused(message2);
  return { kind: "written", message2, state: { awaits: "message3", noise } };
}

/** Reads message 2. `device` is the responder's static key, 32 bytes, proven to be theirs. */
export function readMessage2(
  _crypto: CryptoProvider,
  state: AwaitingMessage2,
  message2: Uint8Array,
):
  | { kind: "read"; payload: Uint8Array; device: Uint8Array; state: ReadyForMessage3 }
  | HandshakeRefused {
  if (!fits(message2, MESSAGE2_OVERHEAD)) return refused("malformed");
  const noise = state.noise.clone();
  const payload = noise.readMessage(message2);
  if (typeof payload === "string") return refused(payload);
  return { kind: "read", payload, device: noise.rs, state: { ready: "message3", noise } };
}

/**
 * Message 3: 64 bytes and the payload. The session can send at once. Spends the state. Throws as
 * `writeMessage2` does.
 */
export function writeMessage3(
  crypto: CryptoProvider,
  state: ReadyForMessage3,
  payload: Uint8Array,
): { message3: Uint8Array; session: Session; outputs: HandshakeOutputs } {
  requirePayload(payload);
  spend(state);
  const noise = state.noise.clone();
  const message3 = written(noise.writeMessage(payload));
  const { keys, outputs } = deriveOutputs(crypto, noise.symmetric);
  const session = initiatorSession(crypto, keys, noise.re);
  return { message3, session, outputs };
}

/**
 * Reads message 3. `device` is the initiator's static key, 32 bytes. The session sends once it has
 * received.
 */
export function readMessage3(
  crypto: CryptoProvider,
  state: AwaitingMessage3,
  message3: Uint8Array,
):
  | {
      kind: "read";
      payload: Uint8Array;
      device: Uint8Array;
      session: Session;
      outputs: HandshakeOutputs;
    }
  | HandshakeRefused {
  if (!fits(message3, MESSAGE3_OVERHEAD)) return refused("malformed");
  const noise = state.noise.clone();
  const payload = noise.readMessage(message3);
  if (typeof payload === "string") return refused(payload);
  const { keys, outputs } = deriveOutputs(crypto, noise.symmetric);
  const session = responderSession(crypto, keys, noise.releaseE());
  return { kind: "read", payload, device: noise.rs, session, outputs };
}

/**
 * Overwrites the chaining keys, cipher keys and one-time keys of a handshake, those of all its
 * states. Due once it is over, whatever its result; a session that came of it is not touched.
 * @param state any state of the handshake; none of them is usable afterwards.
 */
export function endHandshake({ noise }: { readonly noise: HandshakeState }): void {
  noise.wipe();
}

function begin(crypto: CryptoProvider, options: HandshakeOptions, initiator: boolean) {
  if (options.psk.length !== 32) throw new RangeError("a psk has 32 bytes");
  return new HandshakeState(crypto, {
    pattern: linkPattern,
    initiator,
    prologue: options.prologue,
    s: options.device,
    psks: [options.psk],
  });
}

/** States whose message was written. Weak, so that an abandoned handshake can be collected. */
const spent = new WeakSet<ReadyForMessage2 | ReadyForMessage3>();

function spend(state: ReadyForMessage2 | ReadyForMessage3): void {
  if (spent.has(state)) throw new RangeError("this handshake state has written its message");
  spent.add(state);
}

function requirePayload(payload: Uint8Array): void {
  if (payload.length > limits.handshakePayload)
    throw new RangeError(`a handshake payload has at most ${limits.handshakePayload} bytes`);
}

function fits(message: Uint8Array, overhead: number): boolean {
  return message.length >= overhead && message.length <= overhead + limits.handshakePayload;
}

/**
 * For messages that no peer can spoil: the first has no key of theirs in it, and in the third `se`
 * uses the point that `ee` has accepted, since only the point decides whether X25519 gives zero.
 */
function written(message: Uint8Array | "bad-key"): Uint8Array {
  if (message === "bad-key") throw new RangeError("a key that was accepted is bad");
  return message;
}

function refused(why: HandshakeRefusal): HandshakeRefused {
  return { kind: "refused", why };
}
