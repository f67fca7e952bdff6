/**
 * The post-quantum ratchet as docs/SPEC.md §7 writes it, read aloud: one mutable bag of variables,
 * no stages, every value computed again. Slow and without protection of secrets; tests compare the
 * product with it.
 */
import { concat, labels, readU32, u32, utf8 } from "../../../src/base/index.ts";
import type { CryptoProvider, KemKeyPair } from "../../../src/crypto/index.ts";
import type { Scka } from "../../../src/ratchet/scka.ts";

const FRAMES = [256, 1024, 4096, 16384, 81920];
const RESTING_MESSAGES = 40;
const DAY = 86_400_000;

interface Bag {
  epoch: number;
  root: Uint8Array;
  CKs: Uint8Array;
  CKr: Uint8Array;
  /** Whether the next epoch's key is ours to make. */
  ours: boolean;
  messages: number;
  since: number;
  pair: KemKeyPair | undefined;
  ct: Uint8Array | undefined;
  /** What has come of the peer's value. */
  front: Uint8Array;
  /** How much of ours has arrived, and where the next piece begins. */
  acked: number;
  cursor: number;
  next: { maker: Uint8Array; answerer: Uint8Array } | undefined;
  /** Whether our sending chain is of the next epoch. */
  ahead: boolean;
}

export class NaiveScka {
  readonly #crypto: CryptoProvider;
  #bag: Bag;

  constructor(crypto: CryptoProvider, { epoch, root, CKs, CKr, stage }: Scka) {
    this.#crypto = crypto;
    const ours = stage.kind === "resting";
    if (!ours && stage.kind !== "awaiting") throw new Error("not a fresh session");
    const messages = ours ? stage.messages : 0;
    this.#bag = { ...this.#atRest(ours), epoch, root, CKs, CKr, messages };
  }

  /** The end of a header: epoch and post-quantum bytes. */
  send(first: boolean, length: number): Uint8Array {
    const bag = this.#bag;
    if (first && bag.ours && bag.next !== undefined && !bag.ahead) {
      bag.CKs = bag.next.maker;
      bag.ahead = true;
    }
    if (bag.ours && !bag.ahead && bag.next === undefined && bag.pair === undefined) {
      if (bag.messages >= RESTING_MESSAGES) bag.pair = this.#crypto.kemGenerate();
      else bag.messages += 1;
    }
    const epoch = u32(bag.ahead ? bag.epoch + 1 : bag.epoch);
    if (bag.ahead) return epoch;
    const value = bag.ours ? (bag.next ? undefined : bag.pair?.public) : bag.ct;
    const have = u32(bag.front.length).slice(2);
    const free = this.#room(length, 0);
    const room = first ? this.#room(length, 36) : free;
    if (value === undefined || bag.acked === value.length || room < 5)
      return bag.front.length > 0 && free >= 2 ? concat(epoch, have) : epoch;
    if (bag.cursor === value.length) bag.cursor = bag.acked;
    const piece = value.slice(bag.cursor, bag.cursor + room - 4);
    const message = concat(epoch, have, u32(bag.cursor).slice(2), piece);
    bag.cursor += piece.length;
    return message;
  }

  /** KDF_SCKA_CK for either direction. */
  key(direction: "CKs" | "CKr"): Uint8Array {
    const CK = this.#bag[direction];
    this.#bag[direction] = this.#crypto.hmac(CK, Uint8Array.of(1));
    return this.#crypto.hmac(CK, Uint8Array.of(2));
  }

  /** A new receiving chain under the epoch of its first header. */
  chain(epoch: number): void {
    const bag = this.#bag;
    if (epoch === bag.epoch && !bag.ahead) return;
    if (epoch !== bag.epoch + 1 || bag.next === undefined) throw new Error("no such epoch");
    if (bag.ours && !bag.ahead) throw new Error("the maker goes first");
    const { maker, answerer } = bag.next;
    const [CKs, CKr] = bag.ours ? [bag.CKs, answerer] : [answerer, maker];
    this.#bag = { ...this.#atRest(!bag.ours), epoch, root: bag.root, CKs, CKr };
  }

  /** The epoch that a message on the receiving chain must name. */
  get epoch(): number {
    return this.#bag.epoch;
  }

  /** What a header has said, after its body was authentic. */
  received(said: Uint8Array, now: number): void {
    const bag = this.#bag;
    const number = (at: number) => readU32(concat(new Uint8Array(2), said.slice(at, at + 2)), 0);
    if (readU32(said, 0) !== bag.epoch || bag.ahead) return;
    if (bag.ours && bag.pair === undefined) {
      if (bag.since === 0) bag.since = now;
      bag.messages += 1;
      if (now - bag.since >= DAY) bag.messages = Math.max(bag.messages, RESTING_MESSAGES);
      return;
    }
    if (said.length === 4) return;
    bag.acked = Math.max(bag.acked, number(4));
    bag.cursor = Math.max(bag.cursor, bag.acked);
    if (said.length === 6 || bag.next !== undefined) return;
    const [offset, piece] = [number(6), said.slice(8)];
    if (offset <= bag.front.length && offset + piece.length > bag.front.length)
      bag.front = concat(bag.front.slice(0, offset), piece);
    if (bag.ours && bag.pair !== undefined && bag.front.length === 1088) {
      const shared = this.#crypto.kemDecapsulate(bag.pair, bag.front);
      this.#agree(shared as Uint8Array, bag.pair.public, bag.front);
    } else if (!bag.ours && bag.front.length === 1184) {
      const made = this.#crypto.kemEncapsulate(bag.front);
      if (made === undefined) throw new Error("bad key");
      bag.ct = made.ciphertext;
      this.#agree(made.shared, bag.front, made.ciphertext);
    }
  }

  /** What puts everything back as it is now. */
  save(): () => void {
    const kept = { ...this.#bag };
    return () => {
      this.#bag = kept;
    };
  }

  #agree(shared: Uint8Array, ek: Uint8Array, ct: Uint8Array): void {
    const info = concat(utf8(labels.postQuantumEpoch), this.#crypto.sha256(concat(ek, ct)));
    const out = this.#crypto.hkdf(this.#bag.root, shared, info, 96);
    this.#bag.root = out.slice(0, 32);
    this.#bag.next = { maker: out.slice(32, 64), answerer: out.slice(64) };
  }

  #atRest(ours: boolean): Omit<Bag, "epoch" | "root" | "CKs" | "CKr"> {
    return {
      ours,
      messages: 0,
      since: 0,
      pair: undefined,
      ct: undefined,
      front: new Uint8Array(0),
      acked: 0,
      cursor: 0,
      next: undefined,
      ahead: false,
    };
  }

  #room(length: number, least: number): number {
    const whole = 5 + 94 + length;
    return (FRAMES.find((size) => size >= whole + least) ?? whole) - whole;
  }
}
