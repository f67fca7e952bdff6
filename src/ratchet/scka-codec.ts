/**
 * The post-quantum ratchet as bytes, a part of a session's (codec.ts):
 *
 * scka = epoch ‖ root ‖ CKs ‖ CKr ‖ stage
 * stage = 0 ‖ messages ‖ since (u64) resting
 * | 1 ‖ dk (2400) ‖ acked ‖ cursor ‖ length ‖ ct … offering
 * | 2 ‖ CKs ‖ CKr agreed
 * | 3 ‖ CKr taken
 * | 4 ‖ length ‖ ek … awaiting
 * | 5 ‖ ct (1088) ‖ acked ‖ cursor ‖ CKs ‖ CKr answering
 *
 * Keys have 32 bytes, epoch and messages 4, lengths and offsets in a value 2. A decapsulation key
 * holds its encapsulation key (FIPS 203 §7.1), which is not written a second time.
 */
import { never } from "../base/index.ts";
import type { Reader, Writer } from "./byte-codec.ts";
import type { Outgoing } from "./chunks.ts";
import { type PqChainKey, pqChainKey, pqRootKey } from "./keys.ts";
import { type Chains, CT_BYTES, EK_BYTES, type Scka, type Stage } from "./scka.ts";

const HEAD_BYTES = 4 + 3 * 32;
const DK_BYTES = 2400;
/** After the secret vector: 3 polynomials of 384 bytes. */
const EK_IN_DK = 1152;
const OUT_BYTES = 2 + 2;

/** How many bytes `writeScka` writes. */
export function sckaBytes({ stage }: Scka): number {
  return HEAD_BYTES + 1 + stageBytes(stage);
}

function stageBytes(stage: Stage): number {
  switch (stage.kind) {
    case "resting":
      return 4 + 8;
    case "offering":
      return DK_BYTES + OUT_BYTES + 2 + stage.ct.length;
    case "agreed":
      return 2 * 32;
    case "taken":
      return 32;
    case "awaiting":
      return 2 + stage.ek.length;
    case "answering":
      return CT_BYTES + OUT_BYTES + 2 * 32;
    default:
      return never(stage);
  }
}

export function writeScka(writer: Writer, { epoch, root, CKs, CKr, stage }: Scka): void {
  writer.u32(epoch);
  for (const key of [root, CKs, CKr]) writer.bytes(key);
  switch (stage.kind) {
    case "resting":
      writer.u8(0);
      writer.u32(stage.messages);
      writer.u64(stage.since);
      break;
    case "offering":
      writer.u8(1);
      writer.bytes(stage.pair.secret);
      writeOut(writer, stage.out);
      writeFront(writer, stage.ct);
      break;
    case "agreed":
      writer.u8(2);
      writer.bytes(stage.chains.CKs);
      writer.bytes(stage.chains.CKr);
      break;
    case "taken":
      writer.u8(3);
      writer.bytes(stage.CKr);
      break;
    case "awaiting":
      writer.u8(4);
      writeFront(writer, stage.ek);
      break;
    case "answering":
      writer.u8(5);
      writer.bytes(stage.ct);
      writeOut(writer, stage.out);
      writer.bytes(stage.chains.CKs);
      writer.bytes(stage.chains.CKr);
      break;
    default:
      never(stage);
  }
}

export function readScka(reader: Reader): Scka {
  const epoch = reader.u32();
  const root = pqRootKey(reader.bytes(32));
  return { epoch, root, ...readChains(reader), stage: readStage(reader) };
}

function readStage(reader: Reader): Stage {
  const tag = reader.u8();
  reader.require(tag <= 5);
  switch (tag) {
    case 0:
      return { kind: "resting", messages: reader.u32(), since: reader.u64() };
    case 1: {
      const secret = reader.bytes(DK_BYTES);
      const pair = { public: secret.slice(EK_IN_DK, EK_IN_DK + EK_BYTES), secret };
      const out = readOut(reader, EK_BYTES);
      return { kind: "offering", pair, out, ct: readFront(reader, CT_BYTES) };
    }
    case 2:
      return { kind: "agreed", chains: readChains(reader) };
    case 3:
      return { kind: "taken", CKr: readChainKey(reader) };
    case 4:
      return { kind: "awaiting", ek: readFront(reader, EK_BYTES) };
    default: {
      const ct = reader.bytes(CT_BYTES);
      const out = readOut(reader, CT_BYTES);
      return { kind: "answering", ct, out, chains: readChains(reader) };
    }
  }
}

function readChains(reader: Reader): Chains {
  return { CKs: readChainKey(reader), CKr: readChainKey(reader) };
}

function readChainKey(reader: Reader): PqChainKey {
  return pqChainKey(reader.bytes(32));
}

function writeOut(writer: Writer, { acked, cursor }: Outgoing): void {
  writer.u16(acked);
  writer.u16(cursor);
}

function readOut(reader: Reader, length: number): Outgoing {
  const out = { acked: reader.u16(), cursor: reader.u16() };
  reader.require(out.acked <= out.cursor && out.cursor <= length);
  return out;
}

function writeFront(writer: Writer, front: Uint8Array): void {
  writer.u16(front.length);
  writer.bytes(front);
}

/** The start of an incomplete value: with its last byte the stage would be another. */
function readFront(reader: Reader, length: number): Uint8Array {
  const here = reader.u16();
  reader.require(here < length);
  return reader.bytes(here);
}
