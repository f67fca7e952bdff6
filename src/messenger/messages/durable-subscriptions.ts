/** Followers: who is told of everything, however long it was away. */
import { limits, SottoError } from "../../base/index.ts";
import { cleanName } from "../../wire/index.ts";
import type {
  FollowerView,
  FollowOptions,
  KeptEvent,
  LoggedEvent,
} from "../model/messenger-api.ts";
import type { Core } from "../state/context.ts";
import type { Follower } from "../state/event-log.ts";
import type { Invites } from "../state/invites.ts";
import { view } from "../state/message-store.ts";
import type { Entry } from "../state/store-events.ts";

function show({ book, journal }: Core, follower: Follower): FollowerView {
  const { name, types, ref, cursor } = follower;
  const from = ref === undefined ? undefined : book.byRef(ref)?.contact.account;
  return {
    name,
    cursor,
    behind: journal.behind(follower),
    ...(types !== undefined && { types }),
    ...(from !== undefined && { from }),
  };
}

export function followers(core: Core): FollowerView[] {
  return core.journal.followers().map((follower) => show(core, follower));
}

/** See `Messenger.follow`. */
export async function follow(
  core: Core,
  name: string,
  { types, from }: FollowOptions,
): Promise<FollowerView> {
  if (cleanName(name) !== name)
    throw new SottoError(
      "name-invalid",
      "That name is empty, too long or has invisible characters.",
    );
  const ref = from === undefined ? undefined : core.book.find(from).contact.ref;
  const follower = await core.journal.follow({
    name,
    ...(types !== undefined && { types }),
    ...(ref !== undefined && { ref }),
  });
  return show(core, follower);
}

/** See `Messenger.readEvents`. */
export async function readEvents(
  core: Core,
  invites: Invites,
  name: string,
  { limit }: { readonly limit: number },
): Promise<{ readonly events: LoggedEvent[]; readonly more: boolean }> {
  const { journal } = core;
  for (;;) {
    const follower = journal.find(name);
    const scan = Math.max(limit, limits.sendBatch);
    const entries = await journal.entries(follower.cursor, scan);
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
      if (!journal.wants(follower, entry)) continue;
      const event = await tell(core, invites, entry);
      if (event !== undefined) events.push({ ...event, cursor });
    }
    const more = taken < entries.length || entries.length === scan;
    if (events.length > 0 || !more) return { events, more };
    // Nothing for this follower so far: it need not come by here again.
    await journal.acknowledge(name, last);
  }
}

/** The event of an entry, with what it tells of as it stands now; `undefined` where nothing is left to tell. */
async function tell(core: Core, invites: Invites, entry: Entry): Promise<KeptEvent | undefined> {
  switch (entry.type) {
    case "message.removed":
      return { type: entry.type, account: entry.account, id: entry.id };
    case "message.new":
    case "message.changed":
    case "message.state": {
      const { type, ref, at, id, account, state } = entry;
      const peer = core.book.byRef(ref);
      const message = peer && (await view(core, peer, at));
      if (message?.id !== id) return { type: "message.removed", account, id };
      return { type, message: type === "message.state" ? { ...message, state } : message };
    }
    case "contact.removed":
      return { type: entry.type, account: entry.account };
    case "invite.reused": {
      const invite = invites.get(entry.invite);
      return invite && { type: entry.type, invite: invites.view(invite) };
    }
    default: {
      const peer = core.book.byRef(entry.ref);
      if (peer === undefined) return { type: "contact.removed", account: entry.account };
      return { type: entry.type, contact: core.book.view(peer) };
    }
  }
}
