/**
 * Sessions as bytes, for the store. Version 3, numbers with the most significant byte first:
 *
 * session = version (1) ‖ id ‖ AD ‖ RK ‖ NHKs ‖ NHKr ‖ scka ‖ sending ‖ receiving
 * scka = see scka-codec.ts
 * sending = 0 ‖ DHs | 1 ‖ DHr ‖ PN | 2 ‖ DHs ‖ HKs ‖ CKs ‖ Ns ‖ PN DHs = public ‖ secret
 * receiving = 0 | 1 ‖ HKr ‖ CKr ‖ Nr ‖ chain (u8) ‖ keys ‖ number of old chains (u8) ‖ old chain …
 * old chain = HK ‖ epoch ‖ end ‖ keys
 * keys = lost ‖ number (u16) ‖ { N ‖ at (u64) ‖ mk } …
 *
 * Keys have 32 bytes, counts 4. Every value has one spelling: whatever decodes encodes to itself.
 */
import { limits, never } from "../base/index.ts";
import type { DhKeyPair } from "../crypto/index.ts";
import { Reader, Writer } from "./byte-codec.ts";
import { chainKey, headerKey, messageKey, nextHeaderKey, rootKey } from "./keys.ts";
import { readScka, sckaBytes, writeScka } from "./scka-codec.ts";
import { CHAIN_NUMBERS, type Receiving, type Sending, type Session } from "./session.ts";
import type { OldChain, Skipped, SkippedKey, SkippedKeys } from "./skipped.ts";

const VERSION = 3;
const HEAD_BYTES = 1 + 5 * 32;
const SENDING_BYTES = { silent: 1 + 64, due: 1 + 32 + 4, active: 1 + 64 + 32 + 32 + 4 + 4 };
const RECEIVING_BYTES = 1 + 32 + 32 + 4 + 1 + 1;
const KEY_BYTES = 4 + 8 + 32;
const OLD_CHAIN_BYTES = 32 + 4 + 4;

/**
 * The session's bytes: 488 with both chains, no old ones and nothing skipped, while no post-quantum
 * exchange is under way, and at most 3,969 while one is. They hold secrets.
 */
export function encodeSession(session: Session): Uint8Array {
  const { id, AD, RK, NHKs, NHKr, scka, sending, receiving } = session;
  const length =
    HEAD_BYTES + sckaBytes(scka) + SENDING_BYTES[sending.kind] + receivingBytes(receiving);
  const writer = new Writer(length);
  writer.u8(VERSION);
  for (const key of [id, AD, RK, NHKs, NHKr]) writer.bytes(key);
  writeScka(writer, scka);
  writeSending(writer, sending);
  writeReceiving(writer, receiving);
  return writer.buffer;
}

/**
 * The session of these bytes; `undefined` for another version, length or spelling than
 * `encodeSession` gives.
 */
export function decodeSession(bytes: Uint8Array): Session | undefined {
  const reader = new Reader(bytes);
  reader.require(reader.u8() === VERSION);
  const [id, AD, RK] = [reader.bytes(32), reader.bytes(32), rootKey(reader.bytes(32))];
  const [NHKs, NHKr] = [nextHeaderKey(reader.bytes(32)), nextHeaderKey(reader.bytes(32))];
  const scka = readScka(reader);
  const sending = readSending(reader);
  const receiving = readReceiving(reader);
  return reader.whole ? { id, AD, RK, NHKs, NHKr, sending, receiving, scka } : undefined;
}

function receivingBytes(receiving: Receiving): number {
  if (receiving.kind === "none") return 1;
  const { current, old } = receiving.MKSKIPPED;
  let length = RECEIVING_BYTES + keysBytes(current);
  for (const { skipped } of old) length += OLD_CHAIN_BYTES + keysBytes(skipped);
  return length;
}

function keysBytes({ list }: SkippedKeys): number {
  return 4 + 2 + list.length * KEY_BYTES;
}

