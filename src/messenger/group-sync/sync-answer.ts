/** Answers to the requests of a linked member: only what it may have, up to a page at once. */
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type Gift,
  inRangeOrder,
  type MemberId,
  memberId,
  RANGE_BYTES,
  type RecordId,
  reconcile,
  recordId,
  remainder,
  streamId,
} from "../../group/index.ts";
import {
  linkLists,
  type ReconcileRange,
  type SentRange,
  type SyncRequest,
  type SyncResponse,
  syncPageBytes,
} from "../../wire/index.ts";
import type { SyncSource } from "./sync-source.ts";

/** Who asks, and under which key records are compared. */
export interface Asker {
  readonly member: MemberId;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface Answer {
  readonly response: SyncResponse;
  /** Records that the request named and that are not here. */
  readonly wanted: readonly RecordId[];
  /** Ranges that the response lists: what the asker has there is to be asked for. */
  readonly listed: readonly ReconcileRange[];
}

/** Bytes of a key in a response. */
const KEY_BYTES = 80;

const nothing: SyncResponse = {
  ...{ messages: [], records: [], reconcile: [], pages: [], keys: [], withheld: [] },
};

/**
 * The answer to a request. An account that is no member is given its removal (`removalOf`) and
 * nothing else.
 * @returns `undefined` where no honest member sends such a request.
 */
export async function answer(
  crypto: CryptoProvider,
  source: SyncSource,
  { member, key }: Asker,
  request: SyncRequest,
): Promise<Answer | undefined> {
  const page = new Page();
  if (!source.isMember(member)) {
    for (const id of source.removalOf(member)) {
      const record = await source.readRecord(id);
      if (record !== undefined && !page.add(record)) break;
    }
    return { response: { ...nothing, records: page.items }, wanted: [], listed: [] };
  }
  const items = source.records();
  const compared = reconcile(crypto, key, items, request.reconcile);
  if (compared === undefined) return undefined;

  // What the ranges take, and what is left of each gift.
  page.reserve(compared.ranges.reduce((sum, { ids }) => sum + RANGE_BYTES + (ids?.length ?? 0), 0));
  page.reserve(compared.gifts.length * RANGE_BYTES);

  const pages: Uint8Array[] = [];
  for (const hash of request.pages) {
    const found = await source.readPage(hash, member);
    if (found !== undefined && page.add(found)) pages.push(found);
  }
  const keys: { message: Uint8Array; mk: Uint8Array }[] = [];
  for (const message of request.keys) {
    if (page.left < KEY_BYTES) break;
    const mk = await source.readKey(message, member);
    if (mk === undefined) continue;
    keys.push({ message, mk });
    page.reserve(KEY_BYTES);
  }
  const records = new Page(page.bytes, linkLists.records);
  for (const id of request.records) {
    const found = await source.readRecord(recordId.from(id));
    if (found !== undefined && !records.add(found)) break;
  }
  const rest: ReconcileRange[] = [];
  for (const gift of compared.gifts) {
    const left = remainder(crypto, key, items, gift, await give(source, gift, records));
    if (left !== undefined) rest.push(left);
  }
  const { messages, withheld } = await readRanges(source, member, request, records.bytes);
  const ranges = [...compared.ranges, ...rest].sort(inRangeOrder).slice(0, linkLists.reconcile);
  const response = { messages, records: records.items, reconcile: ranges, pages, keys, withheld };
  const listed = compared.ranges.filter(({ ids }) => ids !== undefined);
  return { response, wanted: compared.wanted, listed };
}

/** Bytes as which a request and its answer count: each item that is looked for, found or not. */
export function costOf(request: SyncRequest, response: SyncResponse): number {
  const { ranges, pages, keys, records } = request;
  const looks = 4 + ranges.length + pages.length + keys.length + records.length;
  const items = [...response.messages, ...response.records, ...response.pages];
  const ends = response.keys.length + response.reconcile.length;
  return items.reduce((sum, { length }) => sum + length, 256 * looks + 64 * ends);
}

/** Adds the records of a gift while there is space. @returns how many were given. */
async function give(source: SyncSource, gift: Gift, page: Page): Promise<number> {
  for (const [at, { id }] of gift.records.entries()) {
    const record = page.full ? undefined : await source.readRecord(id);
    if (page.full || (record !== undefined && !page.add(record))) return at;
  }
  return gift.records.length;
}

async function readRanges(
  source: SyncSource,
  member: MemberId,
  { ranges }: SyncRequest,
  used: number,
): Promise<Pick<SyncResponse, "messages" | "withheld">> {
  const page = new Page(used, linkLists.messages);
  const withheld: SentRange[] = [];
  for (const range of ranges) {
    if (page.full) break;
    const { from, to } = range;
    const wanted = { member: memberId.from(range.member), stream: streamId.from(range.stream) };
    const found = await source.readMessages({ ...wanted, from, to }, member, page.left);
    for (const part of found.withheld)
      if (withheld.length < linkLists.ranges) withheld.push({ ...range, ...part });
    if (!found.messages.every((message) => page.add(message))) break;
  }
  return { messages: page.items, withheld };
}

/** Items of a response: up to 64 KiB, or one. */
class Page {
  readonly items: Uint8Array[] = [];
  bytes: number;
  readonly #most: number;

  constructor(bytes = 0, most = Number.POSITIVE_INFINITY) {
    this.bytes = bytes;
    this.#most = most;
  }

  get left(): number {
    return Math.max(0, syncPageBytes - this.bytes);
  }

  get full(): boolean {
    return this.left === 0 || this.items.length >= this.#most;
  }

  reserve(bytes: number): void {
    this.bytes += bytes;
  }

  add(item: Uint8Array): boolean {
    const fits = this.bytes === 0 || item.length + 8 <= this.left;
    if (!fits || this.items.length >= this.#most) return false;
    this.items.push(item);
    this.bytes += item.length + 8;
    return true;
  }
}
