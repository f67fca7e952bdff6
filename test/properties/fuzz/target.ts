import { nodeCrypto, type Rng } from "../../../src/crypto/index.ts";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";

export interface Target {
  readonly name: string;
  /** Good inputs, and near misses: what changes are made to. */
  readonly seeds: readonly Uint8Array[];
  /**
   * Throws where the input breaks a promise: an exception of the code's own, a changed state, too
   * much work.
   */
  readonly run: (input: Uint8Array) => void | Promise<void>;
}

/** Randomness that starts from 0 again for each input, so that a failure can be run again. */
export function counted(): Rng {
  let calls = 0;
  const { hkdf } = nodeCrypto();
  return (length) =>
    hkdf(new Uint8Array(0), Uint8Array.of(calls++ & 255, calls >> 8), new Uint8Array(0), length);
}

/** A provider that counts what costs time. */
export function working(crypto: CryptoProvider): { crypto: CryptoProvider; steps: () => number } {
  let steps = 0;
  const one = <Args extends unknown[], Result>(run: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      steps += 1;
      return run(...args);
    };
  };
  const counting: CryptoProvider = {
    ...crypto,
    sha256: one(crypto.sha256),
    hmac: one(crypto.hmac),
    hkdf: one(crypto.hkdf),
    open: one(crypto.open),
    openX: one(crypto.openX),
    dh: one(crypto.dh),
    dhGenerate: one(crypto.dhGenerate),
    verify: one(crypto.verify),
    kemGenerate: one(crypto.kemGenerate),
    kemEncapsulate: one(crypto.kemEncapsulate),
    kemDecapsulate: one(crypto.kemDecapsulate),
  };
  return { crypto: counting, steps: () => steps };
}
