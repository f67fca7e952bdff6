/**
 * The format of a page's row: checksum (16), and for a keyed page its key (32) and whether it is
 * due to be shredded (1).
 */
import { concat, wipe } from "../../base/index.ts";
import { damagedRow } from "../encryption/row-encryption.ts";
import type { Opener } from "../encryption/row-keys.ts";
import { isKeyedPage } from "../layout/row-names.ts";
import { isEmpty, SUM_BYTES } from "./row-sums.ts";

export const PAGE_KEY_BYTES = 32;

export interface PageRow {
  /** 16 bytes. */
  readonly sum: Uint8Array;
  /** 32 bytes; `undefined` for a page without a key. */
  readonly key: Uint8Array | undefined;
  /** Whether its key still decrypts a deleted row. */
  readonly due: boolean;
}

/** The row's value; `undefined` if the page needs no row. */
export function encodePageRow({ sum, key, due }: PageRow): Uint8Array | undefined {
  if (isEmpty(sum) && !due) return undefined;
  return key ? concat(sum, key, Uint8Array.of(Number(due))) : sum;
}

/** The row of a page, decrypted; `undefined` if that fails. */
export function readPageRow(
  open: Opener,
  page: Uint8Array,
  sealed: Uint8Array,
): PageRow | undefined {
  const value = open(page, sealed);
  const keyed = isKeyedPage(page);
  if (value?.length !== SUM_BYTES + (keyed ? PAGE_KEY_BYTES + 1 : 0)) return undefined;
  const row = {
    sum: value.slice(0, SUM_BYTES),
    key: keyed ? value.slice(SUM_BYTES, SUM_BYTES + PAGE_KEY_BYTES) : undefined,
    due: keyed && value[SUM_BYTES + PAGE_KEY_BYTES] === 1,
  };
  wipe(value);
  return row;
}

/** The checksum of a page; overwrites its key. */
export function sumOf({ sum, key }: PageRow): Uint8Array {
  if (key) wipe(key);
  return sum;
}

/** The row of a page, decrypted. Throws `store-damaged`. */
export function openPageRow(open: Opener, page: Uint8Array, sealed: Uint8Array): PageRow {
  const row = readPageRow(open, page, sealed);
  if (!row) throw damagedRow(page);
  return row;
}
