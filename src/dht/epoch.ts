/**
 * Epochs and their secrets (docs/SPEC.md, Rendezvous). A pair's root rotates once per epoch by a
 * one-way function: the root of one epoch yields every later one and no earlier one.
 */
import { isZero, labels, limits, readU32, utf8, wipe } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";

const ROOT = 32;
const EMPTY = new Uint8Array(0);

/** A pair's position in its chain of roots. */
export interface RootChain {
  /** The pair's secret epoch offset in ms, in [0, `limits.epoch`). */
  readonly offset: number;
  /** The epoch of `root`. */
  readonly epoch: number;
  /** 32 bytes: the oldest root still held. */
  readonly root: Uint8Array;
}

/**
 * A pair's secret epoch offset in ms, in [0, `limits.epoch`). Without it all tags of a node would
 * change at the same moment and could be linked.
 * @param root0 the pair's first root, 32 bytes.
 */
export function epochOffset(crypto: CryptoProvider, root0: Uint8Array): number {
  const bytes = crypto.hkdf(EMPTY, root0, utf8(labels.epochOffset), 8);
  // 53 bits, so that the remainder has no measurable bias.
  const wide = (readU32(bytes) >>> 11) * 2 ** 32 + readU32(bytes, 4);
  wipe(bytes);
  return wide % limits.epoch;
}

/** The number of the epoch at `now` (ms) for a pair with this offset. */
export function epochOf(now: number, offset: number): number {
  return Math.floor((now + offset) / limits.epoch);
}

/**
 * The chain of a new pair. Both sides know `pairRoot` and `madeAt` (the responder's clock, ms, from
 * the handshake), so both get the same chain whatever their own clocks show.
 *
 * It starts two epochs before `madeAt`: the clocks of a pair may differ by `limits.pairClockSkew`,
 * one epoch, so the slower one may be in the previous epoch, and needs the one before that as well.
 * No earlier secret of the pair exists, so this reveals nothing.
 */
export function startChain(
  crypto: CryptoProvider,
  pairRoot: Uint8Array,
  madeAt: number,
): RootChain {
  const offset = epochOffset(crypto, pairRoot);
  return { offset, epoch: Math.max(0, epochOf(madeAt, offset) - 2), root: pairRoot.slice() };
}

/**
 * The secret of an epoch, 32 bytes; the caller must wipe it. `undefined` for a chain whose root was
 * overwritten, before the chain's own epoch, whose roots are erased, and more than
 * `limits.epochsAhead` after it, which limits the work that a wrong clock can cause.
 */
export function secretAt(
  crypto: CryptoProvider,
  chain: RootChain,
  epoch: number,
): Uint8Array | undefined {
  const steps = epoch - chain.epoch;
  if (!Number.isInteger(steps) || steps < 0 || steps > limits.epochsAhead) return undefined;
  if (isZero(chain.root)) return undefined;
  let root: Uint8Array = chain.root.slice();
  for (let step = 0; step < steps; step++) {
    const next = crypto.hkdf(EMPTY, root, utf8(labels.nextRoot), ROOT);
    wipe(root);
    root = next;
  }
  return root;
}

/**
 * Erases the roots before the previous epoch: they cannot be derived any more, not even by us.
 * Returns the same object if nothing is due; never goes back.
 *
 * A clock may be wrong, and an erased root cannot be restored: after a jump of days ahead, the pair
 * could not connect for as long. So our clock alone erases at most `limits.epochsUnproven` epochs
 * at a time; after a longer jump the chain stays as it is (every later secret can still be derived
 * from it) until `proven`.
 * @param now our clock, ms.
 * @param proven whether the peer has just shown, over an authenticated link, that its clock agrees.
 */
export function advance(
  crypto: CryptoProvider,
  chain: RootChain,
  now: number,
  proven = false,
): RootChain {
  const epoch = epochOf(now, chain.offset) - 1;
  if (epoch <= chain.epoch) return chain;
  if (!proven && epoch - chain.epoch > limits.epochsUnproven) return chain;
  const root = secretAt(crypto, chain, epoch);
  return root === undefined ? chain : { offset: chain.offset, epoch, root };
}
