/**
 * Where members of a group publish their records: the secret of an epoch, out of a rendezvous
 * secret that does not turn, and the slot of a member in it (docs/SPEC.md, groups).
 */
import { concat, labels, u64, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { type MemberId, memberId } from "./ids.ts";
import type { RendezvousSecret } from "./keys.ts";
import { groupLimits } from "./limits.ts";

const EMPTY = new Uint8Array(0);

/**
 * The root of a rendezvous secret, 32 bytes, out of which the epoch's offset is derived as a pair's
 * (`epochOffset`). To be erased after that.
 */
export function rendezvousRoot(crypto: CryptoProvider, secret: RendezvousSecret): Uint8Array {
  return crypto.hkdf(EMPTY, secret, utf8(labels.groupRendezvousRoot), 32);
}

/**
 * The secret of an epoch (a non-negative integer), 32 bytes, to be used like a pair's. Every epoch
 * can be derived while the rendezvous secret is kept: members who lag still find each other.
 */
export function rendezvousSecretAt(
  crypto: CryptoProvider,
  secret: RendezvousSecret,
  epoch: number,
): Uint8Array {
  const root = rendezvousRoot(crypto, secret);
  const info = concat(utf8(labels.groupRendezvousEpoch), u64(epoch));
  const derived = crypto.hkdf(EMPTY, root, info, 32);
  wipe(root);
  return derived;
}

/** How many slots a generation has: 4 up to 8 recipients, else 16. Equal for all that hold it. */
export function slotsFor(recipients: number): number {
  return recipients <= groupLimits.fewRecipients ? groupLimits.fewSlots : groupLimits.slots;
}

/**
 * The slot of a member in an epoch: HMAC(epoch secret, label ‖ member)[0] mod slots. It differs
 * from epoch to epoch, so no two members share one for long.
 */
export function slotOf(
  crypto: CryptoProvider,
  epochSecret: Uint8Array,
  member: MemberId,
  recipients: number,
): number {
  const drawn = crypto.hmac(epochSecret, concat(utf8(labels.groupSlot), memberId.bytes(member)));
  // Both counts of slots divide 256: no slot is preferred.
  return (drawn[0] as number) % slotsFor(recipients);
}
