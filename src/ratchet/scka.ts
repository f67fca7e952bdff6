/**
 * The sparse post-quantum ratchet (Double Ratchet §5, "SCKA"), behind the five functions below: the
 * rest of this room sees a chain key a message, an epoch number and opaque bytes in the header.
 *
 * Promises on which the rest relies, whatever runs behind them:
 *
 * - Each message of the elliptic-curve chain takes one key of the sender's post-quantum chain, in
 *   lock-step, and the chain key is replaced as it is taken: an old key cannot be made again.
 * - A sending chain is of one epoch from its first message to its last. The sender takes up a newer
 *   epoch only with a new ratchet key, and that needs an answer of the peer's. So no chain is ever
 *   missed whole, and PN tells the receiver exactly how many keys of the older epoch are outstanding.
 * - The sender takes up an epoch only when the receiver can have its key: by what the same header
 *   carries, or by what the receiver has acknowledged.
 * - What the header carries is in force only once the body was authentic.
 *
 * Protocol version 1 has one epoch, number 0, whose seed holds the handshake's ML-KEM-768 secret, and
 * headers carry no bytes for it. `root` is what a later epoch's secret will be mixed into.
 */
import { labels, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { chainMessageKey, nextChainKey } from "./kdf.ts";

const CHAIN = utf8(labels.postQuantumChain);
const EMPTY = new Uint8Array(0);

export interface Scka {
  readonly root: Uint8Array;
  readonly CKs: Uint8Array;
  readonly CKr: Uint8Array;
}

/** What a header says of this ratchet. */
export interface SckaHeader {
  readonly epoch: number;
  /** At most `limits.sckaMessage` bytes. */
  readonly message: Uint8Array;
}

const HEADER_OF_EPOCH_0: SckaHeader = { epoch: 0, message: EMPTY };

/** Epoch 0 from the handshake's 32-byte seed: a root and a chain for each direction. */
export function sckaInit(crypto: CryptoProvider, seed: Uint8Array, initiator: boolean): Scka {
  const out = crypto.hkdf(EMPTY, seed, CHAIN, 96);
  const byInitiator = out.slice(32, 64);
  const byResponder = out.slice(64, 96);
  const root = out.slice(0, 32);
  wipe(out);
  return {
    root,
    CKs: initiator ? byInitiator : byResponder,
    CKr: initiator ? byResponder : byInitiator,
  };
}

/** SCKASend. `newChain` says that the message is the first of its sending chain, where the epoch may change. */
export function sckaSend(scka: Scka, _newChain: boolean): { header: SckaHeader; next: Scka } {
  return { header: HEADER_OF_EPOCH_0, next: scka };
}

/**
 * SCKAReceive: the state after a header's bytes, or `undefined` where no honest peer sends them.
 * `chain` says whether the message begins a receiving chain, is on it, or is on an older one.
 */
export function sckaReceive(
  scka: Scka,
  { epoch, message }: SckaHeader,
  _chain: "new" | "current" | "old",
): Scka | undefined {
  return epoch === 0 && message.length === 0 ? scka : undefined;
}

/** The post-quantum key of the next message to send. */
export function sckaSendKey(crypto: CryptoProvider, scka: Scka): { pq_mk: Uint8Array; next: Scka } {
  const pq_mk = chainMessageKey(crypto, scka.CKs);
  return { pq_mk, next: { ...scka, CKs: nextChainKey(crypto, scka.CKs) } };
}

/** The post-quantum key of the next message to receive. */
export function sckaReceiveKey(
  crypto: CryptoProvider,
  scka: Scka,
): { pq_mk: Uint8Array; next: Scka } {
  const pq_mk = chainMessageKey(crypto, scka.CKr);
  return { pq_mk, next: { ...scka, CKr: nextChainKey(crypto, scka.CKr) } };
}
