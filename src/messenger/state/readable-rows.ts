/** Reads messages of a store that may be damaged: one bad row does not hide the others. */
import { limits } from "../../base/index.ts";
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
 * damage to the user in any case; `onDamage` states which messages are concerned.
 */
export async function readableRows(
  store: Store,
  ref: string,
  { onDamage = () => undefined, ...options }: ListOptions = {},
): Promise<PlacedRow[]> {
  const rows = await store.list("message", ref, { ...options, onDamage });
  return rows.map(({ at, value }) => ({ at, row: decodeRow<MessageRow>(value) }));
}

/**
 * The same, oldest first, in pages of `limits.messagePage`: for what must not have a whole
 * conversation in memory.
 */
export async function* readablePages(
  store: Store,
  ref: string,
  { from = 0, to = Number.MAX_SAFE_INTEGER }: Pick<ListOptions, "from" | "to"> = {},
): AsyncGenerator<readonly PlacedRow[]> {
  const limit = limits.messagePage;
  for (let next = from; next <= to; ) {
    const rows = await readableRows(store, ref, { from: next, to, limit });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < limit) return;
    next = last.at + 1;
  }
}
