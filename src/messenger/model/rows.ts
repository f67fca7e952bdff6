/**
 * Encodes rows of the store as JSON, with byte strings as `{"~": hex}`. Rows are our own and
 * authenticated by the store, so they are decoded without validation.
 */
import { fromHex, fromUtf8, SottoError, toHex, utf8 } from "../../base/index.ts";
import type { RowKey, StoreOp, Table } from "../../ports/index.ts";

/** The bytes of a row. */
export function encodeRow(value: unknown): Uint8Array {
  return utf8(
    JSON.stringify(value, (_key, held: unknown) =>
      held instanceof Uint8Array ? { "~": toHex(held) } : held,
    ),
  );
}

/**
 * The value of a row. Throws `store-damaged` where it is none, which only a bug or another program
 * can cause.
 */
export function decodeRow<Value>(bytes: Uint8Array): Value {
  try {
    return JSON.parse(fromUtf8(bytes) ?? "", (_key, held: unknown) =>
      typeof held === "object" && held !== null && "~" in held
        ? fromHex(held["~"] as string)
        : held,
    ) as Value;
  } catch (cause) {
    throw new SottoError("store-damaged", "A row of the store cannot be read.", { cause });
  }
}

export function rowKey(table: Table, of = "", at = 0): RowKey {
  return { table, of, at };
}

export function put(key: RowKey, value: Uint8Array): Extract<StoreOp, { kind: "put" }> {
  return { kind: "put", key, value };
}

export function drop(key: RowKey): StoreOp {
  return { kind: "delete", key };
}

/** Bytes of the values that operations write. */
export function bytesOf(ops: readonly StoreOp[]): number {
  return ops.reduce((sum, op) => sum + (op.kind === "put" ? op.value.length : 0), 0);
}