function writeSending(writer: Writer, sending: Sending): void {
  switch (sending.kind) {
    case "silent":
      writer.u8(0);
      writePair(writer, sending.DHs);
      break;
    case "due":
      writer.u8(1);
      writer.bytes(sending.DHr);
      writer.u32(sending.PN);
      break;
    case "active":
      writer.u8(2);
      writePair(writer, sending.DHs);
      writer.bytes(sending.HKs);
      writer.bytes(sending.CKs);
      writer.u32(sending.Ns);
      writer.u32(sending.PN);
      break;
    default:
      never(sending);
  }
}

function readSending(reader: Reader): Sending {
  const tag = reader.u8();
  if (tag === 1) return { kind: "due", DHr: reader.bytes(32), PN: reader.u32() };
  const DHs = readPair(reader);
  if (tag === 0) return { kind: "silent", DHs };
  reader.require(tag === 2);
  const [HKs, CKs] = [headerKey(reader.bytes(32)), chainKey(reader.bytes(32))];
  return { kind: "active", DHs, HKs, CKs, Ns: reader.u32(), PN: reader.u32() };
}

function writeReceiving(writer: Writer, receiving: Receiving): void {
  writer.u8(receiving.kind === "none" ? 0 : 1);
  if (receiving.kind === "none") return;
  const { HKr, CKr, Nr, chain, MKSKIPPED } = receiving;
  writer.bytes(HKr);
  writer.bytes(CKr);
  writer.u32(Nr);
  writer.u8(chain);
  writeKeys(writer, MKSKIPPED.current);
  writer.u8(MKSKIPPED.old.length);
  for (const { HK, epoch, end, skipped } of MKSKIPPED.old) {
    writer.bytes(HK);
    writer.u32(epoch);
    writer.u32(end);
    writeKeys(writer, skipped);
  }
}

function readReceiving(reader: Reader): Receiving {
  const tag = reader.u8();
  if (tag === 0) return { kind: "none" };
  reader.require(tag === 1);
  const [HKr, CKr] = [headerKey(reader.bytes(32)), chainKey(reader.bytes(32))];
  const [Nr, chain] = [reader.u32(), reader.u8()];
  reader.require(chain < CHAIN_NUMBERS);
  return { kind: "active", HKr, CKr, Nr, chain, MKSKIPPED: readSkipped(reader, Nr) };
}

function readSkipped(reader: Reader, Nr: number): Skipped {
  const current = readKeys(reader, Nr);
  const old: OldChain[] = [];
  const chains = reader.u8();
  reader.require(chains <= limits.oldChains);
  let total = current.list.length;
  while (reader.good && old.length < chains) {
    const HK = headerKey(reader.bytes(32));
    const [epoch, end] = [reader.u32(), reader.u32()];
    const skipped = readKeys(reader, end);
    total += skipped.list.length;
    old.push({ HK, epoch, end, skipped });
  }
  reader.require(total <= limits.skippedKeys);
  return { current, old };
}

function writeKeys(writer: Writer, { list, lost }: SkippedKeys): void {
  writer.u32(lost);
  writer.u16(list.length);
  for (const { N, at, mk } of list) {
    writer.u32(N);
    writer.u64(at);
    writer.bytes(mk);
  }
}

/**
 * Keys of a chain that has had `end` messages: ascending, none among the lost, none still to come.
 */
function readKeys(reader: Reader, end: number): SkippedKeys {
  const lost = reader.u32();
  const number = reader.u16();
  reader.require(lost <= end);
  const list: SkippedKey[] = [];
  let least = lost;
  while (reader.good && list.length < number) {
    const key = { N: reader.u32(), at: reader.u64(), mk: messageKey(reader.bytes(32)) };
    reader.require(key.N >= least && key.N < end);
    least = key.N + 1;
    list.push(key);
  }
  return { list, lost };
}

function writePair(writer: Writer, pair: DhKeyPair): void {
  writer.bytes(pair.public);
  writer.bytes(pair.secret);
}

function readPair(reader: Reader): DhKeyPair {
  return { public: reader.bytes(32), secret: reader.bytes(32) };
}
