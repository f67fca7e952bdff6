import type { Libsodium } from "./libsodium-types.ts";

/**
 * Holds the longest use: key, nonce, text with its tag and associated data, 4.2 kB; or ML-KEM, 4.8
 * kB.
 */
const SCRATCH = 8192;

/**
 * libsodium and one region of its memory, for every call of every provider: inputs are copied in
 * and erased before the call returns. The calls are synchronous, so no two of them overlap.
 */
export interface Scratch {
  readonly sodium: Libsodium;
  readonly memory: Uint8Array;
  /** Where 8 KiB of zeros begin. Each call leaves them zero. */
  readonly at: number;
}

let loading: Promise<Scratch | undefined> | undefined;

/** Once a process. `undefined` where the package is not installed or does not start. */
export function loadSodium(): Promise<Scratch | undefined> {
  loading ??= load().catch(() => undefined);
  return loading;
}

async function load(): Promise<Scratch> {
  // @ts-expect-error: it brings no types, and it may be absent.
  const library: { default: () => Promise<Libsodium> } = await import("libsodium-sumo");
  const sodium = await library.default();
  const at = sodium._malloc(SCRATCH);
  // Growing would leave this view empty. Nothing is allocated after the scratch, so it never grows.
  const memory = sodium.HEAPU8;
  memory.fill(0, at, at + SCRATCH);
  return { sodium, memory, at };
}
