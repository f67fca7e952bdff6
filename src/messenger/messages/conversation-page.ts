/** Pages of a conversation in its order, in both directions and around a message. */
import type { MessageId } from "../../base/index.ts";
import type { MessagePage, PageOptions } from "../model/options.ts";
import { type ConversationOwner, conversationOf, shownRef } from "../model/owner.ts";
import {
  comparePositions,
  decodePosition,
  encodePosition,
  type Position,
} from "../model/position.ts";
import type { Context } from "../state/context.ts";
import { requireById, viewsAt } from "../state/message-store.ts";
import { type OrderedLine, readLines } from "../state/order-index.ts";

/** Reads up to `limit` lines beyond a position, in the order of the conversation. */
type Read = (reverse: boolean, limit: number, beyond?: Position) => Promise<OrderedLine[]>;

/** See `Messenger.page`. Throws `cursor-unknown`; `message-unknown` for `around`. */
export async function page(
  context: Context,
  owner: ConversationOwner,
  options: PageOptions,
): Promise<MessagePage<string>> {
  const { around, limit, onDamage } = options;
  const { ref, nextAt } = conversationOf(owner);
  const read: Read = async (reverse, most, beyond) => {
    if (most === 0) return [];
    const lines = await readLines(context.store, ref, {
      reverse,
      limit: most,
      beyond,
      // Which lines the index has lost is unknown.
      onDamage: () => onDamage?.({ from: 1, to: nextAt - 1 }),
    });
    return reverse ? lines.reverse() : lines;
  };
  const before = options.before === undefined ? undefined : decodePosition(options.before);
  const after = options.after === undefined ? undefined : decodePosition(options.after);
  const lines =
    around === undefined
      ? await between(read, { before, after }, options)
      : await nextTo(read, await lineOfId(context, owner, around), limit);
  const isMore = async (reverse: boolean, beyond: Position | undefined): Promise<boolean> =>
    (await read(reverse, 1, beyond)).length > 0;
  const [first, last] = [lines[0]?.position, lines.at(-1)?.position];
  return {
    messages: await viewsAt(context, owner, lines, onDamage),
    ...(first && { first: encodePosition(first) }),
    ...(last && { last: encodePosition(last) }),
    moreBefore: await isMore(true, first ?? before),
    moreAfter: await isMore(false, last ?? after),
  };
}

/** The newest or the oldest lines between two positions. */
async function between(
  read: Read,
  {
    before,
    after,
  }: { readonly before?: Position | undefined; readonly after?: Position | undefined },
  { order, limit }: PageOptions,
): Promise<OrderedLine[]> {
  if (isNewest({ order, before, after }))
    return (await read(true, limit, before)).filter(
      ({ position }) => after === undefined || comparePositions(position, after) > 0,
    );
  return (await read(false, limit, after)).filter(
    ({ position }) => before === undefined || comparePositions(position, before) < 0,
  );
}

/** Whether a page is taken from the newest end of what is between its cursors. */
export function isNewest({
  order,
  before,
  after,
}: {
  readonly order?: PageOptions["order"] | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
}): boolean {
  return (
    (order ?? (after !== undefined && before === undefined ? "oldest" : "newest")) === "newest"
  );
}

/** A line with those next to it: as many on both sides, one more after it where that differs. */
async function nextTo(read: Read, line: OrderedLine, limit: number): Promise<OrderedLine[]> {
  const older = (limit - 1) >> 1;
  return [
    ...(await read(true, older, line.position)),
    line,
    ...(await read(false, limit - 1 - older, line.position)),
  ];
}

async function lineOfId(
  context: Context,
  owner: ConversationOwner,
  id: MessageId,
): Promise<OrderedLine> {
  const { at, shown } = await requireById(context, id, { who: shownRef(owner) });
  return { at, id, position: decodePosition(shown.position) };
}
