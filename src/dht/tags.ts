/**
 * The keys of one pair in one epoch. Without the epoch's secret, no two of its tags can be linked.
 */
import { labels, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider, SigningKeyPair } from "../crypto/index.ts";

const EMPTY = new Uint8Array(0);

/** Whose records of a pair: `a` for the inviter's, `b` for the invitee's. */
export type Direction = "a" | "b";

/** Which records of an epoch: those of one side of a pair, or of a slot of a group, 0 to 15. */
export type DirectionOrSlot = Direction | number;

export interface RendezvousKeys {
  /** 32 bytes: the Ed25519 public key under which the record is stored in the DHT. */
  readonly tag: Uint8Array;
  readonly signing: SigningKeyPair;
  /** 32 bytes: opens the record. */
  readonly seal: Uint8Array;
}

/**
 * The tag and keys of the records of one direction or slot.
 * @param epochSecret 32 bytes, from `secretAt` or `inviteSecretAt`; that of a group with a slot.
 */
export function rendezvousKeys(
  crypto: CryptoProvider,
  epochSecret: Uint8Array,
  direction: DirectionOrSlot,
): RendezvousKeys {
  const seed = derive(crypto, epochSecret, `${labels.recordSign} ${direction}`);
  const signing = crypto.signingFromSeed(seed);
  wipe(seed);
  const seal = derive(crypto, epochSecret, `${labels.recordSeal} ${direction}`);
  return { tag: signing.public, signing, seal };
}

/**
 * The key of one direction or slot on the public DHT, 32 bytes. It is not derived from the tag,
 * which nodes that store records see: without the epoch's secret the two cannot be linked.
 * @param epochSecret 32 bytes, from `secretAt` or `inviteSecretAt`.
 */
export function publicKey(
  crypto: CryptoProvider,
  epochSecret: Uint8Array,
  direction: DirectionOrSlot,
): Uint8Array {
  return derive(crypto, epochSecret, `${labels.publicKey} ${direction}`);
}

/** The key of this epoch's hellos, 32 bytes. */
export function linkKey(crypto: CryptoProvider, epochSecret: Uint8Array): Uint8Array {
  return derive(crypto, epochSecret, labels.linkKey);
}

/** The pre-shared key of a handshake between contacts, 32 bytes. */
export function linkPsk(crypto: CryptoProvider, key: Uint8Array): Uint8Array {
  return derive(crypto, key, labels.linkPsk);
}

function derive(crypto: CryptoProvider, secret: Uint8Array, label: string): Uint8Array {
  return crypto.hkdf(EMPTY, secret, utf8(label), 32);
}
