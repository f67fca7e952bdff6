/**
 * The two ciphers of the frames of a group link (docs/SPEC.md, groups): one key a direction, and
 * counters that grow by exactly one.
 */
import { concat, u64, wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";

const EMPTY = new Uint8Array(0);

/** The nonce of a counter: 4 zero bytes, then the counter. */
const nonceOf = (counter: number): Uint8Array => concat(new Uint8Array(4), u64(counter));

/** Seals the frames of one direction. Uses no counter twice. */
export class GroupFrameSealer {
  readonly #crypto: CryptoProvider;
  readonly #key: Uint8Array;
  #counter = 0;

  /** @param key 32 bytes, which the sealer owns and erases. */
  constructor(crypto: CryptoProvider, key: Uint8Array) {
    this.#crypto = crypto;
    this.#key = key;
  }

  /** The rest of a frame of type 7: counter 8 ‖ ciphertext ‖ 16. */
  seal(plaintext: Uint8Array): Uint8Array {
    const counter = this.#counter++;
    const sealed = this.#crypto.seal(this.#key, nonceOf(counter), plaintext, EMPTY);
    return concat(u64(counter), sealed);
  }

  /** Nothing is sealed after this. */
  close(): void {
    wipe(this.#key);
  }
}

/** Opens the frames of one direction, each once and in order. */
export class GroupFrameOpener {
  readonly #crypto: CryptoProvider;
  readonly #key: Uint8Array;
  #counter = 0;

  /** @param key 32 bytes, which the opener owns and erases. */
  constructor(crypto: CryptoProvider, key: Uint8Array) {
    this.#crypto = crypto;
    this.#key = key;
  }

  /**
   * The plaintext of the next frame. `undefined` where its counter is not the next one or it was
   * not sealed under the key: the link is to be closed. The state is then unchanged.
   */
  open(frame: Uint8Array): Uint8Array | undefined {
    if (frame.length < 24) return undefined;
    const expected = u64(this.#counter);
    if (expected.some((byte, i) => byte !== frame[i])) return undefined;
    const sealed = frame.subarray(8);
    const plaintext = this.#crypto.open(this.#key, nonceOf(this.#counter), sealed, EMPTY);
    if (plaintext) this.#counter++;
    return plaintext;
  }

  /** Nothing is opened after this. */
  close(): void {
    wipe(this.#key);
  }
}
