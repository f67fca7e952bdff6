/** Records of a group that are judged together, and what of them is committed in one batch. */
import { type Entry, everything, type MemberId, newestEntry } from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { type GroupAck, joinGroupRecord } from "../../wire/index.ts";
import type { Group } from "./group.ts";
import type { GroupsContext } from "./group-context.ts";
import type { ItemRow } from "./held-records.ts";

/**
 * What became of a record. waits: it cannot be judged before others are here. void: it changes
 * nothing. hostile: no honest member gives it.
 */
export type Verdict = "fits" | "waits" | "void" | "hostile";

/** The memory of the group changes while records are judged: a commit that fails ends the node. */
export interface RecordBatch {
  readonly context: GroupsContext;
  readonly group: Group;
  readonly ops: StoreOp[];
  readonly fresh: Uint8Array[];
  readonly acks: GroupAck[];
  /** Operations were added. */
  touched: boolean;
  /** A generation was announced to this node. */
  announced: boolean;
}

/** The newest entry of an account in the log, whether it is a member now or not. */
export function entryOf({ log }: Group, member: MemberId): Entry | undefined {
  return newestEntry(log.entries.get(member) ?? [], everything);
}

/** Keeps a record as an item. @returns its position. */
export function keep(batch: RecordBatch, row: Exclude<ItemRow, { kind: "page" }>): number {
  const { group, ops, fresh } = batch;
  const at = group.records.nextItem();
  const kept = { ...row, bytes: row.bytes.slice() };
  ops.push(group.records.putItem(at, kept));
  group.records.addItem(at, kept);
  fresh.push(joinGroupRecord({ kind: row.kind, bytes: kept.bytes }));
  return at;
}

/** Forgets a record that a newer one replaces. */
export function replace(
  { group, ops }: RecordBatch,
  kind: "key-package" | "ack",
  bytes: Uint8Array,
  item: number,
): void {
  group.records.delete(group.records.idOf(kind, bytes));
  ops.push(group.records.dropItem(item));
}
