/** Swapped keys of the ratchet, which the type check must reject. Nothing here runs. */
import {
  HDECRYPT,
  HENCRYPT,
  type Header,
  type Parts,
  sealMessage,
} from "../../src/ratchet/header.ts";
import {
  chainMessageKey,
  KDF_EPOCH,
  KDF_HYBRID,
  KDF_RK,
  nextChainKey,
} from "../../src/ratchet/kdf.ts";
import * as keys from "../../src/ratchet/keys.ts";
import { sckaInit } from "../../src/ratchet/scka.ts";
import type { Session } from "../../src/ratchet/session.ts";
import { node } from "./support.ts";

const bytes = new Uint8Array(32);

/** Each line with an expected error is a swap; without one the type check reports it. */
export function swaps(session: Session, header: Header, parts: Parts): void {
  const { RK, NHKs, NHKr, AD, scka, sending, receiving } = session;
  if (sending.kind !== "active" || receiving.kind !== "active") return;
  const { HKs, CKs } = sending;
  const ec = keys.ecMessageKey(bytes);
  const pq = keys.pqMessageKey(bytes);
  const mk = keys.messageKey(bytes);
  const front = { bodyAD: bytes, nonce: bytes };

  // @ts-expect-error: a chain key for the root key
  KDF_RK(node, CKs, keys.dhOutput(bytes));
  // @ts-expect-error: a KEM secret for a DH output
  KDF_RK(node, RK, keys.kemSecret(bytes));
  // @ts-expect-error: the root key for a chain key
  nextChainKey(node, RK);
  // @ts-expect-error: a header key for a chain key
  nextChainKey(node, HKs);
  // @ts-expect-error: a post-quantum chain key for an elliptic-curve one
  chainMessageKey(node, scka.CKs);
  // @ts-expect-error: the halves of a message key in the wrong order
  KDF_HYBRID(node, pq, ec);
  // @ts-expect-error: the elliptic-curve root for the post-quantum one
  KDF_EPOCH(node, RK, keys.kemSecret(bytes), bytes, bytes);
  // @ts-expect-error: the root key for the seed of the post-quantum ratchet
  sckaInit(node, RK, true);
  // @ts-expect-error: the next header key for the current one
  HENCRYPT(node, NHKs, header, AD);
  // @ts-expect-error: a chain key for a header key
  HDECRYPT(node, CKs, parts, AD);
  // @ts-expect-error: a half of a message key for the whole
  sealMessage(node, ec, front, bytes, AD);
  // @ts-expect-error: a bare array for a message key
  sealMessage(node, bytes, front, bytes, AD);

  // @ts-expect-error: header key and chain key swapped
  const swapped: Session = { ...session, sending: { ...sending, HKs: CKs, CKs: HKs } };
  // @ts-expect-error: the next header key where the current one belongs
  const early: Session = { ...session, receiving: { ...receiving, HKr: NHKr } };
  // @ts-expect-error: the root key among the post-quantum chains
  const mixed: Session = { ...session, scka: { ...scka, root: RK } };

  // What belongs together compiles.
  KDF_HYBRID(node, ec, pq);
  HDECRYPT(node, NHKr, parts, AD);
  sealMessage(node, mk, front, bytes, AD);
  void [swapped, early, mixed];
}
