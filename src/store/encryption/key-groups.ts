/**
 * Which key seals a row. Rows of keyed pages: their page's key. Nearly all other rows: one of 128
 * group keys, which lie in the vault and can be thrown away, half of them for rows of which every
 * earlier state is to be gone, half for those that are shredded when somebody deletes. A few rows:
 * the store key, for ever.
 */
import {
  isKeyedPage,
  isPage,
  isPaged,
  KEY_BYTES,
  OWN_TABLE,
  rootRanges,
  tableByte,
  tableRange,
} from "../layout/row-names.ts";

/** Part of the format, and so is what follows. */
export const GROUPS = 128;
const HALF = GROUPS / 2;
/** One bit for each group. */
export const GROUP_SET_BYTES: number = GROUPS / 8;

/** Sessions: each state of one opens what was sent in it. */
const turning = new Set([tableByte.session, tableByte.outbox]);

/**
 * The account must open without the vault's help. The index of messages is spread over its pages by
 * chance, so that each removal would seal all of it anew; it shows that a message was, not what it
 * said.
 */
const underStoreKey = new Set([OWN_TABLE, tableByte.meta, tableByte.identity]);

/** The group of a row's key; `undefined` for rows of pages and under the store key. */
export function groupOf(name: Uint8Array): number | undefined {
  const table = name[0] ?? OWN_TABLE;
  if (underStoreKey.has(table) || isPaged(name)) return undefined;
  if (isPage(name) && !isKeyedPage(name)) return undefined;
  // The blinded owner is as good as chance; 256 places of it share a group, so that a long list
  // does not turn whole.
  const part = ((name[1] ?? 0) ^ (name[KEY_BYTES - 2] ?? 0)) % HALF;
  return turns(name) ? part : HALF + part;
}

/** Whether every change of a row is to leave nothing of what it held before. */
export function turns(name: Uint8Array): boolean {
  return turning.has(name[0] ?? OWN_TABLE);
}

/** Ranges that hold every row of some groups, and rows of others. */
export function rangesOf(groups: readonly number[]): typeof rootRanges {
  return groups.some((group) => group >= HALF) ? rootRanges : turningRanges;
}

const turningRanges = [...turning].map((byte) => tableRange(byte));

/** Whether a set has groups of pages and whatever else is shredded on deletion only. */
export function hasKept(groups: Uint8Array): boolean {
  return groups.subarray(HALF / 8).some((byte) => byte !== 0);
}

/** Changes `groups`. */
export function addGroup(groups: Uint8Array, group: number): void {
  const at = group >> 3;
  groups[at] = (groups[at] as number) | (1 << (group & 7));
}

/** Changes `groups`. */
export function removeGroup(groups: Uint8Array, group: number): void {
  const at = group >> 3;
  groups[at] = (groups[at] as number) & ~(1 << (group & 7));
}

export function hasGroup(groups: Uint8Array, group: number): boolean {
  return (((groups[group >> 3] ?? 0) >> (group & 7)) & 1) === 1;
}

/** The groups of a set, in order. */
export function groupsIn(groups: Uint8Array): number[] {
  return [...Array(GROUPS).keys()].filter((group) => hasGroup(groups, group));
}
