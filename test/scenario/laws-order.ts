/** The order of each conversation: on the disk at each commit, and as it is shown in the end. */
import type { MessageView } from "../../src/messenger/index.ts";
import { rankOf } from "../../src/messenger/model/position.ts";
import type { StoreOp } from "../../src/ports/index.ts";
import type { Disk } from "./disk.ts";
import type { Known } from "./known.ts";
import type { SimNode } from "./world.ts";

/** What is wrong with the order of the conversations that a batch changed. */
export function judgeOrder(disk: Disk, ops: readonly StoreOp[]): string | undefined {
  const refs = new Set<string>();
  for (const { key } of ops) if (key.table === "message" || key.table === "order") refs.add(key.of);
  for (const ref of refs) {
    const { messages, order } = disk.conversation(ref);
    const ranks = new Map<number, number>();
    for (const [rank, lines] of order) for (const { at } of lines) ranks.set(at, rank);
    let shown = 0;
    for (const [at, row] of messages) {
      const rank = rankOf(row, at);
      if (rank !== undefined) shown++;
      if (ranks.get(at) !== rank)
        return `"${row.text}" has rank ${rank}, and ${ranks.get(at)} in the order`;
    }
    const lines = [...order.values()].reduce((sum, { length }) => sum + length, 0);
    if (lines !== shown) return `${shown} messages are shown, and the order has ${lines}`;
  }
  return undefined;
}

/**
 * Nothing is inserted before a number of arrival that was given out, also where the disk is an
 * older copy by now. A store that was restored from a backup begins with numbers of its own.
 */
export function judgeArrivals(known: Known, ops: readonly StoreOp[]): string | undefined {
  for (const { kind, key } of ops) {
    if (key.table !== "arrival" || kind !== "put") continue;
    if (key.at <= known.arrived) return `number ${key.at} is given after ${known.arrived}`;
    known.arrived = key.at;
  }
  return undefined;
}

/**
 * A whole conversation, read page by page.
 * @param order from which end.
 */
export async function readPages(
  { messenger }: SimNode,
  who: string,
  order: "newest" | "oldest",
  limit = 7,
): Promise<MessageView[]> {
  const newest = order === "newest";
  let read: MessageView[] = [];
  for (;;) {
    const edge = newest ? read.at(0) : read.at(-1);
    const cursor = edge && { [newest ? "before" : "after"]: edge.position };
    const page = await messenger.page(who, { order, limit, ...cursor });
    read = newest ? [...page.messages, ...read] : [...read, ...page.messages];
    if (!(newest ? page.moreBefore : page.moreAfter)) return read;
  }
}

/** What is wrong with a conversation as pages show it. */
export async function judgePages(node: SimNode, who: string): Promise<string[]> {
  const broken: string[] = [];
  const forwards = await readPages(node, who, "oldest");
  const backwards = await readPages(node, who, "newest");
  const ids = (page: readonly MessageView[]): string => page.map(({ id }) => id).join();
  if (ids(forwards) !== ids(backwards)) broken.push("pages from both ends have different orders");
  const positions = forwards.map(({ position }) => position);
  if (positions.join() !== [...positions].sort().join()) broken.push("positions do not ascend");
  const all = await node.messenger.history(who, { limit: 10_000 });
  for (const scope of [{}, { who }])
    for (const law of await judgeArrivalPages(node, scope, all)) broken.push(law);
  // As the list of conversations shows it.
  const { last, unread } = await node.messenger.conversation(who);
  if (last?.id !== forwards.at(-1)?.id || last?.state !== forwards.at(-1)?.state)
    broken.push(`the last message is ${last?.id} ${last?.state}`);
  if (unread !== node.messenger.unread(who)) broken.push("the list counts others as unread");
  const sorted = (page: readonly MessageView[]): string => ids(page).split(",").sort().join();
  if (sorted(all) !== sorted(forwards)) broken.push("pages do not show what is there");
  return broken;
}

/** What is wrong with the messages as pages by arrival show them. @param all of one conversation. */
async function judgeArrivalPages(
  { messenger }: SimNode,
  scope: { readonly who?: string },
  all: readonly MessageView[],
): Promise<string[]> {
  const read: MessageView[] = [];
  let after = -1;
  for (;;) {
    const page = await messenger.arrivals({ ...scope, after, limit: 5 });
    read.push(...page.messages);
    after = page.last ?? after;
    if (!page.moreAfter) break;
  }
  const ids = (page: readonly MessageView[]): string => page.map(({ id }) => id).join();
  const { messages: newest } = await messenger.arrivals({ ...scope, limit: 10_000 });
  if (ids(newest) !== ids(read)) return ["pages by arrival have different orders"];
  const contact = all[0]?.contact;
  if (ids(read.filter((each) => each.contact === contact)) !== ids(all))
    return ["pages by arrival do not show what is there"];
  return [];
}
