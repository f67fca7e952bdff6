/**
 * Rows of the messages of a group as they travel, which are given to other members, each with its
 * key once this node has it. The key of a text that was deleted is erased; what is left cannot be
 * read here, and others are still given it, so that their streams have no gap.
 */
import { concat, fromUtf8, never, readU64, SottoError, u64, utf8 } from "../../base/index.ts";
import { type GroupMessageKey, groupMessageKey, type StreamId } from "../../group/index.ts";
import type { RowKey, Store, StoreOp } from "../../ports/index.ts";
import { decodeGroupMessage, type GroupMessageParts } from "../../wire/index.ts";
import type { MessageRow } from "../model/message.ts";
import { put, rowKey } from "../model/rows.ts";

const KINDS = ["sealed", "open", "spent"] as const;
const KEY = 32;
const HEADER = 10;
const NO_KEY = new Uint8Array(0);

export interface SealedRow {
  /** The ref of the group. */
  readonly group: string;
  /** When this node stored it, ms since 1970. */
  readonly at: number;
  /** As it travels. */
  readonly bytes: Uint8Array;
  /** Its key, once this node has it, and until its text is deleted. */
  readonly mk?: GroupMessageKey;
  /** Its key was here and is erased. */
  readonly spent?: true;
}

/** u8 kind ‖ u8 length of the ref ‖ u64 at ‖ ref ‖ key 32, if it is open ‖ message. */
export function encodeSealed({ group, at, bytes, mk, spent }: SealedRow): Uint8Array {
  const ref = utf8(group);
  const kind = spent ? "spent" : mk ? "open" : "sealed";
  const head = Uint8Array.of(KINDS.indexOf(kind), ref.length);
  return concat(head, u64(at), ref, kind === "open" && mk ? mk : NO_KEY, bytes);
}

/** Throws store-damaged. */
export function decodeSealed(row: Uint8Array): SealedRow {
  const kind = KINDS[row[0] ?? KINDS.length];
  const end = HEADER + (row[1] ?? 0);
  const at = readU64(row, 2);
  const group = fromUtf8(row.subarray(HEADER, end));
  if (kind === undefined || at === undefined || group === undefined || row.length < end)
    throw new SottoError("store-damaged", "A message of a group cannot be read.");
  const rest = row.subarray(end);
  switch (kind) {
    case "sealed":
      return { group, at, bytes: rest };
    case "open":
      return { group, at, mk: groupMessageKey(rest.slice(0, KEY)), bytes: rest.subarray(KEY) };
    case "spent":
      return { group, at, spent: true, bytes: rest };
    default:
      return never(kind);
  }
}

/** The message of a row, if there is one. */
export function messageOf(
  row: Uint8Array | undefined,
): { readonly row: SealedRow; readonly parts: GroupMessageParts } | undefined {
  const decoded = row && decodeSealed(row);
  const parts = decoded && decodeGroupMessage(decoded.bytes);
  return parts && { row: decoded, parts };
}

/** Where a message is among those of its group, as the rows name it. */
export function sealedKey(group: string, stream: StreamId, seq: number): RowKey {
  return rowKey("group-message", `${group} ${stream}`, seq);
}

/** The operation that writes a message; a key that it had before is shredded. */
export function putSealed(stream: StreamId, seq: number, row: SealedRow): StoreOp {
  return { ...put(sealedKey(row.group, stream, seq), encodeSealed(row)), shreds: true };
}

/**
 * The operations that erase the keys of messages whose texts are deleted; none for those of
 * contacts. @param group ref of the group.
 */
export async function spendKeys(
  store: Store,
  group: string,
  rows: readonly MessageRow[],
): Promise<StoreOp[]> {
  const ops: StoreOp[] = [];
  for (const { stream, sequence } of rows) {
    if (stream === undefined) continue;
    const found = await store.get(sealedKey(group, stream, sequence));
    const row = found && decodeSealed(found);
    if (row?.mk === undefined) continue;
    const { at, bytes } = row;
    ops.push(putSealed(stream, sequence, { group, at, bytes, spent: true }));
  }
  return ops;
}
