/**
 * The Noise Protocol Framework, revision 34, over 25519, ChaChaPoly and SHA256: §5.3's
 * HandshakeState under its names there, with the `e1` and `ekem1` tokens of the hybrid forward
 * secrecy extension (ML-KEM-768). It runs any pattern made of these tokens and knows nothing of
 * what the keys are for.
 *
 * The object holds the spec's variables and changes as the spec defines; to refuse a message
 * without a change, read it with a `clone`.
 */
import { concat, wipe } from "../base/index.ts";
import type { CryptoProvider, DhKeyPair, KemKeyPair } from "../crypto/index.ts";
import { SymmetricState } from "./symmetric.ts";

export type Token = "e" | "s" | "ee" | "es" | "se" | "ss" | "psk" | "e1" | "ekem1";

/**
 * §7: who knows which static key before, and what each message does; the initiator writes first.
 */
export interface HandshakePattern {
  /** The full protocol name, such as `Noise_XX_25519_ChaChaPoly_SHA256`. */
  readonly name: string;
  readonly initiatorPre: readonly "s"[];
  readonly responderPre: readonly "s"[];
  readonly messages: readonly (readonly Token[])[];
}

/** Too short or too long, not authentic, or with a key that no honest peer sends. */
export type NoiseRefusal = "malformed" | "forged" | "bad-key";

const DH_LENGTH = 32;
const TAG_LENGTH = 16;
const KEM_PUBLIC_LENGTH = 1184;
const KEM_CIPHERTEXT_LENGTH = 1088;
const EMPTY = new Uint8Array(0);

export interface HandshakeSetup {
  readonly pattern: HandshakePattern;
  readonly initiator: boolean;
  readonly prologue: Uint8Array;
  readonly s?: DhKeyPair;
  /** The peer's static key where the pattern's pre-messages know it. */
  readonly rs?: Uint8Array;
  /** 32 bytes each, in the order of the pattern's `psk` tokens. */
  readonly psks?: readonly Uint8Array[];
}

/** §5.3. Messages alternate, the initiator's first; its user knows whose message is next. */
export class HandshakeState {
  readonly #crypto: CryptoProvider;
  readonly #setup: HandshakeSetup;
  readonly #pskMode: boolean;
  /** Every secret that this object and its clones have made. */
  readonly #secrets: Set<Uint8Array>;
  #symmetric: SymmetricState;
  #e: DhKeyPair | undefined;
  #e1: KemKeyPair | undefined;
  #rs: Uint8Array | undefined;
  #re: Uint8Array | undefined;
  #re1: Uint8Array | undefined;
  #message = 0;
  #psk = 0;

  constructor(crypto: CryptoProvider, setup: HandshakeSetup, secrets = new Set<Uint8Array>()) {
    const { pattern, initiator, prologue, s, rs } = setup;
    this.#crypto = crypto;
    this.#setup = setup;
    this.#secrets = secrets;
    this.#pskMode = pattern.messages.some((tokens) => tokens.includes("psk"));
    this.#rs = rs;
    this.#symmetric = new SymmetricState(crypto, pattern.name, secrets);
    this.#symmetric.mixHash(prologue);
    for (const _ of pattern.initiatorPre)
      this.#symmetric.mixHash(known(initiator ? s?.public : rs));
    for (const _ of pattern.responderPre)
      this.#symmetric.mixHash(known(initiator ? rs : s?.public));
  }

  get symmetric(): SymmetricState {
    return this.#symmetric;
  }

