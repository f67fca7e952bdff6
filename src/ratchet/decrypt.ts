/**
 * RatchetDecryptHE (Double Ratchet §4.4). Every branch works on values of its own, so a refusal
 * has nothing to undo.
 */
import { limits, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { HDECRYPT, type Header, openBody, type Parts, splitMessage } from "./header.ts";
import { chainMessageKey, KDF_HYBRID, nextChainKey } from "./kdf.ts";
import { sckaReceive } from "./kem-exchange.ts";
import { type Scka, sckaReceiveChain, sckaReceiveKey } from "./scka.ts";
import { type ActiveReceiving, CHAIN_LENGTH_MAX, type Session } from "./session.ts";
import {
  findSkipped,
  isExpired,
  type OldChain,
  type SkippedKey,
  type SkippedKeys,
  skipMessageKeys,
  trimSkipped,
  withoutSkipped,
} from "./skipped.ts";
import { stepReceiving } from "./step.ts";

/**
 * - malformed: lengths, numbers or an epoch that no peer of this version sends.
 * - forged: under no key of this session, or damaged.
 * - replayed: the peer's own message, whose key was used before: it may be acknowledged again.
 * - expired: the peer's own message, whose key may have been dropped unused (number or age).
 * - too-far: it would skip more than `limits.skipPerMessage` messages of a chain.
 * - not-ready: it answers a ratchet key that we have not made.
 * - bad-key: its ratchet key is no good point, or its encapsulation key fails the checks of FIPS
 *   203 §7.2.
 */
export type OpenRefusal =
  | "malformed"
  | "forged"
  | "replayed"
  | "expired"
  | "too-far"
  | "not-ready"
  | "bad-key";

export interface OpenRefused {
  readonly kind: "refused";
  readonly why: OpenRefusal;
}

export type Opened =
  | { readonly kind: "opened"; readonly plaintext: Uint8Array; readonly next: Session }
  | OpenRefused;

/**
 * Opens one message, in any order within the bounds of `limits`. A refusal changes nothing; the
 * caller commits `next` together with what it makes of the plaintext.
 * @param now ms, for the age of skipped keys.
 */
export function open(
  crypto: CryptoProvider,
  session: Session,
  message: Uint8Array,
  now: number,
): Opened {
  const parts = splitMessage(message);
  if (parts === undefined) return refused("malformed");
  const { receiving, NHKr, AD } = session;
  if (receiving.kind === "active") {
    const header = HDECRYPT(crypto, receiving.HKr, parts, AD);
    if (header) return onCurrentChain(crypto, session, receiving, header, parts, now);
  }
  const header = HDECRYPT(crypto, NHKr, parts, AD);
  if (header) return onNewChain(crypto, session, header, parts, now);
  if (receiving.kind === "none") return refused("forged");
  const { old } = receiving.MKSKIPPED;
  for (let index = old.length - 1; index >= 0; index--) {
    const header = HDECRYPT(crypto, (old[index] as OldChain).HK, parts, AD);
    if (header) return onOldChain(crypto, session, receiving, index, header, parts, now);
  }
  return refused("forged");
}

function onCurrentChain(
  crypto: CryptoProvider,
  session: Session,
  receiving: ActiveReceiving,
  header: Header,
  parts: Parts,
  now: number,
): Opened {
  if (header.scka.epoch !== session.scka.epoch) return refused("malformed");
  if (header.N >= receiving.Nr) return forward(crypto, session, receiving, header, parts, now);
  const { current, old } = receiving.MKSKIPPED;
  const used = withSkippedKey(crypto, session, current, header, parts, now);
  if (used.kind === "refused") return used;
  const MKSKIPPED = trimSkipped({ current: used.left, old }, now);
  const next = { ...session, receiving: { ...receiving, MKSKIPPED } };
  return opened(crypto, used.plaintext, next, header, now);
}

function onNewChain(
  crypto: CryptoProvider,
  session: Session,
  header: Header,
  parts: Parts,
  now: number,
): Opened {
  const { receiving, sending } = session;
  // Before we have made a key to be answered, only a peer that breaks the protocol gets here.
  if (sending.kind === "due") return refused("not-ready");
  const ended = receiving.kind === "active" ? receiving.Nr : 0;
  if (header.PN < ended) return refused("malformed");
  // A first chain has none before it.
  if (receiving.kind === "none" && header.PN !== 0) return refused("malformed");
  if (header.PN - ended > limits.skipPerMessage) return refused("too-far");
  if (header.N > limits.skipPerMessage) return refused("too-far");

  let before = session;
  if (receiving.kind === "active") {
    const { chain, scka } = skipTo(crypto, receiving, session.scka, header.PN, now);
    before = { ...session, receiving: chain, scka };
  }
  const ours = { DHs: sending.DHs, Ns: sending.kind === "active" ? sending.Ns : 0 };
  const scka = sckaReceiveChain(before.scka, header.scka.epoch);
  if (scka === undefined) return refused("malformed");
  const stepped = stepReceiving(crypto, before, ours, header.DH);
  if (stepped === undefined) return refused("bad-key");
  return forward(crypto, { ...stepped, scka }, stepped.receiving, header, parts, now);
}

function onOldChain(
  crypto: CryptoProvider,
  session: Session,
  receiving: ActiveReceiving,
  index: number,
  header: Header,
  parts: Parts,
  now: number,
): Opened {
  const { current, old } = receiving.MKSKIPPED;
  const chain = old[index] as OldChain;
  if (header.scka.epoch !== chain.epoch || header.N >= chain.end) return refused("malformed");
  const used = withSkippedKey(crypto, session, chain.skipped, header, parts, now);
  if (used.kind === "refused") return used;
  const left = old.with(index, { ...chain, skipped: used.left });
  const MKSKIPPED = trimSkipped({ current, old: left }, now);
  const next = { ...session, receiving: { ...receiving, MKSKIPPED } };
  return opened(crypto, used.plaintext, next, header, now);
}

/** A message at or beyond the end of the receiving chain. */
function forward(
  crypto: CryptoProvider,
  session: Session,
  receiving: ActiveReceiving,
  header: Header,
  parts: Parts,
  now: number,
): Opened {
  const { N } = header;
  if (N >= CHAIN_LENGTH_MAX) return refused("malformed");
  if (N - receiving.Nr > limits.skipPerMessage) return refused("too-far");
  const { chain, scka } = skipTo(crypto, receiving, session.scka, N, now);
  const pq = sckaReceiveKey(crypto, scka);
  const mk = KDF_HYBRID(crypto, chainMessageKey(crypto, chain.CKr), pq.pq_mk);
  const plaintext = openBody(crypto, mk, parts, session.AD);
  wipe(mk);
  if (plaintext === undefined) return refused("forged");
  const next: Session = {
    ...session,
    receiving: {
      kind: "active",
      HKr: chain.HKr,
      CKr: nextChainKey(crypto, chain.CKr),
      Nr: N + 1,
      MKSKIPPED: trimSkipped(chain.MKSKIPPED, now),
    },
    scka: pq.next,
  };
  return opened(crypto, plaintext, next, header, now);
}

/**
 * The receiving chain at `until`, with the keys of the messages before it kept. The caller has
 * bounded their number.
 */
function skipTo(
  crypto: CryptoProvider,
  receiving: ActiveReceiving,
  scka: Scka,
  until: number,
  now: number,
): { chain: ActiveReceiving; scka: Scka } {
  if (until === receiving.Nr) return { chain: receiving, scka };
  const { current, old } = receiving.MKSKIPPED;
  let pqState = scka;
  const chain = { CK: receiving.CKr, from: receiving.Nr, until };
  const { keys, CK } = skipMessageKeys(current, chain, now, (CKr) => {
    const pq = sckaReceiveKey(crypto, pqState);
    pqState = pq.next;
    const mk = KDF_HYBRID(crypto, chainMessageKey(crypto, CKr), pq.pq_mk);
    return { mk, CK: nextChainKey(crypto, CKr) };
  });
  const MKSKIPPED = { current: keys, old };
  return { chain: { ...receiving, CKr: CK, Nr: until, MKSKIPPED }, scka: pqState };
}

/**
 * TrySkippedMessageKeysHE on the chain that the header belongs to. The key goes only once the body
 * has opened.
 */
function withSkippedKey(
  crypto: CryptoProvider,
  { AD }: Session,
  keys: SkippedKeys,
  { N }: Header,
  parts: Parts,
  now: number,
): { kind: "used"; plaintext: Uint8Array; left: SkippedKeys } | OpenRefused {
  const index = findSkipped(keys, N);
  if (index < 0) return refused(N < keys.lost ? "expired" : "replayed");
  const key = keys.list[index] as SkippedKey;
  if (isExpired(key, now)) return refused("expired");
  // The key itself is not wiped: the session that the caller still has holds it too.
  const plaintext = openBody(crypto, key.mk, parts, AD);
  if (plaintext === undefined) return refused("forged");
  return { kind: "used", plaintext, left: withoutSkipped(keys, index) };
}

/** The body was authentic: only now does what its header carried count. */
function opened(
  crypto: CryptoProvider,
  plaintext: Uint8Array,
  session: Session,
  header: Header,
  now: number,
): Opened {
  const scka = sckaReceive(crypto, session.scka, header.scka, now);
  if (typeof scka === "string") return refused(scka);
  return { kind: "opened", plaintext, next: { ...session, scka } };
}

function refused(why: OpenRefusal): OpenRefused {
  return { kind: "refused", why };
}
