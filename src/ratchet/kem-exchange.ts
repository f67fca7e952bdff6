/**
 * The exchange that makes the next post-quantum epoch: SCKASend and SCKAReceive (Double Ratchet §5)
 * over one ML-KEM-768 key and one ciphertext, each sent in pieces until the other side
 * acknowledges that it has the whole.
 */
import { limits } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import {
  acknowledged,
  acknowledgement,
  type Capacity,
  extended,
  isWithin,
  type KemMessage,
  nextPiece,
  nothingSent,
  readKemMessage,
} from "./chunks.ts";
import { KDF_EPOCH } from "./kdf.ts";
import { kemSecret } from "./keys.ts";
import { CT_BYTES, EK_BYTES, type Scka, type SckaHeader, type Stage } from "./scka.ts";

const EMPTY = new Uint8Array(0);

/**
 * SCKASend: what the next message's header carries.
 * @param newChain whether the message is the first of its chain, where the epoch may change.
 */
export function sckaSend(
  crypto: CryptoProvider,
  before: Scka,
  newChain: boolean,
  capacity: Capacity,
): { header: SckaHeader; next: Scka } {
  const scka = withNextExchange(crypto, before, newChain);
  const epoch = scka.stage.kind === "taken" ? scka.epoch + 1 : scka.epoch;
  const { message, stage } = nextMessage(scka.stage, capacity);
  return { header: { epoch, message }, next: { ...scka, stage } };
}

/** Begins, with this message, the epoch that is agreed on, or the exchange of the next one. */
function withNextExchange(crypto: CryptoProvider, scka: Scka, newChain: boolean): Scka {
  const { stage } = scka;
  if (stage.kind === "agreed" && newChain)
    return { ...scka, CKs: stage.chains.CKs, stage: { kind: "taken", CKr: stage.chains.CKr } };
  if (stage.kind === "resting" && stage.messages >= limits.pqEpochMessages) {
    const pair = crypto.kemGenerate();
    return { ...scka, stage: { kind: "offering", pair, out: nothingSent, ct: EMPTY } };
  }
  return scka;
}

function nextMessage(stage: Stage, capacity: Capacity): { message: Uint8Array; stage: Stage } {
  switch (stage.kind) {
    case "resting":
      return { message: EMPTY, stage: { ...stage, messages: stage.messages + 1 } };
    case "offering": {
      const { message, out } = nextPiece(stage.pair.public, stage.out, stage.ct.length, capacity);
      return { message, stage: { ...stage, out } };
    }
    case "answering": {
      const { message, out } = nextPiece(stage.ct, stage.out, EK_BYTES, capacity);
      return { message, stage: { ...stage, out } };
    }
    case "awaiting":
      return { message: acknowledgement(stage.ek.length, capacity), stage };
    case "agreed":
      return { message: acknowledgement(CT_BYTES, capacity), stage };
    default:
      return { message: EMPTY, stage };
  }
}

/**
 * SCKAReceive: the state after a header's bytes, whose message was authentic. A value that becomes
 * complete costs one ML-KEM operation.
 * @returns a refusal for what no honest peer sends: impossible bytes (malformed), or an
 * encapsulation key that fails the checks of FIPS 203 §7.2 (bad-key).
 */
export function sckaReceive(
  crypto: CryptoProvider,
  scka: Scka,
  { epoch, message }: SckaHeader,
  now: number,
): Scka | "malformed" | "bad-key" {
  const received = readKemMessage(message);
  if (received === undefined) return "malformed";
  // A late message of an older epoch belongs to an exchange that is over.
  if (epoch !== scka.epoch) return scka;
  const { stage } = scka;
  switch (stage.kind) {
    case "resting":
      return message.length === 0 ? { ...scka, stage: restedAfter(stage, now) } : "malformed";
    case "offering":
      return isWithin(received, CT_BYTES, EK_BYTES)
        ? offered(crypto, scka, stage, received)
        : "malformed";
    case "awaiting":
      return isWithin(received, EK_BYTES, 0) ? awaited(crypto, scka, stage, received) : "malformed";
    case "answering": {
      if (!isWithin(received, EK_BYTES, CT_BYTES)) return "malformed";
      return { ...scka, stage: { ...stage, out: acknowledged(stage.out, received.have) } };
    }
    default:
      return isWithin(received, CT_BYTES, EK_BYTES) ? scka : "malformed";
  }
}

function restedAfter(stage: Extract<Stage, { kind: "resting" }>, now: number): Stage {
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
  received: KemMessage,
): Scka | "malformed" {
  const ct = extended(front, received.piece);
  const after = acknowledged(out, received.have);
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
  received: KemMessage,
): Scka | "bad-key" {
  const ek = extended(front, received.piece);
  if (ek.length < EK_BYTES) return { ...scka, stage: { kind: "awaiting", ek } };
  const made = crypto.kemEncapsulate(ek);
  if (made === undefined) return "bad-key";
  const { ciphertext: ct, shared } = made;
  const { root, byMaker, byAnswerer } = KDF_EPOCH(crypto, scka.root, kemSecret(shared), ek, ct);
  const chains = { CKs: byAnswerer, CKr: byMaker };
  return { ...scka, root, stage: { kind: "answering", ct, out: nothingSent, chains } };
}
