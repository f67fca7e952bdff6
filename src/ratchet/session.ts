/**
 * A session: Double Ratchet (Signal, revision 4, §4 header encryption variant), with the fields
 * named as there. Values never change: each step makes a new one that shares what it did not
 * replace, so the old one stays usable when a commit fails. `wipeSession` overwrites what only the
 * old one holds, once the new one is committed.
 */
import type { DhKeyPair } from "../crypto/index.ts";
import type { ChainKey, HeaderKey, NextHeaderKey, RootKey } from "./keys.ts";
import type { Scka } from "./scka.ts";
import { type Skipped, trimSkipped } from "./skipped.ts";

/** A ratchet key pair of ours; the peer's are bare public keys. */
export type OurRatchetKey = DhKeyPair;
/** 32 bytes, checked to be a valid point. */
export type TheirRatchetKey = Uint8Array;

/**
 * The sending half.
 *
 * - silent: the responder before its first message arrived; only its handshake key exists.
 * - due: the peer has sent a ratchet key that we have not answered. The next send makes the new
 *   DHs, its DH output and the chain, so that receiving costs one DH and an idle session holds no
 *   unused key.
 * - active: a sending chain.
 */
export type Sending =
  | { readonly kind: "silent"; readonly DHs: OurRatchetKey }
  | { readonly kind: "due"; readonly DHr: TheirRatchetKey; readonly PN: number }
  | {
      readonly kind: "active";
      readonly DHs: OurRatchetKey;
      readonly HKs: HeaderKey;
      readonly CKs: ChainKey;
      readonly Ns: number;
      readonly PN: number;
    };

/** The receiving half. */
export type Receiving =
  | { readonly kind: "none" }
  | {
      readonly kind: "active";
      readonly HKr: HeaderKey;
      readonly CKr: ChainKey;
      readonly Nr: number;
      /** Number of the chain, modulo `CHAIN_NUMBERS`: it names the rows of its skipped keys. */
      readonly chain: number;
      readonly MKSKIPPED: Skipped;
    };

export type ActiveReceiving = Extract<Receiving, { kind: "active" }>;

export interface Session {
  /** 32 bytes, the same on both sides, from the handshake. */
  readonly id: Uint8Array;
  /** 32 bytes: the handshake's hash, which binds both identities and all that was agreed. */
  readonly AD: Uint8Array;
  readonly RK: RootKey;
  readonly NHKs: NextHeaderKey;
  readonly NHKr: NextHeaderKey;
  readonly sending: Sending;
  readonly receiving: Receiving;
  /** The post-quantum ratchet. */
  readonly scka: Scka;
}

/**
 * Chain numbers before they start again: more than a session has chains at one time, the current
 * one and `limits.oldChains`.
 */
export const CHAIN_NUMBERS = 8;

/** A chain's count of messages stays below this, so that it fits the header's 32 bits as PN. */
export const CHAIN_LENGTH_MAX = 0xffff_ffff;

/**
 * Whether `seal` may be called: not before a responder has received a message, nor on a full chain.
 */
export function canSeal({ sending }: Session): boolean {
  if (sending.kind === "active") return sending.Ns < CHAIN_LENGTH_MAX;
  return sending.kind === "due";
}

/**
 * The session without skipped keys older than `limits.skippedKeyAge`; the same object where there
 * are none. Receiving drops them, too, but a session may be idle for long.
 * @param now ms.
 */
export function withoutExpiredKeys(session: Session, now: number): Session {
  const { receiving } = session;
  if (receiving.kind === "none") return session;
  const MKSKIPPED = trimSkipped(receiving.MKSKIPPED, now);
  if (MKSKIPPED === receiving.MKSKIPPED) return session;
  return { ...session, receiving: { ...receiving, MKSKIPPED } };
}
