/** Reads messages of a store that may be damaged: one bad row does not hide the others. */
import type { ListOptions, Store } from "../../ports/index.ts";
import type { MessageRow } from "../model/message.ts";
import { decodeRow } from "../model/rows.ts";

/** A message of a conversation, with its position. */
export interface PlacedRow {
  readonly at: number;
  readonly row: MessageRow;
}

/**
 * Messages of a conversation that can be read, in the order of the store. The store reports its
 * damage to the user in any case; `onDamage` tells which messages are concerned.
 */
export async function readableRows(
  store: Store,
  ref: string,
  { onDamage = () => undefined, ...options }: ListOptions = {},
): Promise<PlacedRow[]> {
  const rows = await store.list("message", ref, { ...options, onDamage });
  return rows.map(({ at, value }) => ({ at, row: decodeRow<MessageRow>(value) }));
}
