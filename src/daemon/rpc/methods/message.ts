/** The `message.*` and `typing.*` methods. */
import type { Contact, MessageMethods, Params } from "../../../api/index.ts";
import {
  limits,
  type MessageId,
  messageId,
  type PositionRange,
  SottoError,
} from "../../../base/index.ts";
import type { MessageView } from "../../../messenger/index.ts";
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
  /** The contact whose conversation has the message. Throws `message-unknown`. */
  const contactOf = ({ contact }: MessageView): Contact => {
    const known = messenger.contactOf(contact);
    if (known === undefined) throw unknown();
    return known;
  };
  /** Makes a change, and waits for its delivery if requested and the contact is online. */
  const change = async (
    { wait, timeout = DEFAULT_WAIT }: Pick<Params<"message.edit">, "wait" | "timeout">,
    make: () => Promise<MessageView>,
    caller: Caller,
  ) => {
    const made: { contact?: Contact } = {};
    const goesOut = (message: MessageView) => {
      made.contact = contactOf(message);
      return wait === "live" && made.contact.online;
    };
    const changed = await changeAndWait(messenger, make, goesOut, waitLimit(timeout, caller));
    return { contact: current(made.contact ?? contactOf(changed.message)), ...changed };
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
    const contact = messenger.contact(who);
    const send = () => messenger.send(contact.account, text, options);
    if (wait !== undefined && (wait !== "live" || contact.online)) {
      const state = wait === "live" ? "delivered" : wait;
      const limit = waitLimit(timeout ?? DEFAULT_WAIT, caller);
      const sent = await sendAndWait(messenger, send, state, limit);
      return { contact: current(contact), ...sent };
    }
    const start = clock.now();
    const message = await send();
    const elapsed = clock.now() - start;
    return { contact: current(contact), message, timedOut: false, elapsed };
  };
  return {
    "message.send": sending,
    "message.post": async (params, caller) => {
      const { message, timedOut, elapsed } = await sending(params, caller);
      return { id: message.id, state: message.state, timedOut, elapsed };
    },
    "message.list": async ({ who, limit = 50, before, after, since }) => {
      const found: PositionRange[] = [];
      const page = await messenger.history(who, {
        limit: limit + 1,
        onDamage: (range) => found.push(range),
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      });
      // Without a gap, although the clock may have been set in between.
      const first = page.findIndex(({ storedAt }) => storedAt >= (since ?? 0));
      const wanted = first < 0 ? [] : page.slice(first);
      const messages = fitting(wanted.slice(-limit));
      const more = messages.length < wanted.length;
      // The page that comes before reports what is damaged there.
      const oldest = more ? (messages[0]?.at ?? 0) : 0;
      const damaged = found.filter(({ to }) => to >= oldest);
      return { messages, more, ...(damaged.length > 0 && { damaged }) };
    },
    "message.count": async ({ who }) => {
      const contact = messenger.contact(who);
      return { contact, messages: await messenger.count(contact.account) };
    },
    "message.search": async ({ query, from, limit = 50 }) => {
      const found = await messenger.search(query, {
        limit,
        ...(from === undefined ? {} : { from }),
      });
      const messages = fitting(found.messages.toReversed()).toReversed();
      return { messages, more: found.more || messages.length < found.messages.length };
    },
    "message.edit": ({ id, text, who, ...how }, caller) =>
      change(how, () => messenger.edit(idOf(id), text, who), caller),
    "message.delete": ({ id, forMe, who, ...how }, caller) =>
      change(how, () => (forMe ? hidden(idOf(id), who) : messenger.delete(idOf(id), who)), caller),
    "message.react": ({ id, emoji, who, ...how }, caller) =>
      change(how, () => messenger.react(idOf(id), emoji, who), caller),
    "message.find": async ({ ref, who, direction }) => {
      const message = await messenger.find(ref, { who, direction });
      return { contact: contactOf(message), message };
    },
    "typing.send": async ({ who }) => {
      await messenger.typing(who);
      return {};
    },
    "message.markRead": async ({ who, from, upTo }) => {
      await messenger.markRead(who, {
        ...(from === undefined ? {} : { from }),
        ...(upTo === undefined ? {} : { upTo }),
      });
      return {};
    },
    "message.cancel": async ({ id, who }) => {
      const message = await messenger.cancel(idOf(id), who);
      return { contact: contactOf(message), message };
    },
  };
}

/** Throws `message-unknown` for an invalid id. */
function idOf(text: string): MessageId {
  const id = messageId.parse(text);
  if (id === undefined) throw unknown();
  return id;
}

function unknown(): SottoError {
  return new SottoError("message-unknown", "There is no such message.");
}

/** The newest messages that fit into one response; JSON may need six characters for one byte. */
function fitting(messages: readonly MessageView[]): MessageView[] {
  let left = limits.rpcBytes - 1024;
  let from = messages.length;
  for (; from > 0; from--) {
    left -= JSON.stringify(messages[from - 1]).length + 1;
    if (left < 0) break;
  }
  return messages.slice(from);
}
