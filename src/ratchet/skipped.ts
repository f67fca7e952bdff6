/**
 * MKSKIPPED: keys of messages that have not arrived yet. The lists are in the order in which the
 * keys were made, ascending N within a chain, older chains first: so the oldest key is always the
 * first of a list, a lookup is a binary search, and removing keys copies one list of at most
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

/** An earlier receiving chain. Kept without keys too: it distinguishes a replay from a forgery. */
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
 * SkipMessageKeysHE: keeps the keys of a chain's messages from position `from` up to `until`, whose
 * distance must be bounded.
 * @param takeKey derives a position's message key and the next chain key from its chain key.
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

/** The index of message N in the list, or -1. */
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
 * Adds a receiving chain that has ended to the old ones; the oldest is dropped when there are too
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
 * Drops keys beyond the limits of number and age, oldest first. Returns its argument where nothing
 * is dropped.
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

/** Drops `excess` keys from the front, or all there are, and after them those that are too old. */
function dropFront(keys: SkippedKeys, excess: number, now: number): SkippedKeys {
  const { list } = keys;
  let dropped = Math.min(Math.max(excess, 0), list.length);
  while (dropped < list.length && isExpired(list[dropped] as SkippedKey, now)) dropped += 1;
  if (dropped === 0) return keys;
  return { list: list.slice(dropped), lost: (list[dropped - 1] as SkippedKey).N + 1 };
}
