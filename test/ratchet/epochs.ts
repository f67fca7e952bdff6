/**
 * Two sides in the middle of post-quantum exchanges, for tests: how to get there, and how to tell
 * lies there.
 */
import assert from "node:assert/strict";
import { utf8 } from "../../src/base/index.ts";
import { HENCRYPT, sealMessage } from "../../src/ratchet/header.ts";
import { decodeSession, encodeSession, type Session, seal } from "../../src/ratchet/index.ts";
import { chainMessageKey, KDF_HYBRID, pqChainMessageKey } from "../../src/ratchet/kdf.ts";
import type { Scka, SckaHeader, Stage } from "../../src/ratchet/scka.ts";
import { stepSending } from "../../src/ratchet/step.ts";
import { node, opens, pair } from "./support.ts";

/** Two sessions, each called by what it is in the exchange at hand. */
export interface Two {
  readonly maker: Session;
  readonly answerer: Session;
}

/**
 * Both sides at rest in epoch 0, each with a chain; the maker, Bob, has sent last and begins now.
 */
export function atRest(): Two {
  const { alice, bob } = pair();
  let at: Two = { maker: bob, answerer: alice };
  at = toMaker(at, 0);
  at = toAnswerer(at, 0);
  return { ...at, maker: withStage(at.maker, { kind: "resting", messages: 1000, since: 0 }) };
}

/** As it would be if it were read from the store. */
export function restored(session: Session): Session {
  const again = decodeSession(encodeSession(session));
  assert.ok(again);
  return again;
}

export function withStage(session: Session, stage: Stage): Session {
  return { ...session, scka: { ...session.scka, stage } };
}

/** The stage, once it is of the expected kind. */
export function stageOf<Kind extends Stage["kind"]>(
  { scka: { stage } }: Session,
  kind: Kind,
): Extract<Stage, { readonly kind: Kind }> {
  assert.equal(stage.kind, kind);
  return stage as Extract<Stage, { readonly kind: Kind }>;
}

/** One message of `size` bytes to the maker. */
export function toMaker({ maker, answerer }: Two, size = 10, now = 0): Two {
  const { message, next } = seal(node, answerer, new Uint8Array(size));
  return { maker: opens(node, restored(maker), message, now).next, answerer: restored(next) };
}

/** And one to the answerer. */
export function toAnswerer({ maker, answerer }: Two, size = 10, now = 0): Two {
  const { message, next } = seal(node, maker, new Uint8Array(size));
  return { answerer: opens(node, restored(answerer), message, now).next, maker: restored(next) };
}

/** Message and answer, until one of the two is in this stage. */
export function until(two: Two, who: keyof Two, kind: Stage["kind"], size = 10): Two {
  let at = two;
  for (let i = 0; at[who].scka.stage.kind !== kind; i++) {
    assert.ok(i < 300, `${who} never came to be ${kind}`);
    at = i % 2 === 0 ? toAnswerer(at, size) : toMaker(at, size);
  }
  return at;
}

/** Runs both sides until each is at rest in the next epoch. */
export function epochLater(two: Two, size?: number): Two {
  const taken = until(two, "maker", "taken", size);
  return until(taken, "maker", "awaiting", size);
}

/**
 * What a peer could seal that says something else about the exchange, under the keys that it has.
 */
export function lying(from: Session, change: (header: SckaHeader) => SckaHeader): Uint8Array {
  const stepped = from.sending.kind === "due" ? stepSending(node, from, from.sending) : from;
  assert.ok(stepped.sending.kind === "active");
  const { DHs, HKs, CKs, PN, Ns } = stepped.sending;
  const { epoch, CKs: pqCKs }: Scka = from.scka;
  const mk = KDF_HYBRID(node, chainMessageKey(node, CKs), pqChainMessageKey(node, pqCKs));
  const scka = change({ epoch, message: new Uint8Array(0) });
  const sealed = HENCRYPT(node, HKs, { DH: DHs.public, PN, N: Ns, scka }, from.AD);
  return sealMessage(node, mk, sealed, utf8("a lie"), from.AD);
}
