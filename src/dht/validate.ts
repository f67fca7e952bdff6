/** Validation of records by a node that stores them for others and has none of their keys. */
import { limits, toHex } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import { type LayoutRefusal, parseRecord, signedPart } from "./record-layout.ts";

export type Validated =
  | { readonly kind: "valid"; readonly time: number }
  | { readonly kind: "refused"; readonly why: LayoutRefusal | "rollback" | "signature" };

/**
 * Validates records, and remembers the highest time seen for each tag to refuse older ones:
 * Kademlia's PUT itself would let anyone replace a record by an older valid one. Only a record with
 * a valid signature raises that time, so a forger cannot lock a tag. Memory is limited: above
 * `limits.validatorTags` the tag unseen for longest is forgotten, and an old record of it becomes
 * stale after `limits.recordAge` anyway.
 */
export class RecordValidator {
  readonly #verify: CryptoProvider["verify"];
  readonly #now: () => number;
  /** Ordered by the last valid record. */
  readonly #highest = new Map<string, number>();

  constructor(verify: CryptoProvider["verify"], now: () => number) {
    this.#verify = verify;
    this.#now = now;
  }

  /** Number of tags remembered. */
  get size(): number {
    return this.#highest.size;
  }

  /**
   * Validates a record that is to be stored, or was found, under a tag. The newest known record is
   * valid again: it is stored on several nodes and read many times.
   */
  check(tag: Uint8Array, bytes: Uint8Array): Validated {
    const parsed = parseRecord(bytes, tag, this.#now());
    if (parsed.kind === "refused") return parsed;
    const { time, signature } = parsed.parts;
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
