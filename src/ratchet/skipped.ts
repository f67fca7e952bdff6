/**
 * MKSKIPPED: keys of messages that have not come yet. Lists in the order in which the keys were
 * made, which is ascending N within a chain, older chains first: so the oldest key is always at a
 * front, a look-up is a binary search, and taking or dropping keys copies one list of at most
 * `limits.skippedKeys` references (about a microsecond), never the keys.
 */
import { limits, wipe } from "../base/index.ts";
import type { ChainKey, HeaderKey, MessageKey } from "./keys.ts";

export interface SkippedKey {
  readonly N: number;
  /** The whole message key, 32 bytes. */
  readonly mk: MessageKey;
  /** When it was skipped, whole ms. */
  readonly at: number;
}

/** The skipped keys of one chain. */
export interface SkippedKeys {
  /** Ascending N. */
  readonly list: readonly SkippedKey[];
  /** Keys below this N may have been dropped unused, by number or by age. */
  readonly lost: number;
}

/** A receiving chain of the past. Kept without keys too: it still tells a replay from a forgery. */
export interface OldChain {
  readonly HK: HeaderKey;
  /** Its post-quantum epoch: what the header of a late message must name. */
  readonly epoch: number;
  /** How many messages it had. */
  readonly end: number;
  readonly skipped: SkippedKeys;
}

/** MKSKIPPED of a session that receives. */
export interface Skipped {
  /** Of the receiving chain. */
  readonly current: SkippedKeys;
  /** The chains before it, oldest first, at most `limits.oldChains`. */
  readonly old: readonly OldChain[];
}

const noKeys: SkippedKeys = { list: [], lost: 0 };
export const noneSkipped: Skipped = { current: noKeys, old: [] };

/**
 * SkipMessageKeysHE: keeps the keys of a chain's messages from place `from` up to `until`, which
 * the caller has bounded.
 * @param takeKey the key of a place and the chain key behind it, out of the chain key there.
 */
export function skipMessageKeys(
  { list, lost }: SkippedKeys,
  chain: { readonly CK: ChainKey; readonly from: number; readonly until: number },
  now: number,
  takeKey: (CK: ChainKey) => { readonly mk: MessageKey; readonly CK: ChainKey },
): { keys: SkippedKeys; CK: ChainKey } {
  const at = Math.max(0, Math.trunc(now));
  const added: SkippedKey[] = [];
  let { CK } = chain;
  for (let N = chain.from; N < chain.until; N++) {
    const taken = takeKey(CK);
    added.push({ N, mk: taken.mk, at });
    // The first one is still the session's.
    if (CK !== chain.CK) wipe(CK);
    CK = taken.CK;
  }
  return { keys: { list: list.concat(added), lost }, CK };
}

/** Where the key of message N stands in the list, or -1. */
export function findSkipped({ list }: SkippedKeys, N: number): number {
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = (list[middle] as SkippedKey).N;
    if (found === N) return middle;
    if (found < N) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The keys without the one at `index`. */
export function withoutSkipped({ list, lost }: SkippedKeys, index: number): SkippedKeys {
  return { list: list.toSpliced(index, 1), lost };
}

/** Whether a key is too old to be used: older than `limits.skippedKeyAge` exactly. */
export function isExpired({ at }: SkippedKey, now: number): boolean {
  return now - at > limits.skippedKeyAge;
}

/**
 * Once the receiving chain has ended, with what it was; the oldest chain goes when there are too
 * many.
 */
export function retireChain(
  { current, old }: Skipped,
  chain: Pick<OldChain, "HK" | "epoch" | "end">,
): Skipped {
  const retired = { ...chain, skipped: current };
  return { current: noKeys, old: [...old, retired].slice(-limits.oldChains) };
}

/**
 * What is left within number and age: the oldest keys go first. Gives back its argument where
 * nothing goes.
 */
export function trimSkipped(all: Skipped, now: number): Skipped {
  let excess = all.current.list.length - limits.skippedKeys;
  for (const { skipped } of all.old) excess += skipped.list.length;
  if (excess <= 0 && !hasExpired(all, now)) return all;
  const old = all.old.map((chain) => {
    const skipped = dropFront(chain.skipped, excess, now);
    excess -= chain.skipped.list.length - skipped.list.length;
    return { ...chain, skipped };
  });
  return { current: dropFront(all.current, excess, now), old };
}

function hasExpired({ current, old }: Skipped, now: number): boolean {
  return frontExpired(current, now) || old.some(({ skipped }) => frontExpired(skipped, now));
}

function frontExpired({ list: { 0: front } }: SkippedKeys, now: number): boolean {
  return front !== undefined && isExpired(front, now);
}

/** Drops at least `excess` keys, as far as there are any, and those after them that are too old. */
function dropFront(keys: SkippedKeys, excess: number, now: number): SkippedKeys {
  const { list } = keys;
  let gone = Math.min(Math.max(excess, 0), list.length);
  while (gone < list.length && isExpired(list[gone] as SkippedKey, now)) gone += 1;
  if (gone === 0) return keys;
  return { list: list.slice(gone), lost: (list[gone - 1] as SkippedKey).N + 1 };
}
