/**
 * The exchange that makes the next post-quantum epoch: SCKASend and SCKAReceive (Double Ratchet §5)
 * over one ML-KEM-768 key and one ciphertext, each carried in pieces until the other side shows
 * that it has it.
 */
import { limits } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import {
  acknowledged,
  acknowledgement,
  extended,
  isWithin,
  nextPiece,
  nothingSent,
  type Room,
  readTold,
  type Told,
} from "./chunks.ts";
import { KDF_EPOCH } from "./kdf.ts";
import { kemSecret } from "./keys.ts";
import { CT_BYTES, EK_BYTES, type Scka, type SckaHeader, type Stage } from "./scka.ts";

const EMPTY = new Uint8Array(0);

/**
 * SCKASend. `newChain` says that the message is the first of its sending chain, where the epoch may
 * change.
 */
export function sckaSend(
  crypto: CryptoProvider,
  before: Scka,
  newChain: boolean,
  room: Room,
): { header: SckaHeader; next: Scka } {
  const scka = begun(crypto, before, newChain);
  const epoch = scka.stage.kind === "taken" ? scka.epoch + 1 : scka.epoch;
  const { message, stage } = spoken(scka.stage, room);
  return { header: { epoch, message }, next: { ...scka, stage } };
}

/** What begins with this message: the epoch that is agreed on, or the exchange of the next. */
function begun(crypto: CryptoProvider, scka: Scka, newChain: boolean): Scka {
  const { stage } = scka;
  if (stage.kind === "agreed" && newChain)
    return { ...scka, CKs: stage.chains.CKs, stage: { kind: "taken", CKr: stage.chains.CKr } };
  if (stage.kind === "resting" && stage.messages >= limits.pqEpochMessages) {
    const pair = crypto.kemGenerate();
    return { ...scka, stage: { kind: "offering", pair, out: nothingSent, ct: EMPTY } };
  }
  return scka;
}

function spoken(stage: Stage, room: Room): { message: Uint8Array; stage: Stage } {
  switch (stage.kind) {
    case "resting":
      return { message: EMPTY, stage: { ...stage, messages: stage.messages + 1 } };
    case "offering": {
      const { message, out } = nextPiece(stage.pair.public, stage.out, stage.ct.length, room);
      return { message, stage: { ...stage, out } };
    }
    case "answering": {
      const { message, out } = nextPiece(stage.ct, stage.out, EK_BYTES, room);
      return { message, stage: { ...stage, out } };
    }
    case "awaiting":
      return { message: acknowledgement(stage.ek.length, room), stage };
    case "agreed":
      return { message: acknowledgement(CT_BYTES, room), stage };
    default:
      return { message: EMPTY, stage };
  }
}

/**
 * SCKAReceive, once the body was authentic: the state after a header's bytes. A value that became
 * whole costs one operation of ML-KEM.
 * @returns a refusal for what no honest peer sends: impossible bytes (malformed), or an
 * encapsulation key that fails the checks of FIPS 203 §7.2 (bad-key).
 */
export function sckaReceive(
  crypto: CryptoProvider,
  scka: Scka,
  { epoch, message }: SckaHeader,
  now: number,
): Scka | "malformed" | "bad-key" {
  const told = readTold(message);
  if (told === undefined) return "malformed";
  // A late message of an older epoch tells of an exchange that is over.
  if (epoch !== scka.epoch) return scka;
  const { stage } = scka;
  switch (stage.kind) {
    case "resting":
      return message.length === 0 ? { ...scka, stage: rested(stage, now) } : "malformed";
    case "offering":
      return isWithin(told, CT_BYTES, EK_BYTES) ? offered(crypto, scka, stage, told) : "malformed";
    case "awaiting":
      return isWithin(told, EK_BYTES, 0) ? awaited(crypto, scka, stage, told) : "malformed";
    case "answering": {
      if (!isWithin(told, EK_BYTES, CT_BYTES)) return "malformed";
      return { ...scka, stage: { ...stage, out: acknowledged(stage.out, told.have) } };
    }
    default:
      return isWithin(told, CT_BYTES, EK_BYTES) ? scka : "malformed";
  }
}

function rested(stage: Extract<Stage, { kind: "resting" }>, now: number): Stage {
  const at = Math.max(0, Math.trunc(now));
  const since = stage.since || at;
  const aged = at - since >= limits.pqEpochAge;
  const messages = Math.max(stage.messages + 1, aged ? limits.pqEpochMessages : 0);
  return { kind: "resting", messages, since };
}

function offered(
  crypto: CryptoProvider,
  scka: Scka,
  { pair, out, ct: front }: Extract<Stage, { kind: "offering" }>,
  told: Told,
): Scka | "malformed" {
  const ct = extended(front, told.piece);
  const after = acknowledged(out, told.have);
  if (ct.length < CT_BYTES) return { ...scka, stage: { kind: "offering", pair, out: after, ct } };
  const shared = crypto.kemDecapsulate(pair, ct);
  if (shared === undefined) return "malformed";
  const { root, byMaker, byAnswerer } = KDF_EPOCH(
    crypto,
    scka.root,
    kemSecret(shared),
    pair.public,
    ct,
  );
  return { ...scka, root, stage: { kind: "agreed", chains: { CKs: byMaker, CKr: byAnswerer } } };
}

function awaited(
  crypto: CryptoProvider,
  scka: Scka,
  { ek: front }: Extract<Stage, { kind: "awaiting" }>,
  told: Told,
): Scka | "bad-key" {
  const ek = extended(front, told.piece);
  if (ek.length < EK_BYTES) return { ...scka, stage: { kind: "awaiting", ek } };
  const made = crypto.kemEncapsulate(ek);
  if (made === undefined) return "bad-key";
  const { ciphertext: ct, shared } = made;
  const { root, byMaker, byAnswerer } = KDF_EPOCH(crypto, scka.root, kemSecret(shared), ek, ct);
  const chains = { CKs: byAnswerer, CKr: byMaker };
  return { ...scka, root, stage: { kind: "answering", ct, out: nothingSent, chains } };
}
