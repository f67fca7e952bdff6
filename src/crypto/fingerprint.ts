import { concat, labels, utf8 } from "../base/index.ts";
import type { CryptoProvider } from "./provider.ts";
import { requireLength } from "./require-length.ts";

/**
 * Rounds of hashing for one key, as in Signal's numeric fingerprints: they add 12 bits to the 100
 * that 30 digits hold, for an attacker who searches for a key with the same digits. 5 ms a key.
 */
const ROUNDS = 5200;
const GROUPS = 6;

/**
 * The safety number of two people: 60 digits as 12 groups of 5. Both see the same one, because the
 * two halves are in the order of their digits. It is derived only from the account keys, so it
 * outlives devices, sessions and addresses.
 *
 * Half of a person: h(0) = SHA-256(label ‖ key), h(n) = SHA-256(h(n-1) ‖ key), 5200 hashes in all;
 * the first 30 bytes of the last, five at a time, most significant first, each modulo 100 000.
 * @param accountA 32 bytes, an Ed25519 account key.
 * @param accountB 32 bytes, the other's.
 */
export function safetyNumber(
  crypto: CryptoProvider,
  accountA: Uint8Array,
  accountB: Uint8Array,
): string {
  return [half(crypto, accountA), half(crypto, accountB)].sort().join(" ");
}

/** Whether two texts spell the same safety number; spaces and dashes do not matter. */
export function sameSafetyNumber(a: string, b: string): boolean {
  const digits = a.replace(/[\s\p{Pd}]/gu, "");
  return /^\d{60}$/.test(digits) && digits === b.replace(/[\s\p{Pd}]/gu, "");
}

function half(crypto: CryptoProvider, account: Uint8Array): string {
  requireLength(account, 32, "an account key");
  let hash = crypto.sha256(concat(utf8(labels.safetyNumber), account));
  for (let round = 1; round < ROUNDS; round++) hash = crypto.sha256(concat(hash, account));
  return Array.from({ length: GROUPS }, (_, group) => digitsOf(hash, 5 * group)).join(" ");
}

function digitsOf(hash: Uint8Array, at: number): string {
  // 40 bits: beyond what the shift operators hold, well within a number.
  const value = hash.subarray(at, at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
  return String(value % 100_000).padStart(5, "0");
}
