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
  const drawnAt = sharedAt + SHARED;
  const end = drawnAt + SEED;
  const copyOf = (at: number, length: number) => memory.slice(at, at + length);

  /** Draws the randomness of one call, which then exists only in the scratch memory. */
  function draw(length: number, what: string): void {
    const drawn = random(length);
    requireLength(drawn, length, what);
    memory.set(drawn, drawnAt);
    wipe(drawn);
  }

  return {
    kemGenerate() {
      draw(SEED, "an ML-KEM seed");
      sodium._crypto_kem_mlkem768_seed_keypair(publicAt, secretAt, drawnAt);
      const pair = { public: copyOf(publicAt, PUBLIC), secret: copyOf(secretAt, SECRET) };
      memory.fill(0, publicAt, end);
      return pair;
    },
    kemEncapsulate(publicKey) {
      if (!acceptableKemKey(publicKey)) return undefined;
      draw(MESSAGE, "an ML-KEM message");
      memory.set(publicKey, publicAt);
      sodium._crypto_kem_mlkem768_enc_deterministic(ciphertextAt, sharedAt, publicAt, drawnAt);
      const made = {
        ciphertext: copyOf(ciphertextAt, CIPHERTEXT),
        shared: copyOf(sharedAt, SHARED),
      };
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
      const shared = copyOf(sharedAt, SHARED);
      memory.fill(0, publicAt, end);
      return shared;
    },
  };
}
