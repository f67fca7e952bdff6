/** How hard a new passphrase is to guess, estimated from its characters, without a dictionary. */
import { SottoError } from "./errors.ts";
import { limits } from "./limits.ts";

/** Bits of a character that does not follow from the one before, by the number of classes. */
const BITS = [0, 2.2, 3, 4, 4.5] as const;
const CLASSES = [/\p{Ll}|\p{Lo}/u, /\p{Lu}/u, /\p{N}/u, /[\p{P}\p{S}]/u];
/** Fewer unpredictable characters than this are a pattern, such as 12345678. */
const PATTERN = 5;

/**
 * Whether a passphrase is refused (too short, or a pattern), accepted with a warning, or good. The
 * estimate errs on the safe side for texts without digits and signs, which are taken for words:
 * four words are good, one is weak.
 */
export function passphraseStrength(passphrase: string): "refused" | "weak" | "good" {
  const characters = [...passphrase.normalize("NFKC")];
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  // A repeated character, and the next one up or down, as in 4321, add nothing.
  const units = codes.filter((code, at) => at === 0 || Math.abs(code - (codes[at - 1] ?? 0)) > 1);
  const tooFew = characters.length < limits.passphraseLength || new Set(units).size < PATTERN;
  if (tooFew) return "refused";
  const classes = CLASSES.filter((pattern) => pattern.test(passphrase)).length;
  return units.length * (BITS[classes] ?? 0) < limits.passphraseBits ? "weak" : "good";
}

/** Throws `passphrase-weak` if a new passphrase is refused. */
export function requirePassphrase(passphrase: string): void {
  if (passphraseStrength(passphrase) === "refused")
    throw new SottoError("passphrase-weak", tooWeak);
}

const { passphraseLength: least } = limits;
/** Why a passphrase is refused. */
export const tooWeak = `A passphrase needs ${least} characters that are not a pattern.`;
