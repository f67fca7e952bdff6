/**
 * Finds a message by what a user types: an id, the start of one, or the newest of a conversation.
 */
import { limits, messageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { Peer } from "../model/peer.ts";
import type { Context } from "../state/context.ts";
import { history, message } from "../state/message-store.ts";

const NEWEST = "last";

/** See `Messenger.find`. */
export async function find(
  context: Context,
  ref: string,
  direction: "in" | "out" | undefined,
): Promise<MessageView> {
  const slash = ref.lastIndexOf("/");
  const peers =
    slash < 0 ? context.contactStore.peers() : [context.contactStore.find(ref.slice(0, slash))];
  const wanted = ref
    .slice(slash + 1)
    .trim()
    .toLowerCase();
  const fits = (view: MessageView): boolean =>
    direction === undefined || view.direction === direction;
  if (wanted === NEWEST && slash >= 0)
    return newest(context, peers, (view) => fits(view) && !view.deleted);
  const id = messageId.parse(wanted);
  const whole = id && (await message(context, id));
  if (whole !== undefined) return whole;
  if (!/^[a-z2-7]*$/.test(wanted) || wanted.length < limits.findStart)
    throw new SottoError(
      "message-unknown",
      `Use the whole id of a message, or at least ${limits.findStart} characters of it.`,
    );
  const found: MessageView[] = [];
  for (const peer of peers)
    for (const view of await history(context, peer, { limit: limits.findMessages }))
      if (view.id.startsWith(wanted)) found.push(view);
  const [only, ...others] = found;
  if (only === undefined)
    throw new SottoError("message-unknown", "No message id starts with these characters.");
  if (others.length > 0)
    throw new SottoError(
      "message-ambiguous",
      `${found.length} message ids start with these characters.`,
    );
  return only;
}

async function newest(
  context: Context,
  [peer]: readonly Peer[],
  fits: (view: MessageView) => boolean,
): Promise<MessageView> {
  let before: number | undefined;
  while (peer !== undefined) {
    const page = await history(context, peer, {
      limit: limits.sendBatch,
      ...(before !== undefined && { before }),
    });
    const found = page.findLast(fits);
    if (found !== undefined) return found;
    before = page[0]?.at;
    if (before === undefined) break;
  }
  throw new SottoError("message-unknown", "There is no such message in this conversation.");
}
