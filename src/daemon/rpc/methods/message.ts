/** The `message.*` and `typing.*` methods. */
import {
  type Contact,
  type MessageMethods,
  type Params,
  ParamsInvalid,
} from "../../../api/index.ts";
import { type MessageId, messageId, type PositionRange, SottoError } from "../../../base/index.ts";
import {
  isNewest,
  type MessagePage,
  type MessageView,
  meansGroup,
  type PageOptions,
} from "../../../messenger/index.ts";
import { fitting, fittingPage, withoutUndefined } from "./fitting.ts";
import type { Caller, DispatchParts, Handlers } from "./method-types.ts";
import { changeAndWait, sendAndWait, type WaitLimit } from "./wait-for-state.ts";

/** How long a send waits without a timeout, ms. */
const DEFAULT_WAIT = 30_000;

export function messageHandlers({ messenger, clock }: DispatchParts): Handlers<MessageMethods> {
  const waitLimit = (timeout: number, { signal }: Caller): WaitLimit => ({
    timeout,
    signal,
    clock,
  });
  /** The contact now, or as it was if it has been removed: nothing fails after a commit. */
  const current = (before: Contact): Contact => messenger.contactOf(before.account) ?? before;
  /**
   * The contact whose conversation has the message; none in a group. Throws `message-unknown` where
   * the contact was removed.
   */
  const contactOf = ({ contact, group }: MessageView): { readonly contact?: Contact } => {
    if (group !== undefined) return {};
    const known = contact && messenger.contactOf(contact);
    if (known === undefined) throw unknown();
    return { contact: known };
  };
  /** The contact that a text means; none where it means a group. */
  const meant = (who: string): Contact | undefined =>
    meansGroup(who) ? undefined : messenger.contact(who);
  const isLive = (contact: Contact | undefined, ref: string): boolean =>
    contact === undefined ? messenger.isLive(ref) : contact.online;
  /** Makes a change, and waits for its delivery if requested and the contact is online. */
  const change = async (
    { wait, timeout = DEFAULT_WAIT }: Pick<Params<"message.edit">, "wait" | "timeout">,
    make: () => Promise<MessageView>,
    caller: Caller,
  ) => {
    const made: { contact?: Contact } = {};
    const goesOut = (message: MessageView) => {
      Object.assign(made, contactOf(message));
      return wait === "live" && isLive(made.contact, message.ref);
    };
    const changed = await changeAndWait(messenger, make, goesOut, waitLimit(timeout, caller));
    return { ...(made.contact && { contact: current(made.contact) }), ...changed };
  };
  /** Deletes a message here only. @returns the message as it was. */
  const hidden = async (id: MessageId, who: string | undefined): Promise<MessageView> => {
    const message = await messenger.message(id, who);
    if (message === undefined) throw unknown();
    await messenger.hide(id, who);
    return message;
  };
  const sending = async (
    { who, text, key, replyTo, wait, timeout }: Params<"message.send">,
    caller: Caller,
  ) => {
    const options = {
      ...(key === undefined ? {} : { key }),
      ...(replyTo === undefined ? {} : { replyTo: idOf(replyTo) }),
    };
    const contact = meant(who);
    const ref = contact?.account ?? who;
    const send = () => messenger.send(ref, text, options);
    const now = () => contact && { contact: current(contact) };
    if (wait !== undefined && (wait !== "live" || isLive(contact, ref))) {
      // In a group a message is under way with the first member that has it.
      const live = contact === undefined ? "held" : "delivered";
      const limit = waitLimit(timeout ?? DEFAULT_WAIT, caller);
      const sent = await sendAndWait(messenger, send, wait === "live" ? live : wait, limit);
      return { ...now(), ...sent };
    }
    const start = clock.now();
    const message = await send();
    const elapsed = clock.now() - start;
    return { ...now(), message, timedOut: false, elapsed };
  };
  /** A page around a message, with fewer messages where they do not fit: it keeps its middle. */
  const aroundFitting = async (
    page: MessagePage<string>,
    limit: number,
    options: Omit<PageOptions, "limit">,
    who: string,
  ): Promise<MessagePage<string>> => {
    let fits = page;
    for (let most = limit; most > 1; most = Math.ceil(most / 2)) {
      if (fitting(fits.messages, "first").length === fits.messages.length) break;
      fits = await messenger.page(who, { ...options, limit: Math.ceil(most / 2) });
    }
    return fits;
  };
  return {
    "message.send": sending,
    "message.post": async (params, caller) => {
      const { message, timedOut, elapsed } = await sending(params, caller);
      return { id: message.id, state: message.state, timedOut, elapsed };
    },
    "message.list": async ({ who, limit = 50, around, since, ...options }) => {
      if (around !== undefined && Object.values(options).some((option) => option !== undefined))
        throw new ParamsInvalid(
          'The field "around" of message.list excludes order, before and after.',
          "around",
        );
      const damaged: PositionRange[] = [];
      const asked = {
        ...withoutUndefined(options),
        ...(around !== undefined && { around: idOf(around) }),
        onDamage: (range: PositionRange) => damaged.push(range),
      };
      let page = await messenger.page(who, { ...asked, limit });
      if (around !== undefined) page = await aroundFitting(page, limit, asked, who);
      const from = isNewest(options) ? "last" : "first";
      const { messages, ...ends } = fittingPage<string>(page, from, ({ position }) => position);
      // Without a gap, although the clock may have been set in between.
      const first = messages.findIndex(({ storedAt }) => storedAt >= (since ?? 0));
      const wanted = first < 0 ? [] : messages.slice(first);
      return {
        ...ends,
        messages: wanted,
        ...(wanted.length < messages.length && { moreBefore: false }),
        ...(damaged.length > 0 && { damaged }),
      };
    },
    "message.count": async ({ who }) => {
      const contact = meant(who);
      const ref = contact?.account ?? who;
      return { ...(contact && { contact }), messages: await messenger.count(ref) };
    },
    "message.search": async ({ query, limit = 50, ...which }) => {
      const found = await messenger.search(query, { limit, ...withoutUndefined(which) });
      const hits = fitting(found.hits, "first");
      return { hits, more: found.more || hits.length < found.hits.length };
    },
    "message.edit": ({ id, text, who, ...how }, caller) =>
      change(how, () => messenger.edit(idOf(id), text, who), caller),
    "message.delete": ({ id, forMe, who, ...how }, caller) =>
      change(how, () => (forMe ? hidden(idOf(id), who) : messenger.delete(idOf(id), who)), caller),
    "message.react": ({ id, emoji, who, ...how }, caller) =>
      change(how, () => messenger.react(idOf(id), emoji, who), caller),
    "message.find": async ({ id, who, direction }) => {
      const message = await messenger.find(id, { who, direction });
      return { ...contactOf(message), message };
    },
    "typing.send": async ({ who }) => {
      await messenger.typing(who);
      return {};
    },
    "message.markRead": async ({ who, ids, ...range }) => {
      await messenger.markRead(who, {
        ...withoutUndefined(range),
        ...(ids !== undefined && { ids: ids.map(idOf) }),
      });
      return {};
    },
    "message.cancel": async ({ id, who }) => {
      const message = await messenger.cancel(idOf(id), who);
      return { ...contactOf(message), message };
    },
    "message.resend": async ({ id, who }) => {
      const message = await messenger.resend(idOf(id), who);
      return { ...contactOf(message), message };
    },
  };
}

/** Throws `message-unknown` for an invalid id. */
export function idOf(text: string): MessageId {
  const id = messageId.parse(text);
  if (id === undefined) throw unknown();
  return id;
}

function unknown(): SottoError {
  return new SottoError("message-unknown", "There is no such message.");
}
