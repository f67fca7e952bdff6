/**
 * The sparse post-quantum ratchet (Double Ratchet §5, "SCKA"). The rest of this module sees only
 * one key a message, an epoch number and opaque bytes in the header.
 *
 * Epoch 0 comes from the handshake. Each further epoch is one exchange of ML-KEM-768; the two sides
 * alternate as the maker of its key, the responder first (docs/SPEC.md §7):
 *
 * maker of the key resting → offering → agreed → taken → (answerer of the next epoch)
 * answerer awaiting → answering → (maker of the next epoch's key)
 *
 * Promises on which the rest relies:
 *
 * - Each message of the elliptic-curve chain takes one key of the sender's post-quantum chain, in
 *   lock-step, and the chain key is replaced as it is used: an old key cannot be derived again.
 * - A sending chain is of one epoch from its first message to its last. The sender takes up a newer
 *   epoch only with a new ratchet key, and that needs an answer of the peer's. So no chain is ever
 *   missed whole, and PN tells the receiver exactly how many keys of the older epoch are
 *   outstanding.
 * - The maker takes up an epoch first, once it has the whole ciphertext; the answerer made the
 *   secret before that. The answerer's next chain answers one of the new epoch, so it is of the new
 *   epoch too. Whether a new receiving chain may or must be of the next epoch follows from the
 *   stage only.
 * - What the header carries takes effect only once the body was authentic.
 *
 * The exchange itself is in kem-exchange.ts.
 */
import { labels, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider, KemKeyPair } from "../crypto/index.ts";
import type { Outgoing } from "./chunks.ts";
import { nextPqChainKey, pqChainMessageKey } from "./kdf.ts";
import {
  type PqChainKey,
  type PqMessageKey,
  type PqRootKey,
  type PqSeed,
  pqChainKey,
  pqRootKey,
} from "./keys.ts";

const CHAIN = utf8(labels.postQuantumChain);
const EMPTY = new Uint8Array(0);

/** Bytes of an encapsulation key and of a ciphertext (FIPS 203, ML-KEM-768). */
export const EK_BYTES = 1184;
export const CT_BYTES = 1088;

/** The chains of an epoch that is agreed on and not yet in use. */
export interface Chains {
  readonly CKs: PqChainKey;
  readonly CKr: PqChainKey;
}

/** The state of the next epoch. */
export type Stage =
  /**
   * Ours to begin, after `messages` messages, or a day after the first that came (`since`, ms; 0:
   * none).
   */
  | { readonly kind: "resting"; readonly messages: number; readonly since: number }
  /** Our key is being sent; `ct` is what has arrived of the ciphertext. */
  | {
      readonly kind: "offering";
      readonly pair: KemKeyPair;
      readonly out: Outgoing;
      readonly ct: Uint8Array;
    }
  /** The ciphertext has arrived; our next sending chain will be of the new epoch. */
  | { readonly kind: "agreed"; readonly chains: Chains }
  /** We send in the new epoch; the peer's next chain will be of it as well. */
  | { readonly kind: "taken"; readonly CKr: PqChainKey }
  /** The peer begins; `ek` is what has arrived of its key. */
  | { readonly kind: "awaiting"; readonly ek: Uint8Array }
  /** Our ciphertext is being sent, until the peer begins the epoch. */
  | {
      readonly kind: "answering";
      readonly ct: Uint8Array;
      readonly out: Outgoing;
      readonly chains: Chains;
    };

export interface Scka {
  /** Of the receiving chain. The sending chain is of the same, and of the next while `taken`. */
  readonly epoch: number;
  /** What the next secret is mixed into; of the next epoch already once that is agreed on. */
  readonly root: PqRootKey;
  readonly CKs: PqChainKey;
  readonly CKr: PqChainKey;
  readonly stage: Stage;
}

/** What a header says of this ratchet. */
export interface SckaHeader {
  /** Of the message's chain. */
  readonly epoch: number;
  /** At most `limits.sckaMessage` bytes. */
  readonly message: Uint8Array;
}

/** Epoch 0 from the handshake's 32-byte seed: a root and a chain for each direction. */
export function sckaInit(crypto: CryptoProvider, seed: PqSeed, initiator: boolean): Scka {
  const out = crypto.hkdf(EMPTY, seed, CHAIN, 96);
  const byInitiator = pqChainKey(out.slice(32, 64));
  const byResponder = pqChainKey(out.slice(64, 96));
  const root = pqRootKey(out.slice(0, 32));
  wipe(out);
  return {
    epoch: 0,
    root,
    CKs: initiator ? byInitiator : byResponder,
    CKr: initiator ? byResponder : byInitiator,
    stage: initiator ? { kind: "awaiting", ek: EMPTY } : resting,
  };
}

export const resting: Stage = { kind: "resting", messages: 0, since: 0 };

/**
 * The state for a new receiving chain of this epoch; `undefined` where no honest peer begins one.
 */
export function sckaReceiveChain(scka: Scka, epoch: number): Scka | undefined {
  const { stage } = scka;
  const next = epoch === scka.epoch + 1;
  if (stage.kind === "taken")
    return next
      ? { ...scka, epoch, CKr: stage.CKr, stage: { kind: "awaiting", ek: EMPTY } }
      : undefined;
  if (stage.kind === "answering" && next)
    return { ...scka, epoch, ...stage.chains, stage: resting };
  return epoch === scka.epoch ? scka : undefined;
}

/** The post-quantum key of the next message to send. */
export function sckaSendKey(
  crypto: CryptoProvider,
  scka: Scka,
): { pq_mk: PqMessageKey; next: Scka } {
  const pq_mk = pqChainMessageKey(crypto, scka.CKs);
  return { pq_mk, next: { ...scka, CKs: nextPqChainKey(crypto, scka.CKs) } };
}

/** The post-quantum key of the next message to receive. */
export function sckaReceiveKey(
  crypto: CryptoProvider,
  scka: Scka,
): { pq_mk: PqMessageKey; next: Scka } {
  const pq_mk = pqChainMessageKey(crypto, scka.CKr);
  return { pq_mk, next: { ...scka, CKr: nextPqChainKey(crypto, scka.CKr) } };
}
