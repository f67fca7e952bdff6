/**
 * The Noise Protocol Framework, revision 34, §5.1 and §5.2: CipherState and SymmetricState over
 * ChaChaPoly and SHA256, under their names there. Knows no pattern and no key exchange.
 */
import { concat, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";

const EMPTY = new Uint8Array(0);

/** §5.1: a key, if there is one yet, and the count of its uses. */
export class CipherState {
  readonly #crypto: CryptoProvider;
  #k: Uint8Array | undefined;
  #n = 0;

  constructor(crypto: CryptoProvider, k?: Uint8Array) {
    this.#crypto = crypto;
    this.#k = k;
  }

  hasKey(): boolean {
    return this.#k !== undefined;
  }

  /** ChaCha20-Poly1305 under the key; the plaintext itself while there is none. */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    if (this.#k === undefined) return plaintext;
    const sealed = this.#crypto.seal(this.#k, this.#nonce(), plaintext, ad);
    this.#n += 1;
    return sealed;
  }

  /** `undefined` where the tag does not fit; the count then stays. */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    if (this.#k === undefined) return ciphertext;
    const plaintext = this.#crypto.open(this.#k, this.#nonce(), ciphertext, ad);
    if (plaintext !== undefined) this.#n += 1;
    return plaintext;
  }

  clone(): CipherState {
    const copy = new CipherState(this.#crypto, this.#k);
    copy.#n = this.#n;
    return copy;
  }

  /** §12.3: 32 zero bits, then n as 64 bits, least significant first. */
  #nonce(): Uint8Array {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(4, this.#n, true);
    return nonce;
  }
}

/** §5.2: the chaining key `ck`, the transcript's hash `h`, and the cipher that they feed. */
export class SymmetricState {
  readonly #crypto: CryptoProvider;
  /** Every chaining and cipher key so far, of this object and of its clones. */
  readonly #secrets: Set<Uint8Array>;
  #cipher: CipherState;
  #ck: Uint8Array;
  #h: Uint8Array;

  /** @param secrets where each secret is noted, so that all can be wiped when it is over. */
  constructor(crypto: CryptoProvider, protocolName: string, secrets: Set<Uint8Array>) {
    const name = utf8(protocolName);
    this.#crypto = crypto;
    this.#secrets = secrets;
    this.#cipher = new CipherState(crypto);
    this.#h =
      name.length <= 32 ? concat(name, new Uint8Array(32 - name.length)) : crypto.sha256(name);
    this.#ck = this.#h;
  }

  get ck(): Uint8Array {
    return this.#ck;
  }

  get h(): Uint8Array {
    return this.#h;
  }

  hasKey(): boolean {
    return this.#cipher.hasKey();
  }

  mixKey(ikm: Uint8Array): void {
    const out = this.#crypto.hkdf(this.#ck, ikm, EMPTY, 64);
    this.#replaceKeys(out.slice(0, 32), out.slice(32, 64));
    wipe(out);
  }

  mixHash(data: Uint8Array): void {
    this.#h = this.#crypto.sha256(concat(this.#h, data));
  }

  mixKeyAndHash(ikm: Uint8Array): void {
    const out = this.#crypto.hkdf(this.#ck, ikm, EMPTY, 96);
    this.mixHash(out.subarray(32, 64));
    this.#replaceKeys(out.slice(0, 32), out.slice(64, 96));
    wipe(out);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher.encryptWithAd(this.#h, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  decryptAndHash(ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#cipher.decryptWithAd(this.#h, ciphertext);
    if (plaintext !== undefined) this.mixHash(ciphertext);
    return plaintext;
  }

  clone(): SymmetricState {
    const copy = new SymmetricState(this.#crypto, "", this.#secrets);
    copy.#cipher = this.#cipher.clone();
    copy.#ck = this.#ck;
    copy.#h = this.#h;
    return copy;
  }

  #replaceKeys(ck: Uint8Array, k: Uint8Array): void {
    this.#secrets.add(ck).add(k);
    this.#ck = ck;
    this.#cipher = new CipherState(this.#crypto, k);
  }
}
