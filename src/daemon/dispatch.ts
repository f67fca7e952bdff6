/** Method and parameters in, result out: the one way into a node, whichever door they came through. */
import * as v from "valibot";
import {
  accountOf,
  type EventType,
  type MethodName,
  type NodeEvent,
  type NodeStatus,
  type Params,
  type Result,
} from "../api/index.ts";
import { inviteId, limits, messageId, SottoError } from "../base/index.ts";
import type { MessageView, Messenger } from "../messenger/index.ts";
import type { Clock } from "../ports/index.ts";
import type { Network } from "./network.ts";
import { schemas } from "./schemas.ts";
import { addAndWait, type Patience, sendAndWait } from "./waits.ts";

/** One who asks, for as long as its connection lasts. */
export interface Caller {
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Starts, or replaces, the caller's stream of events. */
  subscribe(wanted: (event: NodeEvent) => boolean): void;
}

export interface DispatchParts {
  readonly messenger: Messenger;
  readonly network: Network;
  readonly clock: Clock;
  status(): NodeStatus;
  /** Begins to stop the node; returns at once. */
  stop(): void;
}

/** Throws `method-unknown`, `params-invalid`, and what the method throws. */
export type Dispatch = (method: string, params: unknown, caller: Caller) => Promise<unknown>;

/** What a send waits for its state when the caller names no time, ms. */
const DEFAULT_WAIT = 30_000;

type Handlers = {
  readonly [Name in MethodName]: (
    params: Params<Name>,
    caller: Caller,
  ) => Result<Name> | Promise<Result<Name>>;
};

export function createDispatch(parts: DispatchParts): Dispatch {
  const handlers = createHandlers(parts);
  return async (method, params, caller) => {
    if (!Object.hasOwn(handlers, method))
      throw new SottoError("method-unknown", `The node knows no method ${quote(method)}.`);
    const name = method as MethodName;
    // An empty list would pass as an object without properties.
    if (Array.isArray(params))
      throw new SottoError("params-invalid", "Parameters are given by name, as an object.");
    const checked = v.safeParse(schemas[name], params ?? {});
    if (!checked.success) throw paramsInvalid(checked.issues);
    return (handlers[name] as (params: unknown, caller: Caller) => unknown)(checked.output, caller);
  };
}

function createHandlers({ messenger, network, clock, status, stop }: DispatchParts): Handlers {
  const patience = (timeout: number, { signal }: Caller): Patience => ({ timeout, signal, clock });
  const bootstrap = () => ({ bootstrap: network.bootstrap() });

  return {
    "node.status": status,
    "node.stop": () => {
      stop();
      return { stopping: true };
    },
    "account.show": () => messenger.self(),

    "invite.create": ({ kind, expiresIn, hints }) =>
      messenger.createInvite({
        kind: kind ?? "once",
        expiresIn: expiresIn ?? limits.inviteExpiry,
        hints: hints ?? false,
      }),
    "invite.list": () => ({ invites: messenger.invites() }),
    "invite.revoke": async ({ id }) => {
      const parsed = inviteId.parse(id);
      if (parsed === undefined) throw new SottoError("invite-unknown", "There is no such invite.");
      await messenger.revokeInvite(parsed);
      return {};
    },

    "contact.add": async ({ link, as, wait }, caller) => {
      const add = () => messenger.add(link, as === undefined ? {} : { as });
      if (wait !== undefined) return addAndWait(messenger, add, patience(wait, caller));
      return { contact: await add(), timedOut: false };
    },
    "contact.list": () => ({ contacts: messenger.contacts() }),
    "contact.show": ({ who }) => ({ contact: messenger.contact(who) }),
    "contact.rename": async ({ who, name }) => ({ contact: await messenger.rename(who, name) }),
    "contact.block": async ({ who }) => ({ contact: await messenger.block(who) }),
    "contact.unblock": async ({ who }) => ({ contact: await messenger.unblock(who) }),
    "contact.remove": async ({ who }) => {
      await messenger.remove(who);
      return {};
    },
    "contact.number": ({ who }) => ({
      contact: messenger.contact(who),
      number: messenger.safetyNumber(who),
    }),
    "contact.verify": async ({ who, number }) => ({
      contact: await messenger.verify(who, number),
    }),
    "contact.unverify": async ({ who }) => ({ contact: await messenger.unverify(who) }),

    "request.list": () => ({
      requests: messenger.contacts().filter(({ pairing }) => pairing === "requested"),
    }),
    "request.accept": async ({ who }) => ({ contact: await messenger.accept(who) }),
    "request.deny": async ({ who }) => {
      await messenger.deny(who);
      return {};
    },

    "message.send": async ({ who, text, key, wait, timeout }, caller) => {
      const send = () => messenger.send(who, text, key === undefined ? {} : { key });
      const waits = wait !== undefined && (wait !== "live" || messenger.contact(who).online);
      if (waits) {
        const state = wait === "live" ? "delivered" : wait;
        const sent = await sendAndWait(
          messenger,
          send,
          state,
          patience(timeout ?? DEFAULT_WAIT, caller),
        );
        return { contact: messenger.contact(sent.message.contact), ...sent };
      }
      const start = clock.now();
      const message = await send();
      const contact = messenger.contact(message.contact);
      return { contact, message, timedOut: false, elapsed: clock.now() - start };
    },
    "message.list": async ({ who, limit = 50, before, after, since }) => {
      const page = await messenger.history(who, {
        limit: limit + 1,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      });
      const newest = page.slice(-limit);
      const dated = newest.filter(({ sentAt }) => since === undefined || sentAt >= since);
      const messages = fitting(dated);
      return { messages, more: page.length > limit || messages.length < dated.length };
    },
    "message.markRead": async ({ who }) => {
      await messenger.markRead(who);
      return {};
    },
    "message.cancel": async ({ id }) => {
      const parsed = messageId.parse(id);
      if (parsed === undefined)
        throw new SottoError("message-unknown", "There is no such message.");
      return { message: await messenger.cancel(parsed) };
    },

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

    "net.peers": () => ({ peers: network.peers() }),
    "net.bootstrap.list": bootstrap,
    "net.bootstrap.add": async ({ address }) => {
      await network.addBootstrap(address);
      return bootstrap();
    },
    "net.bootstrap.remove": async ({ address }) => {
      await network.removeBootstrap(address);
      return bootstrap();
    },
  };
}

/** The newest messages that fit one answer together; JSON may spell one byte of text with six characters. */
function fitting(messages: readonly MessageView[]): MessageView[] {
  let room = limits.rpcBytes - 1024;
  let from = messages.length;
  for (; from > 0; from--) {
    room -= JSON.stringify(messages[from - 1]).length + 1;
    if (room < 0) break;
  }
  return messages.slice(from);
}

/** Names the first thing that is wrong, and where. */
function paramsInvalid(issues: readonly v.BaseIssue<unknown>[]): SottoError {
  const [issue] = issues;
  const place = (issue && v.getDotPath(issue)) ?? "the parameters";
  return new SottoError("params-invalid", `${quote(place)}: ${issue?.message ?? "invalid"}.`);
}

/** What a caller wrote, short enough for an error. */
function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
