/**
 * The Double Ratchet as its specification writes it (Signal, revision 4, §4.4 with header
 * encryption), read aloud: one mutable state, the step taken at once and whole, a dictionary of
 * skipped keys, no bounds but MAX_SKIP. Slow and without any care for secrets; the product is held
 * equal to it.
 */
import { concat, labels, readU32, toHex, u32, utf8 } from "../../../src/base/index.ts";
import type { CryptoProvider, DhKeyPair } from "../../../src/crypto/index.ts";
import type { Session } from "../../../src/ratchet/index.ts";
import { NaiveScka } from "./naiveScka.ts";

const MAX_SKIP = 1000;

interface Key {
  readonly ec: Uint8Array;
  readonly pq: Uint8Array;
}

export class Naive {
  readonly #crypto: CryptoProvider;
  readonly #AD: Uint8Array;
  /** Every key pair drawn so far: a step that is taken back gives its pair back too. */
  readonly #drawn: DhKeyPair[] = [];
  #used = 0;
  #DHs: DhKeyPair;
  #RK: Uint8Array;
  #CKs: Uint8Array | undefined;
  #CKr: Uint8Array | undefined;
  #HKs: Uint8Array | undefined;
  #HKr: Uint8Array | undefined;
  #NHKs: Uint8Array;
  #NHKr: Uint8Array;
  readonly #scka: NaiveScka;
  #Ns = 0;
  #Nr = 0;
  #PN = 0;
  readonly #MKSKIPPED = new Map<string, { HK: Uint8Array; N: number; mk: Key }>();

