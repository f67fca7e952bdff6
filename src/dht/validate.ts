/** What a node that stores records for strangers checks, without any key of theirs. */
import { limits, toHex } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { type LayoutRefusal, parseRecord, signedPart } from "./layout.ts";

export type Validated =
  | { readonly kind: "valid"; readonly time: number }
  | { readonly kind: "refused"; readonly why: LayoutRefusal | "rollback" | "signature" };

/**
 * Remembers the highest time seen for each tag and refuses to go back: Kademlia's PUT itself would
 * let anybody replace a record by an older valid one. Only a record whose signature held raises
 * that time, so a forger cannot lock a tag. Memory is bounded: of more than `limits.validatorTags`
 * the longest unheard of is forgotten, and a record that it protected from is stale after
 * `limits.recordAge` anyway.
 */
export class RecordValidator {
  readonly #verify: CryptoProvider["verify"];
  readonly #now: () => number;
  /** In the order of the last valid record. */
  readonly #highest = new Map<string, number>();

  constructor(verify: CryptoProvider["verify"], now: () => number) {
    this.#verify = verify;
    this.#now = now;
  }

  /** Tags remembered. */
  get size(): number {
    return this.#highest.size;
  }

  /**
   * Judges a record that is to be stored, or was found, under a tag. The newest known one is valid
   * again: it is put to several nodes and read many times.
   */
  check(tag: Uint8Array, bytes: Uint8Array): Validated {
    const parted = parseRecord(bytes, tag, this.#now());
    if (parted.kind === "refused") return parted;
    const { time, signature } = parted.parts;
    const name = toHex(tag);
    if (time < (this.#highest.get(name) ?? 0)) return { kind: "refused", why: "rollback" };
    if (!this.#verify(tag, signedPart(bytes), signature))
      return { kind: "refused", why: "signature" };
    this.#remember(name, time);
    return { kind: "valid", time };
  }

  #remember(name: string, time: number): void {
    this.#highest.delete(name);
    this.#highest.set(name, time);
    if (this.#highest.size <= limits.validatorTags) return;
    const [oldest] = this.#highest.keys();
    if (oldest !== undefined) this.#highest.delete(oldest);
  }
}
