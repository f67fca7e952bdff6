/**
 * The records of a group that this node has and gives to others: operations of the log, key
 * announcements, key packages, signing keys, acknowledgements; and envelope pages.
 */
import { toHex } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  inRecordOrder,
  type Op,
  type OpId,
  pageHash,
  type RecordId,
  type RecordItem,
  recordIdOf,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { type GroupRecord, joinGroupRecord } from "../../wire/index.ts";
import { drop, encodeRow, put, rowKey } from "../model/rows.ts";

type Kind = GroupRecord["kind"];

/** A record as it is indexed. */
interface Indexed extends RecordItem {
  readonly kind: Kind;
  /** Where it is: its position among the operations, or among the items. */
  readonly at: number;
  readonly table: "group-op" | "group-item";
}

/** An item as it is stored. A page is no record: it is asked for by its hash. */
export type ItemRow =
  | {
      readonly kind: Exclude<Kind, "op">;
      readonly bytes: Uint8Array;
      readonly depth: number;
      /** A signing key is authenticated to us; an acknowledgement was given by its maker. */
      readonly confirmed?: boolean;
    }
  | { readonly kind: "page"; readonly bytes: Uint8Array; readonly since: number };

export class HeldRecords {
  readonly #crypto: CryptoProvider;
  readonly #ref: string;
  readonly #records = new Map<RecordId, Indexed>();
  readonly #ops = new Map<OpId, RecordId>();
  readonly #pages = new Map<string, number>();
  #ordered: readonly RecordItem[] | undefined;
  #nextItem = 1;

  /** @param ref of the group. */
  constructor(crypto: CryptoProvider, ref: string) {
    this.#crypto = crypto;
    this.#ref = ref;
  }

  idOf(kind: Kind, bytes: Uint8Array): RecordId {
    return recordIdOf(this.#crypto, joinGroupRecord({ kind, bytes }));
  }

  has(id: RecordId): boolean {
    return this.#records.has(id);
  }

  /** All records in their order. The array is not changed while it is in use. */
  ordered(): readonly RecordItem[] {
    this.#ordered ??= [...this.#records.values()].sort(inRecordOrder);
    return this.#ordered;
  }

  rowOf(
    id: RecordId,
  ):
    | { readonly table: "group-op" | "group-item"; readonly at: number; readonly kind: Kind }
    | undefined {
    return this.#records.get(id);
  }

  /** The record of an operation. */
  ofOp(op: OpId): RecordId | undefined {
    return this.#ops.get(op);
  }

  pageAt(hash: Uint8Array): number | undefined {
    return this.#pages.get(toHex(hash));
  }

  hasPage(hash: Uint8Array): boolean {
    return this.#pages.has(toHex(hash));
  }

  /** Takes up an operation that is on disk. */
  addOp(
    { id, depth }: Pick<Op, "id" | "depth"> & { readonly depth: number },
    bytes: Uint8Array,
    at: number,
  ): void {
    this.#ops.set(id, this.#add("op", bytes, depth, at, "group-op"));
  }

  /** The next free position among the items; each call gives another one. */
  nextItem(): number {
    return this.#nextItem++;
  }

  putItem(at: number, row: ItemRow): StoreOp {
    return put(rowKey("group-item", this.#ref, at), encodeRow(row));
  }

  dropItem(at: number): StoreOp {
    return drop(rowKey("group-item", this.#ref, at));
  }

  /** Takes up an item that is on disk. */
  addItem(at: number, row: ItemRow): void {
    this.#nextItem = Math.max(this.#nextItem, at + 1);
    if (row.kind === "page") this.#pages.set(toHex(pageHash(this.#crypto, row.bytes)), at);
    else this.#add(row.kind, row.bytes, row.depth, at, "group-item");
  }

  /** Forgets a record whose item is no longer on disk. */
  delete(id: RecordId): void {
    this.#records.delete(id);
    this.#ordered = undefined;
  }

  deletePage(hash: Uint8Array): void {
    this.#pages.delete(toHex(hash));
  }

  #add(
    kind: Kind,
    bytes: Uint8Array,
    depth: number,
    at: number,
    table: Indexed["table"],
  ): RecordId {
    const id = this.idOf(kind, bytes);
    this.#records.set(id, { id, depth, kind, at, table });
    this.#ordered = undefined;
    return id;
  }
}