  /** RatchetInitAliceHE or RatchetInitBobHE, out of what the handshake has left. */
  constructor(crypto: CryptoProvider, start: Session) {
    this.#crypto = crypto;
    this.#AD = start.AD;
    this.#RK = start.RK;
    this.#NHKr = start.NHKr;
    this.#NHKs = start.NHKs;
    this.#scka = new NaiveScka(crypto, start.scka);
    if (start.sending.kind === "silent") {
      this.#DHs = start.sending.DHs;
    } else if (start.sending.kind === "due") {
      this.#DHs = this.#GENERATE_DH();
      const [RK, CKs, NHKs] = this.#KDF_RK(this.#DH(this.#DHs, start.sending.DHr));
      this.#HKs = start.NHKs;
      [this.#RK, this.#CKs, this.#NHKs] = [RK, CKs, NHKs];
    } else {
      throw new Error("not a fresh session");
    }
  }

  RatchetEncrypt(plaintext: Uint8Array): Uint8Array | "cannot" {
    if (this.#CKs === undefined || this.#HKs === undefined) return "cannot";
    const [CKs, ec] = this.#KDF_CK(this.#CKs);
    this.#CKs = CKs;
    const said = this.#scka.send(this.#Ns === 0, plaintext.length);
    const pq = this.#scka.key("CKs");
    const header = concat(this.#DHs.public, u32(this.#PN), u32(this.#Ns), said);
    const nonce = this.#crypto.random(16);
    const xNonce = concat(nonce, new Uint8Array(8));
    const sealed = this.#crypto.sealX(this.#HKs, xNonce, header, this.#AD);
    const front = concat(u32(sealed.length).slice(2), nonce, sealed);
    this.#Ns += 1;
    const mk = this.#KDF_HYBRID({ ec, pq });
    const AD = concat(this.#AD, front);
    return concat(front, this.#crypto.seal(mk, nonce.slice(0, 12), plaintext, AD));
  }

  /**
   * The plaintext, or `undefined` for an error; as in the spec, the state is then that of before.
   */
  RatchetDecrypt(message: Uint8Array, now: number): Uint8Array | undefined {
    const skipped = this.#TrySkippedMessageKeys(message, now);
    if (skipped !== undefined) return skipped;
    const before = this.#save();
    try {
      const [header, step] = this.#DecryptHeader(message);
      if (step) {
        this.#SkipMessageKeys(readU32(header, 32));
        this.#DHRatchet(header.slice(0, 32));
        this.#scka.chain(readU32(header, 40));
      }
      if (readU32(header, 40) !== this.#scka.epoch) throw new Error("another epoch");
      this.#SkipMessageKeys(readU32(header, 36));
      const mk = this.#nextReceivingKey();
      const plaintext = this.#DECRYPT(mk, message);
      if (plaintext === undefined) throw new Error("forged");
      this.#scka.received(header.slice(40), now);
      return plaintext;
    } catch {
      before();
      return undefined;
    }
  }

  #TrySkippedMessageKeys(message: Uint8Array, now: number): Uint8Array | undefined {
    for (const [name, { HK, N, mk }] of this.#MKSKIPPED) {
      const header = this.#HDECRYPT(HK, message);
      if (header === undefined || readU32(header, 36) !== N) continue;
      const plaintext = this.#DECRYPT(mk, message);
      if (plaintext === undefined) return undefined;
      this.#MKSKIPPED.delete(name);
      this.#scka.received(header.slice(40), now);
      return plaintext;
    }
    return undefined;
  }

  #DecryptHeader(message: Uint8Array): [Uint8Array, boolean] {
    const current = this.#HKr && this.#HDECRYPT(this.#HKr, message);
    if (current !== undefined) return [current, false];
    const next = this.#HDECRYPT(this.#NHKr, message);
    if (next !== undefined) return [next, true];
    throw new Error("no header key fits");
  }

  #SkipMessageKeys(until: number): void {
    if (this.#Nr + MAX_SKIP < until) throw new Error("too far");
    if (until < this.#Nr) throw new Error("used before");
    if (this.#CKr === undefined) return;
    const HK = this.#HKr as Uint8Array;
    while (this.#Nr < until) {
      const N = this.#Nr;
      this.#MKSKIPPED.set(`${toHex(HK)} ${N}`, { HK, N, mk: this.#nextReceivingKey() });
    }
  }

  #nextReceivingKey(): Key {
    const [CKr, ec] = this.#KDF_CK(this.#CKr as Uint8Array);
    this.#CKr = CKr;
    this.#Nr += 1;
    return { ec, pq: this.#scka.key("CKr") };
  }

  #DHRatchet(DHr: Uint8Array): void {
    this.#PN = this.#Ns;
    this.#Ns = 0;
    this.#Nr = 0;
    this.#HKs = this.#NHKs;
    this.#HKr = this.#NHKr;
    [this.#RK, this.#CKr, this.#NHKr] = this.#KDF_RK(this.#DH(this.#DHs, DHr));
    this.#DHs = this.#GENERATE_DH();
    [this.#RK, this.#CKs, this.#NHKs] = this.#KDF_RK(this.#DH(this.#DHs, DHr));
  }

  #GENERATE_DH(): DhKeyPair {
    const pair = this.#drawn[this.#used] ?? this.#crypto.dhGenerate();
    this.#drawn[this.#used] = pair;
    this.#used += 1;
    return pair;
  }

  #DH(ours: DhKeyPair, theirs: Uint8Array): Uint8Array {
    const shared = this.#crypto.dh(ours, theirs);
    if (shared === undefined) throw new Error("bad point");
    return shared;
  }

  #KDF_RK(dh: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
    const out = this.#crypto.hkdf(this.#RK, dh, utf8(labels.ratchetRoot), 96);
    return [out.slice(0, 32), out.slice(32, 64), out.slice(64)];
  }

  #KDF_CK(CK: Uint8Array): [Uint8Array, Uint8Array] {
    return [this.#crypto.hmac(CK, Uint8Array.of(1)), this.#crypto.hmac(CK, Uint8Array.of(2))];
  }

  #KDF_HYBRID({ ec, pq }: Key): Uint8Array {
    return this.#crypto.hkdf(pq, ec, utf8(labels.ratchetMessage), 32);
  }

  #HDECRYPT(HK: Uint8Array, message: Uint8Array): Uint8Array | undefined {
    const nonce = concat(message.slice(2, 18), new Uint8Array(8));
    return this.#crypto.openX(HK, nonce, message.slice(18, this.#bodyAt(message)), this.#AD);
  }

  #DECRYPT(mk: Key, message: Uint8Array): Uint8Array | undefined {
    const bodyAt = this.#bodyAt(message);
    const AD = concat(this.#AD, message.slice(0, bodyAt));
    const body = message.slice(bodyAt);
    return this.#crypto.open(this.#KDF_HYBRID(mk), message.slice(2, 14), body, AD);
  }

  #bodyAt(message: Uint8Array): number {
    return 18 + readU32(concat(new Uint8Array(2), message.slice(0, 2)), 0);
  }

  /** What puts everything back as it is now. */
  #save(): () => void {
    const kept = {
      DHs: this.#DHs,
      RK: this.#RK,
      CKs: this.#CKs,
      CKr: this.#CKr,
      HKs: this.#HKs,
      HKr: this.#HKr,
      NHKs: this.#NHKs,
      NHKr: this.#NHKr,
      scka: this.#scka.save(),
      counts: [this.#Ns, this.#Nr, this.#PN, this.#used] as const,
      skipped: [...this.#MKSKIPPED],
    };
    return () => {
      [this.#DHs, this.#RK, this.#CKs, this.#CKr] = [kept.DHs, kept.RK, kept.CKs, kept.CKr];
      [this.#HKs, this.#HKr, this.#NHKs, this.#NHKr] = [kept.HKs, kept.HKr, kept.NHKs, kept.NHKr];
      kept.scka();
      [this.#Ns, this.#Nr, this.#PN, this.#used] = kept.counts;
      this.#MKSKIPPED.clear();
      for (const [name, entry] of kept.skipped) this.#MKSKIPPED.set(name, entry);
    };
  }
}
