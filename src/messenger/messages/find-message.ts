/**
 * Finds a message by what a user types: an id, the start of one, or the newest of a conversation.
 */
import { limits, messageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../model/index.ts";
import type { FindOptions } from "../model/options.ts";
import type { ConversationOwner } from "../model/owner.ts";
import type { Context } from "../state/context.ts";
import { history, preferOwn, requireById } from "../state/message-store.ts";

const NEWEST = "last";
/** Characters of a whole id. */
const ID_LENGTH = 26;

/** See `Messenger.find`. */
export async function find(
  context: Context,
  ref: string,
  { who, direction }: FindOptions,
): Promise<MessageView> {
  const slash = ref.lastIndexOf("/");
  const named = slash < 0 ? who : ref.slice(0, slash);
  const wanted = ref
    .slice(slash + 1)
    .trim()
    .toLowerCase();
  const { owners } = context;
  const asked = named === undefined ? owners.all() : [owners.find(named)];
  if (wanted === NEWEST && named !== undefined) return newest(context, asked, direction);
  const id = messageId.parse(wanted);
  if (id !== undefined) return (await requireById(context, id, { who: named, direction })).shown;
  const { length } = wanted;
  if (!/^[a-z2-7]*$/.test(wanted) || length < limits.findStart || length >= ID_LENGTH)
    throw new SottoError(
      "message-unknown",
      `Use the whole id of a message, or at least ${limits.findStart} characters of it.`,
    );
  const found: MessageView[] = [];
  for (const owner of asked)
    for (const view of await history(context, owner, { limit: limits.findMessages }))
      if (view.id.startsWith(wanted)) found.push(view);
  const [only, ...others] = preferOwn(found, direction);
  if (only === undefined)
    throw new SottoError("message-unknown", "No message id starts with these characters.");
  if (others.length > 0)
    throw new SottoError(
      "message-ambiguous",
      `${1 + others.length} message ids start with these characters.`,
    );
  return only;
}

async function newest(
  context: Context,
  [owner]: readonly ConversationOwner[],
  direction: FindOptions["direction"],
): Promise<MessageView> {
  const fits = (view: MessageView): boolean =>
    !view.deleted && (direction === undefined || view.direction === direction);
  let before: number | undefined;
  while (owner !== undefined) {
    const page = await history(context, owner, {
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
