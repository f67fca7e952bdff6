/** Messages. */
import * as v from "valibot";
import type { MessageMethods } from "../../api/index.ts";
import { limits, messageId, SottoError } from "../../base/index.ts";
import type { MessageView } from "../../messenger/index.ts";
import { type Patience, sendAndWait } from "../waits.ts";
import { short, wait, who, whole } from "./checks.ts";
import type { Caller, DispatchParts, Handlers, Schemas } from "./shape.ts";

/** What a send waits for its state when the caller names no time, ms. */
const DEFAULT_WAIT = 30_000;

export const messageSchemas: Schemas<MessageMethods> = {
  "message.send": v.strictObject({
    who: short,
    text: v.string(),
    key: v.optional(short),
    wait: v.optional(v.picklist(["sent", "delivered", "read", "live"])),
    timeout: wait,
  }),
  "message.list": v.strictObject({
    who: short,
    limit: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(limits.pageMessages))),
    before: v.optional(whole),
    after: v.optional(whole),
    since: v.optional(whole),
  }),
  "message.search": v.strictObject({
    query: v.pipe(v.string(), v.maxLength(1024, "is too long")),
    from: v.optional(short),
    limit: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(limits.pageMessages))),
  }),
  "message.markRead": who,
  "message.cancel": v.strictObject({ id: short }),
};

export function messageHandlers({ messenger, clock }: DispatchParts): Handlers<MessageMethods> {
  const patience = (timeout: number, { signal }: Caller): Patience => ({ timeout, signal, clock });
  return {
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
    "message.search": async ({ query, from, limit = 50 }) => {
      const found = await messenger.search(query, {
        limit,
        ...(from === undefined ? {} : { from }),
      });
      const messages = fitting(found.messages.toReversed()).toReversed();
      return { messages, more: found.more || messages.length < found.messages.length };
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
