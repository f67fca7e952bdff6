/** ML-KEM-768 (FIPS 203) of libsodium: a seventh of what it costs in JavaScript. */
import { wipe } from "../base/index.ts";
import { acceptableKemKey } from "./key-validation.ts";
import type { CryptoProvider, Rng } from "./provider.ts";
import { requireLength } from "./require-length.ts";
import type { Scratch } from "./wasm-memory.ts";

type Kem = Pick<CryptoProvider, "kemGenerate" | "kemEncapsulate" | "kemDecapsulate">;

const PUBLIC = 1184;
const SECRET = 2400;
const CIPHERTEXT = 1088;
const SHARED = 32;
const SEED = 64;
const MESSAGE = 32;

export function sodiumKem({ sodium, memory, at: publicAt }: Scratch, random: Rng): Kem {
  const secretAt = publicAt + PUBLIC;
  const ciphertextAt = secretAt + SECRET;
  const sharedAt = ciphertextAt + CIPHERTEXT;
  const chanceAt = sharedAt + SHARED;
  const end = chanceAt + SEED;
  const taken = (at: number, length: number) => memory.slice(at, at + length);

  /** Chance for one call, which ends up in the scratch alone. */
  function draw(length: number, what: string): void {
    const chance = random(length);
    requireLength(chance, length, what);
    memory.set(chance, chanceAt);
    wipe(chance);
  }

  return {
    kemGenerate() {
      draw(SEED, "an ML-KEM seed");
      sodium._crypto_kem_mlkem768_seed_keypair(publicAt, secretAt, chanceAt);
      const pair = { public: taken(publicAt, PUBLIC), secret: taken(secretAt, SECRET) };
      memory.fill(0, publicAt, end);
      return pair;
    },
    kemEncapsulate(publicKey) {
      if (!acceptableKemKey(publicKey)) return undefined;
      draw(MESSAGE, "an ML-KEM message");
      memory.set(publicKey, publicAt);
      sodium._crypto_kem_mlkem768_enc_deterministic(ciphertextAt, sharedAt, publicAt, chanceAt);
      const made = { ciphertext: taken(ciphertextAt, CIPHERTEXT), shared: taken(sharedAt, SHARED) };
      memory.fill(0, publicAt, end);
      return made;
    },
    kemDecapsulate(pair, ciphertext) {
      requireLength(pair.secret, SECRET, "an ML-KEM decapsulation key");
      if (ciphertext.length !== CIPHERTEXT) return undefined;
      memory.set(pair.secret, secretAt);
      memory.set(ciphertext, ciphertextAt);
      // Implicit rejection: a tampered ciphertext also gives 0, and an unrelated secret.
      sodium._crypto_kem_mlkem768_dec(sharedAt, ciphertextAt, secretAt);
      const shared = taken(sharedAt, SHARED);
      memory.fill(0, publicAt, end);
      return shared;
    },
  };
}
