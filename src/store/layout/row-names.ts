/**
 * Names of rows as bytes: table (1) ‖ blinded owner (16) ‖ position (8, big-endian). LevelDB sorts
 * by bytes, so the rows of one owner follow each other in order of `at`, and the disk shows no id.
 */
import { concat, u64, utf8 } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { RowKey, Table } from "../../ports/index.ts";

/**
 * Part of the format: a number is never reused for another table. 0 is for the store's own rows.
 */
export const tableByte: Readonly<Record<Table, number>> = {
  meta: 1,
  identity: 2,
  contact: 3,
  session: 4,
  invite: 5,
  message: 6,
  "message-id": 7,
  outbox: 8,
  peer: 9,
  event: 12,
  search: 13,
  "search-mark": 15,
  early: 16,
  span: 17,
  "search-part": 18,
  "group-op": 19,
  "group-item": 20,
  "group-key": 21,
  "group-order": 22,
  token: 31,
  draft: 29,
  group: 30,
  arrival: 32,
  "group-action": 33,
  "group-invitation": 34,
  "group-message": 43,
  order: 41,
};

/** The byte of the store's own rows. */
export const OWN_TABLE = 0;

/**
 * A table that is too large to be checked at each opening: its rows are checked in pages
 * (docs/decisions/0007).
 */
interface Paged {
  /** The table of its pages' checksums. */
  readonly pageByte: number;
  /** Rows whose names agree in this many bits after the table's byte are one page. */
  readonly bits: number;
  /**
   * Whether its rows are encrypted under a key of the page's own, which can be destroyed
   * (docs/decisions/0013).
   */
  readonly keyed: boolean;
}

const pagedTables: ReadonlyMap<number, Paged> = new Map([
  // 256 positions of one conversation: blinded owner, and position without its last byte.
  [tableByte.message, { pageByte: 10, bits: 184, keyed: true }],
  // 256 messages of one stream.
  [tableByte["group-message"], { pageByte: 35, bits: 184, keyed: true }],
  // 4,096 pages by the start of the blinded id, which is pseudorandom: 244 of a million rows each.
  [tableByte["message-id"], { pageByte: 11, bits: 12, keyed: false }],
  // 32 positions of one owner: these rows are longer than a message.
  [tableByte.search, { pageByte: 14, bits: 187, keyed: true }],
  // 256 numbers of arrival, and 256 Lamport values of one conversation: ids and positions, no text.
  [tableByte.arrival, { pageByte: 38, bits: 184, keyed: false }],
  [tableByte.order, { pageByte: 42, bits: 184, keyed: false }],
]);
/** Bytes of a row's name. */
export const KEY_BYTES = 25;

const BLIND_BYTES = 16;
/** Blinded owners to cache: a node uses fewer than this at a time. */
const REMEMBERED = 4096;

/** Throws a RangeError if the position of a key is not an integer from 0 to 2^53 - 1. */
export function checkKey(key: RowKey): void {
  if (!Number.isSafeInteger(key.at) || key.at < 0)
    throw new RangeError("the position of a row is an integer from 0 to 2^53 - 1");
}

/** The name of the row at `at` among the store's own rows. */
export function ownKey(at: number): Uint8Array {
  return concat(Uint8Array.of(OWN_TABLE), new Uint8Array(BLIND_BYTES), u64(at));
}

/**
 * The table of a row, for messages to the user. For a page's checksum: the table of its rows.
 */
export function tableName(key: Uint8Array): string {
  const table = pagedBy(key)?.byte ?? key[0];
  const known = Object.entries(tableByte).find(([, byte]) => byte === table);
  return known?.[0] ?? "store";
}

/** Rows between two names, each inclusive or not; without a bound, to the end. */
export interface ScanRange {
  readonly gt?: Uint8Array;
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
}

/** Smallest and largest name of a range, both inclusive. */
export interface NameRange extends ScanRange {
  readonly gte: Uint8Array;
  readonly lte: Uint8Array;
}

/**
 * The page that a row belongs to: the name of the page's checksum row; `undefined` in a table
 * without pages.
 */
export function pageOf(key: Uint8Array): Uint8Array | undefined {
  const paged = pagedTables.get(key[0] ?? OWN_TABLE);
  if (!paged) return undefined;
  // Not `slice`: names from LevelDB are Buffers, whose slices share their bytes.
  const page = Uint8Array.from(key.subarray(0, KEY_BYTES));
  page[0] = paged.pageByte;
  fillAfter(page, paged.bits, 0);
  return page;
}

