/** The Diffie-Hellman ratchet's step (Double Ratchet §4.4, DHRatchetHE), in two halves. */
import type { CryptoProvider } from "../crypto/index.ts";
import { type RatchetKdf, sottoKdf } from "./kdf.ts";
import { dhOutput, headerKey } from "./keys.ts";
import {
  type ActiveReceiving,
  CHAIN_NUMBERS,
  type OurRatchetKey,
  type Sending,
  type Session,
  type TheirRatchetKey,
} from "./session.ts";
import { noneSkipped, retireChain } from "./skipped.ts";

/**
 * The receiving half: a new ratchet key of the peer's ends the receiving chain, begins the next,
 * and makes a sending step due. `DHs` and `Ns` are those of our key that the peer has answered.
 * `undefined` where the peer's key is not a valid point.
 */
export function stepReceiving(
  crypto: CryptoProvider,
  session: Session,
  { DHs, Ns }: { DHs: OurRatchetKey; Ns: number },
  DHr: TheirRatchetKey,
  { KDF_RK }: RatchetKdf = sottoKdf,
): (Session & { receiving: ActiveReceiving }) | undefined {
  const dhOut = crypto.dh(DHs, DHr);
  if (dhOut === undefined) return undefined;
  const { RK, CK, NHK } = KDF_RK(crypto, session.RK, dhOutput(dhOut));
  const { receiving, scka } = session;
  const MKSKIPPED =
    receiving.kind === "active"
      ? retireChain(receiving.MKSKIPPED, {
          HK: receiving.HKr,
          epoch: scka.epoch,
          end: receiving.Nr,
        })
      : noneSkipped;
  return {
    ...session,
    RK,
    NHKr: NHK,
    sending: { kind: "due", DHr, PN: Ns },
    receiving: {
      kind: "active",
      HKr: headerKey(session.NHKr),
      CKr: CK,
      Nr: 0,
      chain: receiving.kind === "active" ? (receiving.chain + 1) % CHAIN_NUMBERS : 0,
      MKSKIPPED,
    },
  };
}

/** The sending half: a new ratchet key of ours and the chain that begins with it. */
export function stepSending(
  crypto: CryptoProvider,
  session: Session,
  { DHr, PN }: Extract<Sending, { kind: "due" }>,
  { KDF_RK }: RatchetKdf = sottoKdf,
): Session & { sending: Extract<Sending, { kind: "active" }> } {
  const DHs = crypto.dhGenerate();
  const dhOut = crypto.dh(DHs, DHr);
  // The receiving half has used this point, and whether X25519 gives zero depends only on the
  // point.
  if (dhOut === undefined) throw new RangeError("a ratchet key that was accepted is bad");
  const { RK, CK, NHK } = KDF_RK(crypto, session.RK, dhOutput(dhOut));
  return {
    ...session,
    RK,
    NHKs: NHK,
    sending: { kind: "active", DHs, HKs: headerKey(session.NHKs), CKs: CK, Ns: 0, PN },
  };
}
