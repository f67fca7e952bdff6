/**
 * RatchetDecryptHE (Double Ratchet §4.4). Every branch works on values of its own, so a refusal
 * has nothing to undo.
 */
import { limits, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { HDECRYPT, type Header, openBody, type Parts, splitMessage } from "./header.ts";
import { chainMessageKey, KDF_HYBRID, nextChainKey } from "./kdf.ts";
import { sckaReceive } from "./kem-exchange.ts";
import { sckaReceiveChain, sckaReceiveKey } from "./scka.ts";
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
import { wipeSession } from "./wipe-session.ts";

/**
 * - malformed: lengths, numbers or an epoch that no peer of this version sends.
 * - forged: sealed under no key of this session, or damaged.
 * - replayed: the peer's own message, whose key was used before: it may be acknowledged again.
 * - expired: the peer's own message, whose key may have been dropped unused (number or age).
 * - too-far: it would skip more than `limits.skipPerMessage` messages of a chain.
 * - not-ready: it answers a ratchet key that we have not made.
 * - bad-key: its ratchet key is not a valid point, or its encapsulation key fails the checks of
 *   FIPS 203 §7.2.
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
  | {
      readonly kind: "opened";
      readonly plaintext: Uint8Array;
      readonly next: Session;
      /** Keys of skipped messages that were made: at most twice `limits.skipPerMessage`. */
      readonly skipped: number;
    }
  | OpenRefused;

/**
 * Decrypts one message, in any order within the bounds of `limits`. A refusal changes nothing;
 * `next` must be committed together with what the plaintext changes.
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
  const drafts: Session[] = [];
  const result = tryOpen({ crypto, parts, now, drafts, skipped: 0 }, session);
  const next = result.kind === "opened" ? result.next : undefined;
  for (const draft of drafts) wipeSession(draft, session, next);
  return result;
}

/** What stays the same while one message is opened. */
interface Opening {
  readonly crypto: CryptoProvider;
  readonly parts: Parts;
  /** ms, for the age of skipped keys. */
  readonly now: number;
  /** Each state between the session and the result: its own keys are wiped at the end. */
  readonly drafts: Session[];
  /** Keys of skipped messages that were made so far. */
  skipped: number;
}

/** A session that has received. */
type Receiver = Session & { readonly receiving: ActiveReceiving };

function tryOpen(opening: Opening, session: Session): Opened {
  const { crypto, parts } = opening;
  const { receiving, NHKr, AD } = session;
  if (receiving.kind === "active") {
    const header = HDECRYPT(crypto, receiving.HKr, parts, AD);
    if (header) return onCurrentChain(opening, { ...session, receiving }, header);
  }
  const header = HDECRYPT(crypto, NHKr, parts, AD);
  if (header) return onNewChain(opening, session, header);
  if (receiving.kind === "none") return refused("forged");
  const { old } = receiving.MKSKIPPED;
  for (let index = old.length - 1; index >= 0; index--) {
    const header = HDECRYPT(crypto, (old[index] as OldChain).HK, parts, AD);
    if (header) return onOldChain(opening, { ...session, receiving }, index, header);
  }
  return refused("forged");
}

function onCurrentChain(opening: Opening, session: Receiver, header: Header): Opened {
  const { receiving, scka } = session;
  if (header.scka.epoch !== scka.epoch) return refused("malformed");
  if (header.N >= receiving.Nr) return forward(opening, session, header);
  const { current, old } = receiving.MKSKIPPED;
  const used = withSkippedKey(opening, session, current, header);
  if (used.kind === "refused") return used;
  const MKSKIPPED = trimSkipped({ current: used.left, old }, opening.now);
  const next = { ...session, receiving: { ...receiving, MKSKIPPED } };
  return opened(opening, used.plaintext, next, header);
}

function onNewChain(opening: Opening, session: Session, header: Header): Opened {
  const { receiving, sending } = session;
  // Before we have made a key to be answered, only a peer that breaks the protocol gets here.
  if (sending.kind === "due") return refused("not-ready");
  const ended = receiving.kind === "active" ? receiving.Nr : 0;
  if (header.PN < ended) return refused("malformed");
  // A first chain has none before it.
  if (receiving.kind === "none" && header.PN !== 0) return refused("malformed");
  if (header.PN - ended > limits.skipPerMessage) return refused("too-far");
  if (header.N > limits.skipPerMessage) return refused("too-far");

  const before =
    receiving.kind === "active" ? skipTo(opening, { ...session, receiving }, header.PN) : session;
  const ours = { DHs: sending.DHs, Ns: sending.kind === "active" ? sending.Ns : 0 };
  const scka = sckaReceiveChain(before.scka, header.scka.epoch);
  if (scka === undefined) return refused("malformed");
  const stepped = stepReceiving(opening.crypto, before, ours, header.DH);
  if (stepped === undefined) return refused("bad-key");
  const onChain = { ...stepped, scka };
  opening.drafts.push(onChain);
  return forward(opening, onChain, header);
}