/** Whether a row is in a page. */
export function isPaged(key: Uint8Array): boolean {
  return pagedTables.has(key[0] ?? OWN_TABLE);
}

/** The rows of a page. Throws a RangeError if the name is not that of a page. */
export function rowsOf(page: Uint8Array): NameRange {
  const paged = pagedBy(page);
  if (!paged) throw new RangeError("this is not the name of a page");
  const gte = page.with(0, paged.byte);
  const lte = Uint8Array.from(gte);
  fillAfter(lte, paged.bits, 0xff);
  return { gte, lte };
}

/**
 * Ranges that contain the rows of some pages: one for each owner, from its first page to its last.
 */
export function rangesByOwner(pages: readonly Uint8Array[]): NameRange[] {
  const spans = new Map<string, NameRange>();
  for (const page of [...pages].sort(Buffer.compare)) {
    const owner = Buffer.from(page.subarray(0, 1 + BLIND_BYTES)).toString("latin1");
    const { gte, lte } = rowsOf(page);
    spans.set(owner, { gte: spans.get(owner)?.gte ?? gte, lte });
  }
  return [...spans.values()];
}

/** Whether a row is the checksum of a page. */
export function isPage(key: Uint8Array): boolean {
  return pagedBy(key) !== undefined;
}

/** Whether a row is the checksum of a page that has a key. */
export function isKeyedPage(key: Uint8Array): boolean {
  return pagedBy(key)?.keyed === true;
}

/** The names of the checksum rows of all pages that have keys. */
export const keyedPages: readonly NameRange[] = [...pagedTables.values()]
  .filter(({ keyed }) => keyed)
  .map(({ pageByte }) => tableRange(pageByte));

/** Every row that the root checksum covers: all but the store's own and those in pages. */
export const rootRanges: readonly ScanRange[] = rangesAround(
  [...pagedTables.keys()].toSorted((a, b) => a - b),
);

/** The ranges before, between and after some tables. */
function rangesAround(tables: readonly number[]): ScanRange[] {
  let gt = ownKey(Number.MAX_SAFE_INTEGER);
  const ranges: ScanRange[] = [];
  for (const byte of tables) {
    ranges.push({ gt, lt: Uint8Array.of(byte) });
    gt = tableRange(byte).lte;
  }
  return [...ranges, { gt }];
}

function pagedBy(page: Uint8Array): (Paged & { readonly byte: number }) | undefined {
  for (const [byte, paged] of pagedTables)
    if (paged.pageByte === page[0]) return { byte, ...paged };
  return undefined;
}

/** Sets every bit after the table's byte and the given number of bits. */
function fillAfter(name: Uint8Array, bits: number, value: 0 | 0xff): void {
  const at = 1 + Math.floor(bits / 8);
  const kept = 0xff00 >> (bits % 8);
  name[at] = ((name[at] as number) & kept) | (value & ~kept);
  name.fill(value, at + 1);
}

/** The names of the rows of a table, by its byte. */
export function tableRange(byte: number): NameRange {
  const rest = KEY_BYTES - 1;
  return {
    gte: concat(Uint8Array.of(byte), new Uint8Array(rest)),
    lte: concat(Uint8Array.of(byte), new Uint8Array(rest).fill(0xff)),
  };
}

export interface KeyNames {
  /** 25 bytes. Throws a RangeError if `at` is not an integer from 0 to 2^53 - 1. */
  of(key: RowKey): Uint8Array;
  /** The names of the rows of a table. */
  table(table: Table): NameRange;
}

/** Names rows under a blinding key (32 bytes), without which the owner of a row is hidden. */
export function keyNames(crypto: Pick<CryptoProvider, "hmac">, blindKey: Uint8Array): KeyNames {
  const remembered = new Map<string, Uint8Array>();

  const prefix = (table: Table, of: string): Uint8Array => {
    const name = `${tableByte[table]} ${of}`;
    const known = remembered.get(name);
    if (known) return known;
    const byte = Uint8Array.of(tableByte[table]);
    const blinded = crypto.hmac(blindKey, concat(byte, utf8(of))).subarray(0, BLIND_BYTES);
    const made = concat(byte, blinded);
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(name, made);
    return made;
  };

  return {
    of(key) {
      checkKey(key);
      return concat(prefix(key.table, key.of), u64(key.at));
    },
    table: (table) => tableRange(tableByte[table]),
  };
}
