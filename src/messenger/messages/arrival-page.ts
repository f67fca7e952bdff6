/** Pages of messages in the order of their arrival on this node. */
import { limits } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { ArrivalOptions, MessagePage } from "../model/options.ts";
import { type ConversationOwner, conversationOf } from "../model/owner.ts";
import { type Arrived, readArrivals } from "../state/arrivals.ts";
import type { Context } from "../state/context.ts";
import { viewsAt } from "../state/message-store.ts";
import { readableRows } from "../state/readable-rows.ts";
import { isNewest } from "./conversation-page.ts";

const GREATEST = Number.MAX_SAFE_INTEGER - 1;

/** Numbers of arrival, both inclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Reads the next messages of a range, from one end of it, and nearest to that end first. */
type Read = (range: Range, reverse: boolean, limit: number) => Promise<Entry[]>;

interface Entry extends Arrived {
  readonly number: number;
}

/** See `Messenger.arrivals`. */
export async function arrivals(
  context: Context,
  options: ArrivalOptions,
): Promise<MessagePage<number>> {
  const { who, before, after, limit, onDamage = () => undefined } = options;
  const { owners } = context;
  const asked = who === undefined ? owners.only : [owners.find(who)];
  const read: Read =
    asked === undefined
      ? (range, reverse, most) =>
          readArrivals(context.store, { ...range, reverse, limit: most, onDamage })
      : merged(asked.map((owner) => ofConversation(context, owner, onDamage)));
  const range = { from: (after ?? -1) + 1, to: (before ?? GREATEST + 1) - 1 };
  const newest = isNewest(options);
  const entries = range.from > range.to ? [] : await read(range, newest, limit);
  if (newest) entries.reverse();
  const isMore = async (beyond: Range, reverse: boolean): Promise<boolean> =>
    beyond.from <= beyond.to && (await read(beyond, reverse, 1)).length > 0;
  const [first, last] = [entries[0]?.number, entries.at(-1)?.number];
  return {
    messages: await viewsOf(context, entries, onDamage),
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
    moreBefore: await isMore({ from: 0, to: (first ?? range.to + 1) - 1 }, true),
    moreAfter: await isMore({ from: (last ?? range.from - 1) + 1, to: GREATEST }, false),
  };
}

/** The messages, in the order of the entries; those that cannot be read are left out. */
async function viewsOf(
  context: Context,
  entries: readonly Entry[],
  onDamage: () => void,
): Promise<MessageView[]> {
  const views = new Map<number | undefined, MessageView>();
  for (const ref of new Set(entries.map((entry) => entry.ref))) {
    const owner = context.owners.byConversation(ref);
    if (owner === undefined) continue;
    const lines = entries.filter((entry) => entry.ref === ref);
    for (const view of await viewsAt(context, owner, lines, onDamage))
      views.set(view.arrival, view);
  }
  return entries.flatMap(({ number }) => views.get(number) ?? []);
}

/** Reads several conversations: the first messages of all are among the first ones of each. */
function merged(reads: readonly Read[]): Read {
  return async (range, reverse, limit) => {
    const found = await Promise.all(reads.map((read) => read(range, reverse, limit)));
    const sign = reverse ? -1 : 1;
    return found
      .flat()
      .sort((a, b) => sign * (a.number - b.number))
      .slice(0, limit);
  };
}

/** Reads one conversation: its positions by arrival grow with the numbers. */
function ofConversation(context: Context, owner: ConversationOwner, onDamage: () => void): Read {
  const { ref } = conversationOf(owner);
  const rowsOf = (from: number, to: number, reverse: boolean, limit: number) =>
    readableRows(context.store, ref, { from, to, reverse, limit, onDamage });
  return async (range, reverse, limit) => {
    const entries: Entry[] = [];
    let from = await positionOf(context, owner, range.from, onDamage);
    let to = (await positionOf(context, owner, range.to + 1, onDamage)) - 1;
    while (entries.length < limit && from <= to) {
      const most = Math.min(limits.pageMessages, limit - entries.length);
      const rows = await rowsOf(from, to, reverse, most);
      for (const { at, row } of rows)
        if (!row.hidden && row.arrival !== undefined)
          entries.push({ ref, at, number: row.arrival });
      const last = rows.at(-1);
      if (last === undefined || rows.length < most) break;
      if (reverse) to = last.at - 1;
      else from = last.at + 1;
    }
    return entries;
  };
}

/** The first position of a conversation whose message has this number of arrival or a greater. */
async function positionOf(
  context: Context,
  owner: ConversationOwner,
  number: number,
  onDamage: () => void = () => undefined,
): Promise<number> {
  const { ref, nextAt } = conversationOf(owner);
  let [low, high] = [1, nextAt];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const range = { from: middle, to: high - 1, reverse: false, limit: 1, onDamage };
    const [row] = await readableRows(context.store, ref, range);
    if (row === undefined || (row.row.arrival ?? 0) >= number) high = middle;
    else low = row.at + 1;
  }
  return low;
}
