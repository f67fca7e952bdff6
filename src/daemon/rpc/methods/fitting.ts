/** Cuts lists to what fits into one response; JSON may need six characters for one byte. */
import { limits } from "../../../base/index.ts";
import type { MessageView } from "../../../messenger/index.ts";

/** Bytes of a response that are not its list. */
const REST = 4096;

/** How many items of a list fit, counted from its first one or from its last one. */
function countFitting(items: readonly unknown[], from: "first" | "last"): number {
  let left = limits.rpcBytes - REST;
  for (let count = 0; count < items.length; count++) {
    const item = items.at(from === "first" ? count : -1 - count);
    left -= JSON.stringify(item).length + 1;
    if (left < 0) return count;
  }
  return items.length;
}

/** The first items, or the last ones, that fit. */
export function fitting<Item>(items: readonly Item[], from: "first" | "last"): readonly Item[] {
  const count = countFitting(items, from);
  return from === "first" ? items.slice(0, count) : items.slice(items.length - count);
}

/**
 * The items that fit, from the one after the item that a cursor names: from the first one where
 * none is named, or that one is not here any more.
 */
export function fittingAfter<Item>(items: readonly Item[], isCursor: (item: Item) => boolean) {
  const wanted = items.slice(items.findIndex(isCursor) + 1);
  const page = fitting(wanted, "first");
  return { page, more: page.length < wanted.length };
}

interface Page<Cursor> {
  readonly messages: readonly MessageView[];
  readonly first?: Cursor;
  readonly last?: Cursor;
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
}

/** A page with the messages that fit, and the cursors of those. */
export function fittingPage<Cursor>(
  page: Page<Cursor>,
  from: "first" | "last",
  cursorOf: (message: MessageView) => Cursor | undefined,
): Page<Cursor> {
  const messages = fitting(page.messages, from);
  const edge = messages.at(from === "first" ? -1 : 0);
  const cursor = edge && cursorOf(edge);
  if (messages.length === page.messages.length || cursor === undefined) return page;
  return from === "first"
    ? { ...page, messages, last: cursor, moreAfter: true }
    : { ...page, messages, first: cursor, moreBefore: true };
}

/** Parameters as the messenger takes them: a field that is absent has no value. */
export function withoutUndefined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<Fields>;
}

type Defined<Fields> = { [Key in keyof Fields]: Exclude<Fields[Key], undefined> };
