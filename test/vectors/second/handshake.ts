/**
 * The handshake and the first session keys, written from SPEC §6 and §7 alone, with the random bytes
 * that VECTORS.md gives. Only ML-KEM is from the library: node:crypto has none.
 */
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { dh, hkdf, hmac, label, open, publicOfX, seal, sealX, sha256, u32 } from "./primitives.ts";

const EMPTY = Buffer.alloc(0);

/** The chance of one side of a recorded handshake. */
export function drawing(seed: string): (length: number) => Buffer {
  const drawn = new Map<number, number>();
  return (length) => {
    const k = drawn.get(length) ?? 0;
    drawn.set(length, k + 1);
    return hkdf(Buffer.from(seed), Buffer.concat([u32(length), u32(k)]), Buffer.from("chance"), length);
  };
}

/** Noise, revision 34, §5.2, in its own names. */
class Symmetric {
  h = sha256(Buffer.from("Noise_XXhfs+psk0_25519+MLKEM768_ChaChaPoly_SHA256"));
  ck: Buffer = this.h;
  k: Buffer = EMPTY;
  n = 0;
  mixHash(data: Uint8Array): void {
    this.h = sha256(Buffer.concat([this.h, data]));
  }
  mixKey(ikm: Uint8Array): void {
    const out = hkdf(this.ck, ikm, EMPTY, 64);
    [this.ck, this.k, this.n] = [out.subarray(0, 32), out.subarray(32), 0];
  }
  mixKeyAndHash(ikm: Uint8Array): void {
    const out = hkdf(this.ck, ikm, EMPTY, 96);
    this.mixHash(out.subarray(32, 64));
    [this.ck, this.k, this.n] = [out.subarray(0, 32), out.subarray(64), 0];
  }
  #nonce(): Buffer {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32LE(this.n++, 4);
    return nonce;
  }
  encrypt(plain: Uint8Array): Buffer {
    const sealed = seal(this.k, this.#nonce(), plain, this.h);
    this.mixHash(sealed);
    return sealed;
  }
  decrypt(sealed: Uint8Array): Buffer {
    const plain = open(this.k, this.#nonce(), sealed, this.h);
    if (plain === undefined) throw new Error("not authentic");
    this.mixHash(sealed);
    return plain;
  }
}

export interface Handshake {
  readonly messages: readonly [Buffer, Buffer, Buffer];
  readonly sessionId: Buffer;
  readonly pairRoot: Buffer;
  /** The first ratchet message of Alice, and Bob's answer to it. */
  readonly first: readonly [Buffer, Buffer];
}

/** A message of the first place of its chain, before there is anything post-quantum to tell. */
function message(HK: Buffer, CK: Buffer, pq: Buffer, DH: Buffer, nonce: Buffer, AD: Buffer, plain: string): Buffer {
  const header = Buffer.concat([DH, u32(0), u32(0), u32(0)]);
  const sealed = sealX(HK, Buffer.concat([nonce, Buffer.alloc(8)]), header, AD);
  const front = Buffer.concat([u32(sealed.length).subarray(2), nonce, sealed]);
  const two = Buffer.from([2]);
  const mk = hkdf(hmac(pq, two), hmac(CK, two), label("ratchet message key"), 32);
  return Buffer.concat([front, seal(mk, nonce.subarray(0, 12), Buffer.from(plain), Buffer.concat([AD, front]))]);
}

/** Both sides at once, each with what it may know; whatever one seals the other opens. */
export function handshake(name: string, prologue: Uint8Array): Handshake {
  const [alice, bob] = [drawing(`${name}: alice`), drawing(`${name}: bob`)];
  const psk = drawing(`${name}: psk`)(32);
  const [sa, sb] = [alice(32), bob(32)];
  const [a, b] = [new Symmetric(), new Symmetric()];
  const shared = (secret: Uint8Array, theirs: Uint8Array) => dh(secret, theirs) as Buffer;
  for (const side of [a, b]) {
    side.mixHash(prologue);
    side.mixKeyAndHash(psk);
  }
  const mixE = (e: Uint8Array): void => {
    for (const side of [a, b]) {
      side.mixHash(e);
      side.mixKey(e);
    }
  };
  // -> psk, e, e1
  const ea = alice(32);
  mixE(publicOfX(ea));
  const kem = ml_kem768.keygen(alice(64));
  const e1 = a.encrypt(kem.publicKey);
  const encapsulationKey = b.decrypt(e1);
  const nothing = a.encrypt(EMPTY);
  b.decrypt(nothing);
  // <- e, ee, ekem1, s, es
  const eb = bob(32);
  mixE(publicOfX(eb));
  b.mixKey(shared(eb, publicOfX(ea)));
  a.mixKey(shared(ea, publicOfX(eb)));
  const encapsulated = ml_kem768.encapsulate(new Uint8Array(encapsulationKey), new Uint8Array(bob(32)));
  const ekem1 = b.encrypt(encapsulated.cipherText);
  a.mixKey(ml_kem768.decapsulate(new Uint8Array(a.decrypt(ekem1)), kem.secretKey));
  b.mixKey(encapsulated.sharedSecret);
  const s2 = b.encrypt(publicOfX(sb));
  a.mixKey(shared(ea, a.decrypt(s2)));
  b.mixKey(shared(sb, publicOfX(ea)));
  const said2 = b.encrypt(Buffer.from("payload of bob"));
  a.decrypt(said2);
  // -> s, se
  const s3 = a.encrypt(publicOfX(sa));
  b.mixKey(shared(eb, b.decrypt(s3)));
  a.mixKey(shared(sa, publicOfX(eb)));
  const said3 = a.encrypt(Buffer.from("payload of alice"));
  b.decrypt(said3);
  if (!a.h.equals(b.h) || !a.ck.equals(b.ck)) throw new Error("the two sides differ");
  const keys = hkdf(EMPTY, a.ck, Buffer.concat([label("session keys"), a.h]), 160);
  const [RK, HKi, HKr, seed] = [0, 32, 64, 96].map((at) => keys.subarray(at, at + 32)) as [Buffer, Buffer, Buffer, Buffer];
  const pq = hkdf(EMPTY, seed, label("post-quantum chain"), 96);
  const [ra, rb] = [alice(32), bob(32)];
  const there = hkdf(RK, shared(ra, publicOfX(eb)), label("ratchet root"), 96);
  const back = hkdf(there.subarray(0, 32), shared(rb, publicOfX(ra)), label("ratchet root"), 96);
  return {
    first: [
      message(HKi, there.subarray(32, 64), pq.subarray(32, 64), publicOfX(ra), alice(16), a.h, "the first message"),
      message(HKr, back.subarray(32, 64), pq.subarray(64), publicOfX(rb), bob(16), a.h, "the first answer"),
    ],
    messages: [
      Buffer.concat([publicOfX(ea), e1, nothing]),
      Buffer.concat([publicOfX(eb), ekem1, s2, said2]),
      Buffer.concat([s3, said3]),
    ],
    sessionId: keys.subarray(128),
    pairRoot: hkdf(EMPTY, a.ck, Buffer.concat([label("pair root"), a.h]), 32),
  };
}