  /** Our ephemeral key pair, once a message of ours has carried it. */
  get e(): DhKeyPair {
    return known(this.#e);
  }

  /** The peer's ephemeral key, once a message of theirs has carried it. */
  get re(): Uint8Array {
    return known(this.#re);
  }

  /** The peer's static key, once it is known. */
  get rs(): Uint8Array {
    return known(this.#rs);
  }

  /**
   * Hands our ephemeral key pair over to what follows the handshake: `wipe` leaves it as it is.
   */
  releaseE(): DhKeyPair {
    this.#secrets.delete(this.e.secret);
    return this.e;
  }

  /** Overwrites every secret of this object and of all its clones. None of them is usable then. */
  wipe(): void {
    wipe(...this.#secrets);
    this.#secrets.clear();
  }

  clone(): HandshakeState {
    const copy = new HandshakeState(this.#crypto, this.#setup, this.#secrets);
    copy.#symmetric = this.#symmetric.clone();
    copy.#e = this.#e;
    copy.#e1 = this.#e1;
    copy.#rs = this.#rs;
    copy.#re = this.#re;
    copy.#re1 = this.#re1;
    copy.#message = this.#message;
    copy.#psk = this.#psk;
    return copy;
  }

  /** The next message with its payload, or `"bad-key"` where the peer's keys admit none. */
  writeMessage(payload: Uint8Array): Uint8Array | "bad-key" {
    const parts: Uint8Array[] = [];
    for (const token of this.#tokens()) {
      const part = this.#write(token);
      if (part === "bad-key") return part;
      parts.push(part);
    }
    parts.push(this.#symmetric.encryptAndHash(payload));
    return concat(...parts);
  }

  /**
   * The payload of the peer's next message, or why it is refused; this object is then of no more
   * use.
   */
  readMessage(message: Uint8Array): Uint8Array | NoiseRefusal {
    let at = 0;
    for (const token of this.#tokens()) {
      const length = this.#lengthOf(token);
      if (message.length - at < length) return "malformed";
      const refusal = this.#read(token, message.slice(at, at + length));
      if (refusal !== undefined) return refusal;
      at += length;
    }
    if (message.length - at < this.#tag()) return "malformed";
    return this.#symmetric.decryptAndHash(message.slice(at)) ?? "forged";
  }

  #tokens(): readonly Token[] {
    const tokens = known(this.#setup.pattern.messages[this.#message]);
    this.#message += 1;
    return tokens;
  }

  #write(token: Token): Uint8Array | "bad-key" {
    switch (token) {
      case "e":
        this.#e = this.#crypto.dhGenerate();
        this.#secrets.add(this.#e.secret);
        this.#mixEphemeral(this.#e.public);
        return this.#e.public;
      case "s":
        return this.#symmetric.encryptAndHash(known(this.#setup.s).public);
      case "e1":
        this.#e1 = this.#crypto.kemGenerate();
        this.#secrets.add(this.#e1.secret);
        return this.#symmetric.encryptAndHash(this.#e1.public);
      case "ekem1": {
        const kem = this.#crypto.kemEncapsulate(known(this.#re1));
        if (kem === undefined) return "bad-key";
        const sealed = this.#symmetric.encryptAndHash(kem.ciphertext);
        this.#mixSecret(kem.shared);
        return sealed;
      }
      default:
        return this.#mix(token) ? EMPTY : "bad-key";
    }
  }

  #read(token: Token, part: Uint8Array): NoiseRefusal | undefined {
    switch (token) {
      case "e":
        this.#re = part;
        this.#mixEphemeral(part);
        return undefined;
      case "s":
        this.#rs = this.#symmetric.decryptAndHash(part);
        return this.#rs === undefined ? "forged" : undefined;
      case "e1":
        this.#re1 = this.#symmetric.decryptAndHash(part);
        return this.#re1 === undefined ? "forged" : undefined;
      case "ekem1": {
        const ciphertext = this.#symmetric.decryptAndHash(part);
        if (ciphertext === undefined) return "forged";
        const shared = this.#crypto.kemDecapsulate(known(this.#e1), ciphertext);
        if (shared === undefined) return "bad-key";
        this.#mixSecret(shared);
        return undefined;
      }
      default:
        return this.#mix(token) ? undefined : "bad-key";
    }
  }

  /** The tokens that both sides do alike and that put nothing on the wire; false for a bad key. */
  #mix(token: "ee" | "es" | "se" | "ss" | "psk"): boolean {
    if (token === "psk") {
      this.#symmetric.mixKeyAndHash(known(this.#setup.psks?.[this.#psk]));
      this.#psk += 1;
      return true;
    }
    const { initiator, s } = this.#setup;
    // The first letter is the initiator's key, the second the responder's.
    const ours = token[initiator ? 0 : 1] === "e" ? this.#e : s;
    const theirs = token[initiator ? 1 : 0] === "e" ? this.#re : this.#rs;
    const shared = this.#crypto.dh(known(ours), known(theirs));
    if (shared === undefined) return false;
    this.#mixSecret(shared);
    return true;
  }

  #mixSecret(secret: Uint8Array): void {
    this.#symmetric.mixKey(secret);
    wipe(secret);
  }

  /** §9.2: with a psk in the pattern, ephemeral keys also go into the key. */
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    if (this.#pskMode) this.#symmetric.mixKey(publicKey);
  }

  #tag(): number {
    return this.#symmetric.hasKey() ? TAG_LENGTH : 0;
  }

  #lengthOf(token: Token): number {
    if (token === "e") return DH_LENGTH;
    if (token === "s") return DH_LENGTH + this.#tag();
    if (token === "e1") return KEM_PUBLIC_LENGTH + this.#tag();
    if (token === "ekem1") return KEM_CIPHERTEXT_LENGTH + this.#tag();
    return 0;
  }
}

/** A pattern that uses a key before it exists is a programming error. */
function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError("the pattern needs a key that is not there");
  return value;
}
