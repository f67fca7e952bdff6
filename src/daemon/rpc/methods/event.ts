/** The `event.*` methods: live events and durable subscriptions. */
import { accountOf, type EventMethods, type EventType } from "../../../api/index.ts";
import { limits } from "../../../base/index.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";
import { readAndWait } from "./wait-for-state.ts";

export function eventHandlers({ messenger, clock }: DispatchParts): Handlers<EventMethods> {
  return {
    "event.subscribe": ({ from, types }, caller) => {
      const account = from === undefined ? undefined : messenger.contact(from).account;
      const kinds = types === undefined ? undefined : new Set<EventType>(types);
      caller.subscribe(
        (event) =>
          (account === undefined || accountOf(event) === account) &&
          (kinds === undefined || kinds.has(event.type)),
      );
      return {};
    },
    "event.follow": async ({ name, from, types }) => ({
      follower: await messenger.follow(name, {
        ...(from === undefined ? {} : { from }),
        ...(types === undefined ? {} : { types }),
      }),
    }),
    "event.read": async ({ name, after, limit = 100, wait = 0 }, { signal }) => {
      if (after !== undefined) await messenger.acknowledge(name, after);
      const page = await readAndWait(messenger, name, limit, { timeout: wait, signal, clock });
      const events = fitting(page.events);
      return { events, more: page.more || events.length < page.events.length };
    },
    "event.ack": async ({ name, cursor }) => {
      await messenger.acknowledge(name, cursor);
      return {};
    },
    "event.followers": () => ({ followers: messenger.followers() }),
    "event.unfollow": async ({ name }) => {
      await messenger.unfollow(name);
      return {};
    },
  };
}

/** The first events that fit into one response; JSON may need six characters for one byte. */
function fitting<Event>(events: readonly Event[]): readonly Event[] {
  let left = limits.rpcBytes - 1024;
  const end = events.findIndex((event) => {
    left -= JSON.stringify(event).length + 1;
    return left < 0;
  });
  return end < 0 ? events : events.slice(0, end);
}
