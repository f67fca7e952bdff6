import { limits, SottoError, utf8, wipe } from "../base/index.ts";
import { requireLength } from "./require-length.ts";

/** What one guess at a passphrase costs (argon2id, RFC 9106). Stored next to what it protects. */
export interface PassphraseCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** RFC 9106 §4, second choice, with one lane because we run on one: 0.3 s here, 64 MiB. */
export const defaultPassphraseCost: PassphraseCost = {
  memoryKiB: 64 * 1024,
  passes: 3,
  lanes: 1,
};

/** Whether a cost is one that argon2id allows and that this machine can be asked to bear. */
export function bearableCost({ memoryKiB, passes, lanes }: PassphraseCost): boolean {
  return (
    within(lanes, 1, limits.passphraseLanes) &&
    within(passes, 1, limits.passphrasePasses) &&
    within(memoryKiB, 8 * lanes, limits.passphraseMemoryKiB)
  );
}

/**
 * The 32-byte key of a passphrase (argon2id v1.3, RFC 9106). The text is taken in its NFKC form, so
 * that every keyboard gives the same bytes.
 * @param salt 16 random bytes, stored.
 * @throws SottoError passphrase-needed where it is empty; keyring-damaged for a cost out of bounds,
 * which no Sotto ever stored.
 */
export async function deriveFromPassphrase(
  passphrase: string,
  salt: Uint8Array,
  cost: PassphraseCost,
): Promise<Uint8Array> {
  requireLength(salt, 16, "a passphrase's salt");
  if (passphrase === "") throw new SottoError("passphrase-needed", "The passphrase is empty.");
  if (!bearableCost(cost))
    throw new SottoError(
      "keyring-damaged",
      "The passphrase parameters in the file keyring are out of range.",
    );
  // Loaded only where a passphrase is used.
  const { argon2id } = await import("hash-wasm");
  const password = utf8(passphrase.normalize("NFKC"));
  const key = await argon2id({
    password,
    salt,
    memorySize: cost.memoryKiB,
    iterations: cost.passes,
    parallelism: cost.lanes,
    hashLength: 32,
    outputType: "binary",
  });
  wipe(password);
  return key;
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
