/** What of the secrets that were ever made is still there. */
import { toHex } from "../../src/base/index.ts";
import { liveBytes } from "./live.ts";
import type { Recorder } from "./recorder.ts";

export interface Findings {
  /** Secrets of each kind that were made. */
  readonly made: Readonly<Record<string, number>>;
  /** Of those, that live in an array and are part of nothing that is kept on purpose. */
  readonly lingering: Readonly<Record<string, number>>;
  /**
   * Of those, that live in the slab from which Node cuts small Buffers: what its own decoders left
   * there.
   */
  readonly pooled: Readonly<Record<string, number>>;
  /** Of those, that live in what is kept on purpose. */
  readonly kept: Readonly<Record<string, number>>;
}

/** @param keptBytes what is kept on purpose, made for this call: encoded sessions and rows. */
export function measure(recorder: Recorder, keptBytes: () => readonly Uint8Array[]): Findings {
  const found = new Set<number>();
  const pool = new Set<number>();
  const slab = Buffer.allocUnsafe(1).buffer;
  for (const bytes of liveBytes())
    recorder.search(bytes, (index) => (bytes.buffer === slab ? pool : found).add(index));
  const allowed = new Set<number>();
  for (const bytes of keptBytes()) recorder.search(bytes, (index) => allowed.add(index));
  const [made, lingering, pooled, kept] = [{}, {}, {}, {}] as Record<string, number>[];
  const add = (counts: Record<string, number> | undefined, kind: string): void => {
    if (counts) counts[kind] = (counts[kind] ?? 0) + 1;
  };
  for (let index = 0; index < recorder.count; index++) {
    const kind = recorder.kind(index);
    add(made, kind);
    if (pool.has(index)) add(pooled, kind);
    if (found.has(index)) add(allowed.has(index) ? kept : lingering, kind);
  }
  return { made, lingering, pooled, kept } as Findings;
}

/** The secrets as the parent needs them to search memory from outside, still masked. */
export function maskedSecrets(recorder: Recorder): { kind: string; masked: string }[] {
  return Array.from({ length: recorder.count }, (_, index) => ({
    kind: recorder.kind(index),
    masked: toHex(recorder.masked(index)),
  }));
}
