/**
 * Selects the key that encrypts a row. Rows of keyed pages have their page's key. Nearly all other
 * rows have one of 128 group keys, which are in the vault and can be destroyed: half of them are
 * for rows of which no earlier state may remain, half for rows that are shredded on deletion. A few
 * rows have the store key, which never changes.
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

/** The number of groups. It is part of the format, and so are the sets of tables below. */
export const GROUPS = 128;
const HALF = GROUPS / 2;
/** One bit for each group. */
export const GROUP_SET_BYTES: number = GROUPS / 8;

/**
 * Tables whose rows are shredded on each change: a session state, or the chain of a group,
 * decrypts what was sent in it.
 */
const rotating = new Set([tableByte.session, tableByte.outbox, tableByte["group-key"]]);

/**
 * Tables under the store key. The account must open without the vault. The index of messages is
 * spread over its pages at random, so that each removal would encrypt all of it again; it shows
 * that a message existed, not its text.
 */
const underStoreKey = new Set([OWN_TABLE, tableByte.meta, tableByte.identity]);

/** The group of a row's key; `undefined` for rows of pages and under the store key. */
export function groupOf(name: Uint8Array): number | undefined {
  const table = name[0] ?? OWN_TABLE;
  if (underStoreKey.has(table) || isPaged(name)) return undefined;
  if (isPage(name) && !isKeyedPage(name)) return undefined;
  // The blinded owner is pseudorandom. 256 positions of an owner share a group, so that a long list
  // is not encrypted again as a whole.
  const part = ((name[1] ?? 0) ^ (name[KEY_BYTES - 2] ?? 0)) % HALF;
  return rotates(name) ? part : HALF + part;
}

/** Whether every change of a row shreds its earlier value. */
export function rotates(name: Uint8Array): boolean {
  return rotating.has(name[0] ?? OWN_TABLE);
}

/** Ranges that contain every row of some groups, and rows of others. */
export function rangesOf(groups: readonly number[]): typeof rootRanges {
  return groups.some((group) => group >= HALF) ? rootRanges : rotatingRanges;
}

const rotatingRanges = [...rotating].map((byte) => tableRange(byte));

/** Whether a set has groups of rows that are shredded on deletion only, such as rows of pages. */
export function hasDeletionGroups(groups: Uint8Array): boolean {
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
