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
  /** How many seals were made before, by anybody. */
  readonly serial: number;
}

export class KeyWatch {
  readonly #sealed = new Map<string, Sealed>();
  readonly #onWire = new Map<
    string,
    { readonly whole: string; readonly nonce: string; readonly says: boolean }
  >();
  /** Keys that went over the wire with more than one message. */
  readonly reused: string[] = [];
  /** Of those, the ones that two messages of a person had, or that came with the same nonce. */
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
    const { key, nonce, content } = inside;
    const whole = toHex(frame);
    const says = content.message !== undefined;
    const before = this.#onWire.get(key);
    if (before !== undefined && before.whole !== whole) {
      this.reused.push(key);
      if ((says && before.says) || before.nonce === nonce) this.dangerous.push(key);
    }
    this.#onWire.set(key, { whole, nonce, says: says || before?.says === true });
  }
}
