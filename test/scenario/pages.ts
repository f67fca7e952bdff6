/** A whole conversation, read page by page. */
import type { MessageView } from "../../src/messenger/index.ts";
import type { SimNode } from "./world.ts";

export interface OrderPage {
  readonly messages: MessageView[];
  /** Whether each page said of the next one that there is one, and of the last that there is none. */
  readonly ends: boolean;
}

/** @param order from which end it is read. */
export async function linesOf(
  node: SimNode,
  who: string,
  order: "newest" | "oldest",
  limit = 7,
): Promise<OrderPage> {
  const messages: MessageView[] = [];
  let cursor: string | undefined;
  let ends = true;
  for (;;) {
    const beyond =
      cursor === undefined ? {} : { [order === "newest" ? "before" : "after"]: cursor };
    const page = await node.messenger.page(who, { order, limit, ...beyond });
    if (order === "newest") messages.unshift(...page.messages);
    else messages.push(...page.messages);
    const edge = order === "newest" ? page.messages.at(0) : page.messages.at(-1);
    const more = order === "newest" ? page.moreBefore : page.moreAfter;
    if (more && page.messages.length < limit) ends = false;
    if (edge === undefined || !more) return { messages, ends };
    cursor = edge.position;
  }
}
