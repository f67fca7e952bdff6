/** Watches that no message key ever leaves a machine with two different messages. */
import { toHex } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import { decodeLinkFrame } from "../../src/wire/index.ts";
import type { Passed } from "./network.ts";

const TAG = 16;

export class KeyWatch {
  /** Which key made the ciphertext that ends in this tag. */
  readonly #keys = new Map<string, string>();
  readonly #onWire = new Map<string, string>();
  /** Keys that went over the wire with more than one message. */
  readonly reused: string[] = [];

  /** The provider, whose seals are noted. */
  over(crypto: CryptoProvider): CryptoProvider {
    return {
      ...crypto,
      seal: (key, nonce, plaintext, ad) => {
        const sealed = crypto.seal(key, nonce, plaintext, ad);
        this.#keys.set(toHex(sealed.subarray(-TAG)), toHex(key));
        return sealed;
      },
    };
  }

  see({ frame }: Passed): void {
    const decoded = decodeLinkFrame(frame);
    if (decoded?.type !== "ratchet") return;
    const key = this.#keys.get(toHex(decoded.message.subarray(-TAG)));
    if (key === undefined) return;
    const whole = toHex(decoded.message);
    const before = this.#onWire.get(key);
    if (before !== undefined && before !== whole) this.reused.push(key);
    this.#onWire.set(key, whole);
  }
}
