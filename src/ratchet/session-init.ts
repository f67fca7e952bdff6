/**
 * From a finished handshake to the first session on each side (Double Ratchet §4.3,
 * RatchetInit…HE).
 */
import { concat, labels, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider, DhKeyPair } from "../crypto/index.ts";
import {
  type NextHeaderKey,
  nextHeaderKey,
  type PqSeed,
  pqSeed,
  type RootKey,
  rootKey,
} from "./keys.ts";
import { sckaInit } from "./scka.ts";
import type { Session } from "./session.ts";
import type { SymmetricState } from "./symmetric.ts";

export interface HandshakeOutputs {
  /** 32 bytes, public between the two: names the session. */
  readonly sessionId: Uint8Array;
  /** 32 bytes, secret: the root of the pair's rendezvous keys at first contact. */
  readonly pairRoot: Uint8Array;
}

/** What the handshake leaves to the ratchet, in the order in which it is derived. */
export interface SessionKeys {
  readonly h: Uint8Array;
  readonly RK: RootKey;
  /** Header key of the initiator's first chain. */
  readonly HKi: NextHeaderKey;
  /** Header key of the responder's first chain. */
  readonly HKr: NextHeaderKey;
  readonly pqSeed: PqSeed;
  readonly id: Uint8Array;
}

const EMPTY = new Uint8Array(0);
const SESSION_KEYS = utf8(labels.sessionKeys);
const PAIR_ROOT = utf8(labels.pairRoot);

/**
 * HKDF(ikm ck, info label ‖ h). The transcript's hash is in each, so two sides that do not agree
 * on everything derive keys that have nothing in common.
 */
export function deriveOutputs(
  crypto: CryptoProvider,
  { ck, h }: SymmetricState,
): { keys: SessionKeys; outputs: HandshakeOutputs } {
  const out = crypto.hkdf(EMPTY, ck, concat(SESSION_KEYS, h), 160);
  const keys = {
    h,
    RK: rootKey(out.slice(0, 32)),
    HKi: nextHeaderKey(out.slice(32, 64)),
    HKr: nextHeaderKey(out.slice(64, 96)),
    pqSeed: pqSeed(out.slice(96, 128)),
    id: out.slice(128, 160),
  };
  wipe(out);
  const pairRoot = crypto.hkdf(EMPTY, ck, concat(PAIR_ROOT, h), 32);
  return { keys, outputs: { sessionId: keys.id.slice(), pairRoot } };
}

/**
 * The initiator's session, which can send at once: the responder's handshake key is the ratchet key
 * that it answers.
 */
export function initiatorSession(
  crypto: CryptoProvider,
  keys: SessionKeys,
  DHr: Uint8Array,
): Session {
  return {
    ...sharedPart(crypto, keys, true),
    NHKs: keys.HKi,
    NHKr: keys.HKr,
    sending: { kind: "due", DHr, PN: 0 },
  };
}

/**
 * The responder's session. Its handshake key is its first ratchet key; it cannot send until the
 * initiator has answered that key.
 */
export function responderSession(
  crypto: CryptoProvider,
  keys: SessionKeys,
  DHs: DhKeyPair,
): Session {
  return {
    ...sharedPart(crypto, keys, false),
    NHKs: keys.HKr,
    NHKr: keys.HKi,
    sending: { kind: "silent", DHs },
  };
}

function sharedPart(
  crypto: CryptoProvider,
  { id, h, RK, pqSeed: seed }: SessionKeys,
  initiator: boolean,
) {
  const scka = sckaInit(crypto, seed, initiator);
  wipe(seed);
  return { id, AD: h, RK, receiving: { kind: "none" }, scka } as const;
}
