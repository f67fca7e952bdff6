/** Reads messages: by id, and pages of a conversation. */
import { type MessageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import {
  type MessagePlace,
  type MessageRow,
  messageKey,
  messageView,
  placeKey,
} from "../model/message.ts";
import type { FindOptions, HistoryOptions } from "../model/options.ts";
import { type ConversationOwner, conversationOf } from "../model/owner.ts";
import { decodeRow } from "../model/rows.ts";
import type { Context } from "./context.ts";
import { isDue } from "./due-messages.ts";
import { readablePages, readableRows } from "./readable-rows.ts";

/** The message at a place of a conversation, as it stands now. */
export async function view(
  context: Context,
  owner: ConversationOwner,
  at: number,
): Promise<MessageView | undefined> {
  const bytes = await context.store.get(messageKey(conversationOf(owner).ref, at));
  const row = bytes && decodeRow<MessageRow>(bytes);
  return row && shownView(context, owner, at, row);
}

/** The message of a row; `undefined` if it is not shown. */
async function shownView(
  context: Context,
  owner: ConversationOwner,
  at: number,
  row: MessageRow,
): Promise<MessageView | undefined> {
  if (!isShown(context, owner, at, row)) return undefined;
  return messageView(owner, at, await withoutArrived(context, owner, row));
}

/** Whether a message is shown: not one that the user deleted here, or that is due (`hidesDue`). */
function isShown(context: Context, owner: ConversationOwner, at: number, row: MessageRow): boolean {
  return !row.hidden && !(context.hidesDue && isDue(context, owner, at, row));
}

/**
 * A row without those of its missing parents that have arrived since, or are not coming: what was
 * deleted on its way, of which only the deletion arrived.
 */
async function withoutArrived(
  { store }: Context,
  owner: ConversationOwner,
  row: MessageRow,
): Promise<MessageRow> {
  if (row.missing === undefined) return row;
  const { ref, early = [] } = conversationOf(owner);
  const missing: MessageId[] = [];
  for (const id of row.missing.filter((each) => !early.some(({ target }) => target === each)))
    if ((await store.get(placeKey(ref, id))) === undefined) missing.push(id);
  return { ...row, missing };
}

/** Where a message is. */
export interface Place {
  readonly owner: ConversationOwner;
  readonly at: number;
}

/** A message that an id names: where it is, and as it is shown now. */
interface Found extends Place {
  readonly shown: MessageView;
}

/** The message with this id. Throws message-ambiguous where several conversations have one. */
export async function findById(
  context: Context,
  id: MessageId,
  { who, direction }: FindOptions = {},
): Promise<Found | undefined> {
  const { owners } = context;
  const asked = who === undefined ? owners.all() : [owners.find(who)];
  const found: Found[] = [];
  for (const owner of asked) {
    const bytes = await context.store.get(placeKey(conversationOf(owner).ref, id));
    if (bytes === undefined) continue;
    const { at } = decodeRow<MessagePlace>(bytes);
    const shown = await view(context, owner, at);
    if (shown !== undefined) found.push({ owner, at, shown });
  }
  const [shown, ...others] = preferOwn(
    found.map((each) => each.shown),
    direction,
  );
  if (others.length > 0)
    throw new SottoError(
      "message-ambiguous",
      `${1 + others.length} conversations have a message with this id.`,
    );
  return found.find((each) => each.shown === shown);
}

/** The messages of ours where one of ours is meant and there is one; else all. */
export function preferOwn(
  found: readonly MessageView[],
  direction: FindOptions["direction"],
): readonly MessageView[] {
  const own = direction === "out" ? found.filter((view) => view.direction === "out") : [];
  return own.length > 0 ? own : found;
}

/** As `findById`. Throws message-unknown, message-ambiguous. */
export async function requireById(
  context: Context,
  id: MessageId,
  which: FindOptions,
): Promise<Found> {
  const found = await findById(context, id, which);
  if (found === undefined) throw new SottoError("message-unknown", "There is no such message.");
  return found;
}

/** See `Messenger.count`. */
export async function count(context: Context, owner: ConversationOwner): Promise<number> {
  let number = 0;
  for await (const rows of readablePages(context.store, conversationOf(owner).ref))
    number += rows.filter(({ at, row }) => isShown(context, owner, at, row)).length;
  return number;
}

/** As `view`, and `undefined` for a message that cannot be read. */
export async function readableView(
  context: Context,
  { owner, at }: Place,
): Promise<MessageView | undefined> {
  const { ref } = conversationOf(owner);
  const [found] = await readableRows(context.store, ref, { from: at, to: at });
  return found && shownView(context, owner, at, found.row);
}

/** Positions that are read together although others lie between them. */
const GAP = 16;

/**
 * The messages at some positions of a conversation, in the order in which they are named. One that
 * cannot be read is left out, and reported.
 */
export async function viewsAt(
  context: Context,
  owner: ConversationOwner,
  lines: readonly { readonly at: number }[],
  onDamage: HistoryOptions["onDamage"],
): Promise<MessageView[]> {
  const { ref } = conversationOf(owner);
  const positions = lines.map(({ at }) => at).sort((a, b) => a - b);
  const rows = new Map<number, MessageRow>();
  for (let first = 0; first < positions.length; ) {
    let last = first;
    while ((positions[last + 1] ?? Number.POSITIVE_INFINITY) - (positions[last] ?? 0) <= GAP)
      last++;
    const range = { from: positions[first] ?? 0, to: positions[last] ?? 0 };
    const found = await readableRows(context.store, ref, {
      ...range,
      ...(onDamage && { onDamage }),
    });
    for (const { at, row } of found) rows.set(at, row);
    first = last + 1;
  }
  const views: MessageView[] = [];
  for (const { at } of lines) {
    const row = rows.get(at);
    const shown = row && (await shownView(context, owner, at, row));
    if (shown !== undefined) views.push(shown);
  }
  return views;
}

/** See `Messenger.history`. */
export async function history(
  context: Context,
  owner: ConversationOwner,
  { limit, before, after, onDamage }: HistoryOptions,
): Promise<MessageView[]> {
  const newestFirst: MessageView[] = [];
  let to = before === undefined ? Number.MAX_SAFE_INTEGER : before - 1;
  while (newestFirst.length < limit && to >= 0) {
    const wanted = limit - newestFirst.length;
    const rows = await readableRows(context.store, conversationOf(owner).ref, {
      reverse: true,
      limit: wanted,
      to,
      ...(after !== undefined && { from: after + 1 }),
      ...(onDamage && { onDamage }),
    });
    for (const { at, row } of rows) {
      const shown = await shownView(context, owner, at, row);
      if (shown !== undefined) newestFirst.push(shown);
    }
    // Hidden ones leave room for older ones.
    to = rows.length < wanted ? -1 : (rows.at(-1)?.at ?? 0) - 1;
  }
  return newestFirst.reverse();
}
