import type { Rng } from "./provider.ts";

/** getRandomValues fills at most this many bytes at a time. */
const SYSTEM_LIMIT = 65_536;
const POOL = 4096;
/** Longer requests go to the system at once: they would only empty the pool. */
const FROM_POOL = 256;

/**
 * The system's generator, drawn 4 KiB at a time: one call costs 2 µs whatever its length, a nonce
 * from the pool 0.1 µs. Each byte is handed out once and erased from the pool as it leaves.
 */
export function systemRandom(): Rng {
  const pool = new Uint8Array(POOL);
  let at = POOL;
  return (length) => {
    if (length > FROM_POOL) return fill(new Uint8Array(length));
    if (at + length > POOL) {
      fill(pool);
      at = 0;
    }
    const bytes = pool.slice(at, at + length);
    pool.fill(0, at, at + length);
    at += length;
    return bytes;
  };
}

function fill(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  for (let at = 0; at < bytes.length; at += SYSTEM_LIMIT)
    globalThis.crypto.getRandomValues(bytes.subarray(at, at + SYSTEM_LIMIT));
  return bytes;
}
