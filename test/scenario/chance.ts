/** Seeded chance, so that a failing run can be run again. */
export interface Chance {
  /** A number in [0, 1). */
  next(): number;
  bytes(length: number): Uint8Array;
}

/** xorshift128 of a seed. Good enough to vary a simulation, and no more. */
export function seeded(seed: number): Chance {
  const state = new Uint32Array([seed ^ 0x9e3779b9, 0x243f6a88, 0xb7e15162, seed * 2654435761 + 1]);
  const word = (): number => {
    let t = state[3] as number;
    const s = state[0] as number;
    state[3] = state[2] as number;
    state[2] = state[1] as number;
    state[1] = s;
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = t ^ s ^ (s >>> 19);
    return state[0] as number;
  };
  for (let i = 0; i < 20; i++) word();
  return {
    next: () => word() / 2 ** 32,
    bytes: (length) => Uint8Array.from({ length }, () => word() & 0xff),
  };
}
