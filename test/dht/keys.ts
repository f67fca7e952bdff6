/**
 * Shared by the tests of this folder: a provider with seeded randomness, and a pair's first
 * secrets.
 */
import { nobleCrypto } from "../../src/crypto/index.ts";
import { rendezvousKeys } from "../../src/dht/index.ts";

let seed = 1;
export const crypto = nobleCrypto((length) => {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = seed >>> 16;
  }
  return bytes;
});

/** A time in 2026, ms. */
export const NOW = 1_795_388_984_873;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const root = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
export const keys = rendezvousKeys(crypto, root, "a");
