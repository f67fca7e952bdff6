/**
 * Keys derived from the 16 secret bytes of an invite. Its root does not rotate: an invite lives for
 * days, and both sides must derive the same from the link only, so the epoch secrets are derived
 * independently of each other.
 */
import { concat, type InviteId, inviteId, labels, u64, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { epochOffset } from "./epoch.ts";

const EMPTY = new Uint8Array(0);

/**
 * The secret of an epoch (a non-negative integer), 32 bytes, to be used like a pair's
 * (`rendezvousKeys`, `linkKey`).
 */
export function inviteSecretAt(
  crypto: CryptoProvider,
  secret: Uint8Array,
  epoch: number,
): Uint8Array {
  const root = inviteRoot(crypto, secret);
  const info = concat(utf8(labels.inviteEpoch), u64(epoch));
  const derived = crypto.hkdf(EMPTY, root, info, 32);
  wipe(root);
  return derived;
}

/** The invite's epoch offset in ms, as `epochOffset`. */
export function inviteOffset(crypto: CryptoProvider, secret: Uint8Array): number {
  const root = inviteRoot(crypto, secret);
  const offset = epochOffset(crypto, root);
  wipe(root);
  return offset;
}

/** The pre-shared key of the handshake at first contact, 32 bytes. */
export function invitePsk(crypto: CryptoProvider, secret: Uint8Array): Uint8Array {
  return derive(crypto, secret, labels.invitePsk, 32);
}

/** The id of the invite on both sides; reveals nothing of the secret. */
export function inviteIdOf(crypto: CryptoProvider, secret: Uint8Array): InviteId {
  return inviteId.from(derive(crypto, secret, labels.inviteId, 16));
}

function inviteRoot(crypto: CryptoProvider, secret: Uint8Array): Uint8Array {
  return derive(crypto, secret, labels.inviteRoot, 32);
}

function derive(
  crypto: CryptoProvider,
  secret: Uint8Array,
  label: string,
  length: number,
): Uint8Array {
  if (secret.length !== 16) throw new RangeError("the secret of an invite has 16 bytes");
  return crypto.hkdf(EMPTY, secret, utf8(label), length);
}