function onOldChain(opening: Opening, session: Receiver, index: number, header: Header): Opened {
  const { receiving } = session;
  const { current, old } = receiving.MKSKIPPED;
  const chain = old[index] as OldChain;
  if (header.scka.epoch !== chain.epoch || header.N >= chain.end) return refused("malformed");
  const used = withSkippedKey(opening, session, chain.skipped, header);
  if (used.kind === "refused") return used;
  const left = old.with(index, { ...chain, skipped: used.left });
  const MKSKIPPED = trimSkipped({ current, old: left }, opening.now);
  const next = { ...session, receiving: { ...receiving, MKSKIPPED } };
  return opened(opening, used.plaintext, next, header);
}

/** A message at or beyond the end of the receiving chain. */
function forward(opening: Opening, session: Receiver, header: Header): Opened {
  const { crypto, parts, now } = opening;
  const { N } = header;
  if (N >= CHAIN_LENGTH_MAX) return refused("malformed");
  if (N - session.receiving.Nr > limits.skipPerMessage) return refused("too-far");
  const { receiving, scka, AD } = skipTo(opening, session, N);
  const pq = sckaReceiveKey(crypto, scka);
  const mk = KDF_HYBRID(crypto, chainMessageKey(crypto, receiving.CKr), pq.pq_mk);
  const plaintext = openBody(crypto, mk, parts, AD);
  wipe(mk);
  if (plaintext === undefined) {
    wipe(pq.next.CKr);
    return refused("forged");
  }
  const next: Session = {
    ...session,
    receiving: {
      kind: "active",
      HKr: receiving.HKr,
      CKr: nextChainKey(crypto, receiving.CKr),
      Nr: N + 1,
      chain: receiving.chain,
      MKSKIPPED: trimSkipped(receiving.MKSKIPPED, now),
    },
    scka: pq.next,
  };
  return opened(opening, plaintext, next, header);
}

/**
 * The session with its receiving chain at position `until` and the keys of the messages before it
 * kept. Requires their number to be bounded.
 */
function skipTo(opening: Opening, session: Receiver, until: number): Receiver {
  const { crypto, now, drafts } = opening;
  const { receiving, scka } = session;
  if (until === receiving.Nr) return session;
  opening.skipped += until - receiving.Nr;
  const { current, old } = receiving.MKSKIPPED;
  let pqState = scka;
  const chain = { CK: receiving.CKr, from: receiving.Nr, until };
  const { keys, CK } = skipMessageKeys(current, chain, now, (CKr) => {
    const pq = sckaReceiveKey(crypto, pqState);
    // The first chain key still belongs to the session.
    if (pqState !== scka) wipe(pqState.CKr);
    pqState = pq.next;
    const mk = KDF_HYBRID(crypto, chainMessageKey(crypto, CKr), pq.pq_mk);
    return { mk, CK: nextChainKey(crypto, CKr) };
  });
  const MKSKIPPED = { current: keys, old };
  const skipped = {
    ...session,
    receiving: { ...receiving, CKr: CK, Nr: until, MKSKIPPED },
    scka: pqState,
  };
  drafts.push(skipped);
  return skipped;
}

/**
 * TrySkippedMessageKeysHE on the chain that the header belongs to. The key is removed only once the
 * body was authentic.
 */
function withSkippedKey(
  { crypto, parts, now }: Opening,
  { AD }: Session,
  keys: SkippedKeys,
  { N }: Header,
): { kind: "used"; plaintext: Uint8Array; left: SkippedKeys } | OpenRefused {
  const index = findSkipped(keys, N);
  if (index < 0) return refused(N < keys.lost ? "expired" : "replayed");
  const key = keys.list[index] as SkippedKey;
  if (isExpired(key, now)) return refused("expired");
  const plaintext = openBody(crypto, key.mk, parts, AD);
  if (plaintext === undefined) return refused("forged");
  return { kind: "used", plaintext, left: withoutSkipped(keys, index) };
}

/** The result for an authentic body, whose header takes effect only now. */
function opened(
  { crypto, now, drafts, skipped }: Opening,
  plaintext: Uint8Array,
  session: Session,
  header: Header,
): Opened {
  const scka = sckaReceive(crypto, session.scka, header.scka, now);
  if (typeof scka === "string") {
    drafts.push(session);
    return refused(scka);
  }
  return { kind: "opened", plaintext, next: { ...session, scka }, skipped };
}

function refused(why: OpenRefusal): OpenRefused {
  return { kind: "refused", why };
}
