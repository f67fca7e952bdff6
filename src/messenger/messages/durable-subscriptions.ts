/**
 * Durable subscriptions ("followers" in the API): subscribers that receive every event, however
 * long they were away.
 */
import { limits } from "../../base/index.ts";
import type {
  FollowerView,
  FollowOptions,
  KeptEvent,
  LoggedEvent,
} from "../model/messenger-api.ts";
import { typedName } from "../model/name-keys.ts";
import { ownerRef, shownRef } from "../model/owner.ts";
import type { Context } from "../state/context.ts";
import type { DurableSubscription } from "../state/event-log.ts";
import type { Invites } from "../state/invites.ts";
import { view } from "../state/message-store.ts";
import { type Entry, removalOf } from "../state/store-events.ts";
import { conversation } from "./conversations.ts";

function show({ owners, eventLog }: Context, follower: DurableSubscription): FollowerView {
  const { name, types, ref, cursor } = follower;
  const owner = ref === undefined ? undefined : owners.byRef(ref);
  return {
    name,
    cursor,
    behind: eventLog.behind(follower),
    ...(types !== undefined && { types }),
    ...(owner !== undefined && { from: shownRef(owner) }),
  };
}

export function followers(context: Context): FollowerView[] {
  return context.eventLog.followers().map((follower) => show(context, follower));
}

/** See `Messenger.follow`. */
export async function follow(
  context: Context,
  name: string,
  { types, from }: FollowOptions,
): Promise<FollowerView> {
  const ref = from === undefined ? undefined : ownerRef(context.owners.find(from));
  const follower = await context.eventLog.follow({
    name: typedName(name),
    ...(types !== undefined && { types }),
    ...(ref !== undefined && { ref }),
  });
  return show(context, follower);
}

/** See `Messenger.readEvents`. */
export async function readEvents(
  context: Context,
  invites: Invites,
  name: string,
  { limit }: { readonly limit: number },
): Promise<{ readonly events: LoggedEvent[]; readonly more: boolean }> {
  const { eventLog } = context;
  for (;;) {
    const follower = eventLog.find(name);
    const scan = Math.max(limit, limits.sendBatch);
    const entries = await eventLog.entries(follower.cursor, scan);
    const last = entries.at(-1)?.cursor;
    if (last === undefined) return { events: [], more: false };
    const events: LoggedEvent[] = [];
    // Entries have no gaps, so one at the front is what the cap took.
    const first = entries[0]?.cursor as number;
    if (first > follower.cursor + 1) events.push({ type: "resync", cursor: first - 1 });
    let taken = 0;
    for (const { cursor, entry } of entries) {
      if (events.length >= limit) break;
      taken++;
      if (!eventLog.wants(follower, entry)) continue;
      const event = await tell(context, invites, entry);
      if (event !== undefined) events.push({ ...event, cursor });
    }
    const more = taken < entries.length || entries.length === scan;
    if (events.length > 0 || !more) return { events, more };
    // Nothing for this follower so far: it need not come by here again.
    await eventLog.acknowledge(name, last);
  }
}

/**
 * The event of an entry, with the current state of what it names; `undefined` where nothing is left
 * to tell.
 */
async function tell(
  context: Context,
  invites: Invites,
  entry: Entry,
): Promise<KeptEvent | undefined> {
  switch (entry.type) {
    case "message.removed":
      return removalOf(entry.of, entry.id);
    case "message.changed": {
      const { type, ref, of, at, id, what } = entry;
      const owner = context.owners.byRef(ref);
      const message = owner && (await view(context, owner, at));
      if (message?.id !== id) return removalOf(of, id);
      return { type, message, what };
    }
    case "message.new":
    case "message.state": {
      const { type, ref, of, at, id, state } = entry;
      const owner = context.owners.byRef(ref);
      const message = owner && (await view(context, owner, at));
      if (message?.id !== id) return removalOf(of, id);
      return { type, message: type === "message.state" ? { ...message, state } : message };
    }
    case "conversation.changed": {
      const owner = context.owners.byRef(entry.ref);
      if (owner !== undefined)
        return { type: entry.type, conversation: await conversation(context, owner) };
      return "account" in entry.of
        ? { type: "contact.removed", account: entry.of.account }
        : undefined;
    }
    case "contact.removed":
      return { type: entry.type, account: entry.account };
    case "invite.reused": {
      const invite = invites.get(entry.invite);
      return invite && { type: entry.type, invite: invites.view(invite) };
    }
    case "group.invited": {
      const invitation = context.groupViews.invitation(entry.group, entry.account);
      return invitation && { type: entry.type, invitation };
    }
    case "group.changed":
    case "group.declined": {
      const group = context.groupViews.group(entry.ref);
      if (group === undefined) return undefined;
      return "account" in entry
        ? { type: entry.type, group, account: entry.account }
        : { type: entry.type, group };
    }
    default: {
      const peer = context.contactStore.byRef(entry.ref);
      if (peer === undefined) return { type: "contact.removed", account: entry.account };
      return { type: entry.type, contact: context.contactStore.view(peer) };
    }
  }
}
