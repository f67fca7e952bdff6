/**
 * RatchetEncryptHE (Double Ratchet §4.4), with the post-quantum key mixed into each message key
 * (§7).
 */
import { wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { HENCRYPT, sealMessage } from "./header.ts";
import { chainMessageKey, KDF_HYBRID, nextChainKey } from "./kdf.ts";
import { sckaSend } from "./kem-exchange.ts";
import { capacityFor } from "./kem-exchange-capacity.ts";
import { sckaSendKey } from "./scka.ts";
import { canSeal, type Session } from "./session.ts";
import { stepSending } from "./step.ts";

/**
 * Encrypts one message. `next` must be committed before the message leaves the machine, and a
 * retransmission must send these same bytes.
 * @returns `message`, `MESSAGE_OVERHEAD` bytes longer than the plaintext, and while a post-quantum
 * exchange is in progress longer by up to what its frame leaves free (`capacityFor`).
 * @throws RangeError where `canSeal` is false.
 */
export function seal(
  crypto: CryptoProvider,
  session: Session,
  plaintext: Uint8Array,
): { message: Uint8Array; next: Session } {
  const before = session.sending;
  const stepped = before.kind === "due" ? stepSending(crypto, session, before) : session;
  const { sending } = stepped;
  if (sending.kind !== "active" || !canSeal(session))
    throw new RangeError("this session cannot send now");
  const { DHs, HKs, CKs, Ns, PN } = sending;

  const newChain = before.kind === "due";
  const capacity = capacityFor(plaintext.length, newChain);
  const carried = sckaSend(crypto, session.scka, newChain, capacity);
  const pq = sckaSendKey(crypto, carried.next);
  const mk = KDF_HYBRID(crypto, chainMessageKey(crypto, CKs), pq.pq_mk);
  const nextCKs = nextChainKey(crypto, CKs);

  const header = { DH: DHs.public, PN, N: Ns, scka: carried.header };
  const sealed = HENCRYPT(crypto, HKs, header, session.AD);
  const message = sealMessage(crypto, mk, sealed, plaintext, session.AD);
  wipe(mk);
  // The first key of a new chain is in neither session.
  if (newChain) wipe(CKs);

  const next: Session = {
    ...stepped,
    sending: { kind: "active", DHs, HKs, CKs: nextCKs, Ns: Ns + 1, PN },
    scka: pq.next,
  };
  return { message, next };
}
