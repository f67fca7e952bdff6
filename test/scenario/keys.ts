/** Watches that no message key ever leaves a machine with two different messages. */
import { toHex } from "../../src/base/index.ts";
import type { CryptoProvider } from "../../src/crypto/index.ts";
import { decodeContent, decodeLinkFrame, type ReceivedContent } from "../../src/wire/index.ts";
import type { Passed } from "./network.ts";

const TAG = 16;

/** What was sealed, known by the tag that its ciphertext ends in. */
export interface Sealed {
  readonly key: string;
  readonly nonce: string;
  readonly plaintext: Uint8Array;
  /** How many seals were made before, by any node. */
  readonly serial: number;
}

export class KeyWatch {
  readonly #sealed = new Map<string, Sealed>();
  /** The messages that went over the wire, by key and nonce. */
  readonly #onWire = new Map<string, Map<string, string>>();
  /** Keys that went over the wire with more than one message. */
  readonly reused: string[] = [];
  /**
   * Of those, the ones that came with the same nonce as well: not even a disk of another time may
   * do that.
   */
  readonly dangerous: string[] = [];
  #seals = 0;

  /** The provider, whose seals are noted. */
  over(crypto: CryptoProvider): CryptoProvider {
    return {
      ...crypto,
      seal: (key, nonce, plaintext, ad) => {
        const sealed = crypto.seal(key, nonce, plaintext, ad);
        this.#sealed.set(toHex(sealed.subarray(-TAG)), {
          key: toHex(key),
          nonce: toHex(nonce),
          plaintext: Uint8Array.from(plaintext),
          serial: this.#seals++,
        });
        return sealed;
      },
    };
  }

  /** Seals that were made so far. */
  get serial(): number {
    return this.#seals;
  }

  /** What is in a frame that some node of this world sealed. */
  inside(frame: Uint8Array): (Sealed & { readonly content: ReceivedContent }) | undefined {
    const decoded = decodeLinkFrame(frame);
    if (decoded?.type !== "ratchet") return undefined;
    const sealed = this.#sealed.get(toHex(decoded.message.subarray(-TAG)));
    const content = sealed && decodeContent(sealed.plaintext);
    return sealed && content && { ...sealed, content };
  }

  see({ frame }: Passed): void {
    const inside = this.inside(frame);
    if (inside === undefined) return;
    const { key, nonce } = inside;
    const whole = toHex(frame);
    const before = this.#onWire.get(key) ?? new Map<string, string>();
    const known = before.get(nonce);
    if (known !== undefined && known !== whole) this.dangerous.push(key);
    if (known !== whole && before.size > 0) this.reused.push(key);
    this.#onWire.set(key, before.set(nonce, whole));
  }
}
