/** The `event.*` methods: live events and durable subscriptions. */
import { type EventMethods, type EventType, type NodeEvent, refOf } from "../../../api/index.ts";
import { limits, SottoError } from "../../../base/index.ts";
import { type Access, shownTo } from "./access.ts";
import type { Controls, DispatchParts, Handlers } from "./method-types.ts";
import { readAndWait } from "./wait-for-state.ts";

/** Whether an event has one of these types; without any, every one has. */
const ofTypes = (types: readonly EventType[] | undefined) => {
  const kinds = types && new Set(types);
  return ({ type }: NodeEvent): boolean => kinds === undefined || kinds.has(type);
};

/** The methods about events that a locked node answers. */
export function lockedEventHandlers(
  controls: Pick<Controls, "state">,
): Handlers<Pick<EventMethods, "event.subscribe">> {
  return {
    "event.subscribe": ({ from, types }, caller) => {
      if (from !== undefined)
        throw new SottoError("node-locked", "A locked node does not know its contacts.");
      const wants = ofTypes(types);
      const present: NodeEvent = { type: "node.state", state: controls.state().state };
      const first = [present].filter(wants);
      caller.subscribe({ request: { types }, wants, first, resumes: false });
      return {};
    },
  };
}

export function eventHandlers(parts: DispatchParts): Handlers<EventMethods> {
  const { messenger, clock, ring } = parts;
  return {
    "event.subscribe": ({ from, types, since }, caller) => {
      const account = from === undefined ? undefined : messenger.contact(from).account;
      const isOfType = ofTypes(types);
      const wants = (event: NodeEvent): boolean =>
        (account === undefined || isAbout(event, account)) && isOfType(event);
      const missed = since === undefined ? [] : ring.since(since);
      const shown = missed?.flatMap((event) => shownTo(caller.access, event) ?? []);
      const now = ring.now();
      const first = shown?.filter(wants) ?? [{ type: "resync" as const, streamCursor: now }];
      const present = snapshots(parts, caller.access, account, now).filter(wants);
      caller.subscribe({
        request: { from: account, types },
        wants,
        first: [...first, ...present],
        resumes: since !== undefined,
      });
      return { streamCursor: since !== undefined && missed !== undefined ? since : now };
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

/**
 * What a subscription begins with, so that it cannot cross with lists that are read before or
 * after.
 */
function snapshots(
  { messenger, controls, network }: DispatchParts,
  { peers }: Access,
  account: string | undefined,
  streamCursor: string,
): readonly NodeEvent[] {
  const online = messenger
    .contacts()
    .filter((each) => each.online && (account === undefined || each.account === account))
    .map((each) => each.account);
  return [
    { type: "node.state", state: controls.state().state },
    ...(peers === undefined ? [{ type: "net.changed", net: network.state() } as const] : []),
    { type: "presence.snapshot", online, streamCursor },
  ];
}

/**
 * Whether an event is about a contact, or about all of them; the snapshot has been narrowed to it.
 */
function isAbout(event: NodeEvent, account: string): boolean {
  const isOfAll = event.type === "presence.snapshot" || event.type === "node.state";
  return isOfAll || refOf(event) === account;
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
