import { concat, labels, readU64, SottoError, u64, utf8, wipe } from "../base/index.ts";
import { acceptableU } from "./key-validation.ts";
import type { CryptoProvider, SigningKeyPair } from "./provider.ts";
import { requireLength } from "./require-length.ts";

const ENTROPY = 32;
const WORDS = 24;

/**
 * The account key of 32 bytes of entropy: the Ed25519 pair whose seed is HKDF(entropy, label). The
 * entropy itself is what the recovery words spell.
 */
export function accountFromEntropy(crypto: CryptoProvider, entropy: Uint8Array): SigningKeyPair {
  requireLength(entropy, ENTROPY, "an account's entropy");
  const seed = crypto.hkdf(new Uint8Array(0), entropy, utf8(labels.accountKey), 32);
  const pair = crypto.signingFromSeed(seed);
  wipe(seed);
  return pair;
}

/** The 24 English recovery words of 32 bytes of entropy (BIP39), one space between them. */
export async function entropyToWords(entropy: Uint8Array): Promise<string> {
  requireLength(entropy, ENTROPY, "an account's entropy");
  const { bip39, list } = await wordList();
  return bip39.entropyToMnemonic(entropy, list);
}

/**
 * The 32 bytes that 24 recovery words spell. Case, and spaces around and between, do not matter.
 * @throws SottoError words-invalid; it names the position of a wrong word and never the word.
 */
export async function wordsToEntropy(words: string): Promise<Uint8Array> {
  const typed = words.normalize("NFKD").toLowerCase().split(/\s+/).filter(Boolean);
  if (typed.length !== WORDS)
    throw new SottoError(
      "words-invalid",
      `The recovery phrase has ${typed.length} words instead of ${WORDS}.`,
    );
  const { bip39, list } = await wordList();
  const wrong = typed.findIndex((word) => !list.includes(word));
  if (wrong >= 0)
    throw new SottoError("words-invalid", `Word ${wrong + 1} is not in the word list.`);
  const mnemonic = typed.join(" ");
  if (!bip39.validateMnemonic(mnemonic, list))
    throw new SottoError("words-invalid", "A word is wrong, or the words are in the wrong order.");
  return bip39.mnemonicToEntropy(mnemonic, list);
}

/** Loaded only for `init` and recovery: no other start needs the list. */
async function wordList() {
  const [bip39, { wordlist }] = await Promise.all([
    import("@scure/bip39"),
    import("@scure/bip39/wordlists/english.js"),
  ]);
  return { bip39, list: wordlist };
}

/** The contents of a device certificate whose signature was verified. */
export interface DeviceCertificate {
  /** Account public key, 32 bytes. */
  readonly account: Uint8Array;
  /** X25519 device public key, 32 bytes. */
  readonly device: Uint8Array;
  /** ms since 1970, by the clock of the device that signed. */
  readonly createdAt: number;
}

/** Length of a certificate: account 32 ‖ device 32 ‖ created-at 8 ‖ signature 64. */
export const certificateBytes = 136;
const SIGNATURE_AT = certificateBytes - 64;

/**
 * Certifies a device key: 136 bytes. The signature covers label ‖ device ‖ created-at and no
 * transcript, so it shows that the device is the account's, and nothing about any conversation.
 * @param devicePublic 32 bytes, X25519.
 * @param createdAt ms since 1970.
 */
export function certify(
  crypto: CryptoProvider,
  account: SigningKeyPair,
  devicePublic: Uint8Array,
  createdAt: number,
): Uint8Array {
  requireLength(devicePublic, 32, "a device key");
  const claim = concat(devicePublic, u64(createdAt));
  return concat(account.public, claim, crypto.sign(account, toSign(claim)));
}

/**
 * Reads a certificate that a peer showed. `undefined` for a wrong length, a bad signature (strict
 * rules), a device key that X25519 would refuse, or a time beyond 2^53.
 */
export function readCertificate(
  crypto: CryptoProvider,
  bytes: Uint8Array,
): DeviceCertificate | undefined {
  if (bytes.length !== certificateBytes) return undefined;
  const account = bytes.slice(0, 32);
  const device = bytes.slice(32, 64);
  const createdAt = readU64(bytes, 64);
  if (createdAt === undefined || !acceptableU(device)) return undefined;
  const signed = toSign(bytes.subarray(32, SIGNATURE_AT));
  if (!crypto.verify(account, signed, bytes.subarray(SIGNATURE_AT))) return undefined;
  return { account, device, createdAt };
}

function toSign(claim: Uint8Array): Uint8Array {
  return concat(utf8(labels.deviceCertificate), claim);
}
