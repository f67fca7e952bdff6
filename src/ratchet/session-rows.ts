/**
 * A session as rows of a store: at position 0 the session without its skipped keys, and a row for
 * each block of skipped keys. A peer may cause 2,000 of these, 88 KB; a step of the session writes
 * only the blocks that it changed.
 *
 * block = { N (u32) ‖ at (u64) ‖ mk (32) } …, the keys of a chain whose N agree when divided by
 * `limits.skippedBlock`. position = 1 + chain × 2^28 + N / 16.
 */
import { limits, wipe } from "../base/index.ts";
import { Reader, Writer } from "./byte-codec.ts";
import { decodeSession, encodeSession } from "./codec.ts";
import { messageKey } from "./keys.ts";
import { CHAIN_NUMBERS, type Session } from "./session.ts";
import type { Skipped, SkippedKey } from "./skipped.ts";
import { wipeSession } from "./wipe-session.ts";

export interface SessionRow {
  /** Position among the rows of the session. */
  readonly at: number;
  /** Holds secrets. */
  readonly value: Uint8Array;
}

const KEY_BYTES = 4 + 8 + 32;
const FIRST_BLOCK = 1;
/** More than the blocks of any chain, whose N have 32 bits. */
const CHAIN_BLOCKS = 2 ** 28;

/**
 * The rows to write and the positions to delete so that the store has `after` where it has
 * `before`; `undefined` for no session.
 */
export function changedRows(
  before: Session | undefined,
  after: Session | undefined,
): { readonly written: readonly SessionRow[]; readonly deleted: readonly number[] } {
  if (after === undefined) {
    const blocks = before === undefined ? [] : [...blocksOf(before).keys()];
    return { written: [], deleted: [0, ...blocks] };
  }
  const head = { at: 0, value: encodeSession(withKeys(after, new Map())) };
  if (before !== undefined && sameKeys(before, after)) return { written: [head], deleted: [] };
  const old = before === undefined ? new Map<number, SkippedKey[]>() : blocksOf(before);
  const next = blocksOf(after);
  const written = [...next]
    .filter(([at, keys]) => !isSame(keys, old.get(at)))
    .map(([at, keys]) => ({ at, value: encodeBlock(keys) }));
  return { written: [head, ...written], deleted: [...old.keys()].filter((at) => !next.has(at)) };
}

/**
 * The session of all of its rows; `undefined` where they are not what `changedRows` wrote.
 * @param rows in any order.
 */
export function sessionOfRows(rows: readonly SessionRow[]): Session | undefined {
  const head = rows.find(({ at }) => at === 0);
  const session = head && decodeSession(head.value);
  if (session === undefined) return undefined;
  const lists = new Map<number, SkippedKey[]>();
  for (const { at, value } of rows.toSorted((a, b) => a.at - b.at)) {
    if (at === 0) continue;
    const keys = decodeBlock(value, at);
    if (keys === undefined) return undefined;
    const chain = Math.floor((at - FIRST_BLOCK) / CHAIN_BLOCKS);
    lists.set(chain, [...(lists.get(chain) ?? []), ...keys]);
  }
  const known = listsOf(session);
  if (![...lists.keys()].every((chain) => known.has(chain))) return undefined;
  const joined = withKeys(session, lists);
  // The codec checks the order and the number of keys.
  const bytes = encodeSession(joined);
  const whole = decodeSession(bytes);
  wipe(bytes);
  wipeSession(joined);
  return whole;
}

/** The lists of skipped keys, by the numbers of their chains. */
function listsOf({ receiving }: Session): Map<number, readonly SkippedKey[]> {
  if (receiving.kind === "none") return new Map();
  const { current, old } = receiving.MKSKIPPED;
  const lists = new Map([[receiving.chain, current.list]]);
  old.forEach(({ skipped }, i) => {
    lists.set(oldNumber(receiving.chain, old.length - i), skipped.list);
  });
  return lists;
}

/** The session with these lists of skipped keys, empty ones where there is none. */
function withKeys(session: Session, lists: ReadonlyMap<number, readonly SkippedKey[]>): Session {
  const { receiving } = session;
  if (receiving.kind === "none") return session;
  const { current, old } = receiving.MKSKIPPED;
  const MKSKIPPED: Skipped = {
    current: { ...current, list: lists.get(receiving.chain) ?? [] },
    old: old.map((chain, i) => {
      const list = lists.get(oldNumber(receiving.chain, old.length - i)) ?? [];
      return { ...chain, skipped: { ...chain.skipped, list } };
    }),
  };
  return { ...session, receiving: { ...receiving, MKSKIPPED } };
}

/** The number of the chain that was `back` chains before the current one. */
function oldNumber(current: number, back: number): number {
  return (current - back + CHAIN_NUMBERS) % CHAIN_NUMBERS;
}

/** Skipped keys by the position of their row. */
function blocksOf(session: Session): Map<number, SkippedKey[]> {
  const blocks = new Map<number, SkippedKey[]>();
  for (const [chain, list] of listsOf(session))
    for (const key of list) {
      const at = positionOf(chain, key.N);
      const block = blocks.get(at);
      if (block === undefined) blocks.set(at, [key]);
      else block.push(key);
    }
  return blocks;
}

function positionOf(chain: number, N: number): number {
  return FIRST_BLOCK + chain * CHAIN_BLOCKS + Math.floor(N / limits.skippedBlock);
}

/** Whether both sessions have the very same lists under the same numbers, as after most steps. */
function sameKeys(a: Session, b: Session): boolean {
  const [one, other] = [listsOf(a), listsOf(b)];
  return one.size === other.size && [...one].every(([chain, list]) => other.get(chain) === list);
}

/** Keys are never changed, so the same key is the same object. */
function isSame(a: readonly SkippedKey[], b: readonly SkippedKey[] | undefined): boolean {
  return a.length === b?.length && a.every((key, i) => key === b[i]);
}

function encodeBlock(keys: readonly SkippedKey[]): Uint8Array {
  const writer = new Writer(keys.length * KEY_BYTES);
  for (const { N, at, mk } of keys) {
    writer.u32(N);
    writer.u64(at);
    writer.bytes(mk);
  }
  return writer.buffer;
}

function decodeBlock(bytes: Uint8Array, at: number): SkippedKey[] | undefined {
  const reader = new Reader(bytes);
  const chain = Math.floor((at - FIRST_BLOCK) / CHAIN_BLOCKS);
  const keys: SkippedKey[] = [];
  while (reader.good && !reader.whole) {
    const key = { N: reader.u32(), at: reader.u64(), mk: messageKey(reader.bytes(32)) };
    reader.require(positionOf(chain, key.N) === at);
    keys.push(key);
  }
  return reader.whole && keys.length > 0 ? keys : undefined;
}
