/**
 * A crypto provider that keeps every secret array that it gave out, so that a test can ask which of
 * those that are no longer in use still hold their bytes.
 */
import { isZero, labels } from "../../src/base/index.ts";
import { type CryptoProvider, nodeCrypto, type Rng } from "../../src/crypto/index.ts";

interface Given {
  readonly kind: string;
  readonly bytes: Uint8Array;
}

const purposes = Object.values(labels).map((label) => label as string);
const text = new TextDecoder("latin1");

/** Where a session's id begins in the derived session keys: it is public, as an invite's id is. */
const SESSION_ID_AT = 128;

export class GivenKeys {
  readonly #given: Given[] = [];
  /** Calls under way that draw randomness for keys. */
  #drawing = 0;
  readonly crypto: CryptoProvider;

  /** @param make the provider to watch, over this source of randomness. */
  constructor(make: (random: Rng) => CryptoProvider = nodeCrypto, random = nodeCrypto().random) {
    const crypto = make((length) => {
      const bytes = random(length);
      return this.#drawing > 0 ? this.#keep("random seed", bytes) : bytes;
    });
    const drawing = <Result>(run: () => Result): Result => {
      this.#drawing += 1;
      try {
        return run();
      } finally {
        this.#drawing -= 1;
      }
    };
    this.crypto = {
      ...crypto,
      hmac: (key, data) => {
        const mac = crypto.hmac(key, data);
        // Chains use one byte of data. What has more is a tag, which is public.
        return data.length === 1 ? this.#keep(data[0] === 1 ? "chain key" : "half key", mac) : mac;
      },
      hkdf: (salt, ikm, info, length) => {
        const out = crypto.hkdf(salt, ikm, info, length);
        const kind = purposeOf(info);
        return kind === labels.inviteId ? out : this.#keepSlices(kind, out);
      },
      dhGenerate: () => {
        const pair = drawing(() => crypto.dhGenerate());
        this.#keep("DH secret", pair.secret);
        return pair;
      },
      dh: (ours, theirs) => {
        const shared = crypto.dh(ours, theirs);
        return shared && this.#keep("DH output", shared);
      },
      kemGenerate: () => {
        const pair = drawing(() => crypto.kemGenerate());
        this.#keep("KEM secret key", pair.secret);
        return pair;
      },
      kemEncapsulate: (key) => {
        const made = drawing(() => crypto.kemEncapsulate(key));
        if (made) this.#keep("KEM secret", made.shared);
        return made;
      },
      kemDecapsulate: (pair, ciphertext) => {
        const shared = crypto.kemDecapsulate(pair, ciphertext);
        return shared && this.#keep("KEM secret", shared);
      },
      signingFromSeed: (seed) => {
        const pair = crypto.signingFromSeed(seed);
        this.#keep("signing seed", pair.seed);
        return pair;
      },
    };
  }

  /** How many secrets of each kind were given out. */
  counts(): Record<string, number> {
    return countKinds(this.#given);
  }

  /**
   * How many secrets of each kind still hold their bytes although nothing that is in use refers to
   * them.
   * @param inUse objects whose arrays, at any depth, may hold theirs.
   */
  left(...inUse: readonly unknown[]): Record<string, number> {
    const live = arraysIn(inUse);
    return countKinds(this.#given.filter(({ bytes }) => !isZero(bytes) && !live.has(bytes)));
  }

  /** As `left`, where in use is what these bytes contain: rows of a store. */
  leftBeside(stored: readonly Uint8Array[]): Record<string, number> {
    const rows = stored.map((row) => Buffer.from(row));
    const kept = (bytes: Uint8Array): boolean =>
      rows.some((row) => row.includes(Buffer.from(bytes)));
    return countKinds(this.#given.filter(({ bytes }) => !isZero(bytes) && !kept(bytes)));
  }

  #keep(kind: string, bytes: Uint8Array): Uint8Array {
    this.#given.push({ kind, bytes });
    return bytes;
  }

  /** The slices of derived bytes are secrets in their own right, with memory of their own. */
  #keepSlices(kind: string, bytes: Uint8Array): Uint8Array {
    const slice = (start?: number, end?: number): Uint8Array => {
      const part = Uint8Array.prototype.slice.call(bytes, start, end);
      const isPublic = kind === labels.sessionKeys && (start ?? 0) >= SESSION_ID_AT;
      return isPublic ? part : this.#keep(kind, part);
    };
    Object.defineProperty(bytes, "slice", { value: slice });
    return this.#keep(kind, bytes);
  }
}

function purposeOf(info: Uint8Array): string {
  const name = text.decode(info);
  return purposes.find((label) => name.startsWith(label)) ?? "noise key";
}

function countKinds(given: readonly Given[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of given) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Every byte array that these values refer to. */
function arraysIn(values: readonly unknown[]): Set<Uint8Array> {
  const arrays = new Set<Uint8Array>();
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof Uint8Array) arrays.add(value);
    else if (value instanceof Map) for (const entry of value) visit(entry);
    else if (value instanceof Set) for (const entry of value) visit(entry);
    else for (const inner of Object.values(value)) visit(inner);
  };
  for (const value of values) visit(value);
  return arrays;
}
