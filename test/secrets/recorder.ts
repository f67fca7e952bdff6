/**
 * Remembers every secret that a provider made or was given, without holding one of them: masked,
 * with its purpose.
 */
import { labels } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/provider.ts";

const LENGTH = 32;
const MASK = 0xa5;

const purposes = new Map(
  Object.values(labels).map((label) => [label as string, label.replace("sotto/1 ", "")]),
);

export class Recorder {
  /**
   * Secret after secret, each byte masked: a search for the secrets themselves does not find it.
   */
  #masked = new Uint8Array(1 << 20);
  #count = 0;
  readonly #kinds: string[] = [];
  /** First four masked bytes to the secrets that begin so. */
  readonly #heads = new Map<number, number[]>();

  get count(): number {
    return this.#count;
  }

  kind(index: number): string {
    return this.#kinds[index] as string;
  }

  /** The secret, masked. */
  masked(index: number): Uint8Array {
    return this.#masked.slice(index * LENGTH, (index + 1) * LENGTH);
  }

  /** Notes the first 32 bytes of a secret, once. */
  note(kind: string, secret: Uint8Array, from = 0): void {
    if (secret.length < from + LENGTH || this.find(secret, from) !== undefined) return;
    if ((this.#count + 1) * LENGTH > this.#masked.length) {
      const grown = new Uint8Array(2 * this.#masked.length);
      grown.set(this.#masked);
      this.#masked = grown;
    }
    const at = this.#count * LENGTH;
    for (let i = 0; i < LENGTH; i++) this.#masked[at + i] = (secret[from + i] as number) ^ MASK;
    const head = headOf(secret, from);
    this.#heads.set(head, [...(this.#heads.get(head) ?? []), this.#count]);
    this.#kinds.push(kind);
    this.#count += 1;
  }

  /** Which secret stands at this place, if one does. */
  find(bytes: Uint8Array, from: number): number | undefined {
    if (bytes.length < from + LENGTH) return undefined;
    return this.#heads.get(headOf(bytes, from))?.find((index) => {
      for (let i = 0; i < LENGTH; i++)
        if (((bytes[from + i] as number) ^ MASK) !== this.#masked[index * LENGTH + i]) return false;
      return true;
    });
  }

  /** Every secret that stands anywhere in these bytes. */
  search(bytes: Uint8Array, found: (index: number) => void): void {
    for (let at = 0; at + LENGTH <= bytes.length; at++) {
      const index = this.find(bytes, at);
      if (index !== undefined) found(index);
    }
  }

  /** The provider, all of whose secrets are noted. */
  over(crypto: CryptoProvider): CryptoProvider {
    const text = new TextDecoder("latin1");
    const purposeOf = (info: Uint8Array): string => {
      const said = text.decode(info);
      for (const [label, purpose] of purposes) if (said.startsWith(label)) return purpose;
      return "noise key";
    };
    return {
      ...crypto,
      hmac: (key, data) => {
        const mac = crypto.hmac(key, data);
        // A chain takes one byte; a hello's tag, which is public, takes more.
        if (data.length === 1) this.note(data[0] === 1 ? "chain key" : "half a message key", mac);
        return mac;
      },
      hkdf: (salt, ikm, info, length) => {
        const out = crypto.hkdf(salt, ikm, info, length);
        const purpose = purposeOf(info);
        for (let at = 0; at + LENGTH <= length; at += LENGTH)
          // The last part of the session keys is the session's id, which is no secret.
          if (purpose !== "session keys" || at < 4 * LENGTH) this.note(purpose, out, at);
        return out;
      },
      dhGenerate: () => {
        const pair = crypto.dhGenerate();
        this.note("one-time X25519 secret", pair.secret);
        return pair;
      },
      dh: (ours, theirs) => {
        const shared = crypto.dh(ours, theirs);
        if (shared) this.note("X25519 output", shared);
        return shared;
      },
      kemGenerate: () => {
        const pair = crypto.kemGenerate();
        this.note("ML-KEM secret", pair.secret);
        // The rest of a decapsulation key is the public key, its hash, and the value of implicit
        // rejection.
        this.note("ML-KEM secret", pair.secret, 2368);
        return pair;
      },
      kemEncapsulate: (key) => {
        const kem = crypto.kemEncapsulate(key);
        if (kem) this.note("ML-KEM output", kem.shared);
        return kem;
      },
      kemDecapsulate: (pair, ciphertext) => {
        const shared = crypto.kemDecapsulate(pair, ciphertext);
        if (shared) this.note("ML-KEM output", shared);
        return shared;
      },
    };
  }
}

function headOf(bytes: Uint8Array, from: number): number {
  let head = 0;
  for (let i = 0; i < 4; i++) head = (head << 8) | ((bytes[from + i] as number) ^ MASK);
  return head;
}
