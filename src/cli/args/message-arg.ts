/** Arguments that name a message, and the output of commands that change one. */
import { isDeepStrictEqual } from "node:util";
import type { Contact, Conversation, Message, SendResult } from "../../api/index.ts";
import { routeNote } from "../format/format.ts";
import { formatDuration } from "../format/time.ts";
import { conversationName, resultWithName } from "../format/with-names.ts";
import type { Context } from "../runtime/context.ts";

/** The help of an argument that names a message. @param last what NAME/last means. */
export const messageArgument = (last: string): string =>
  `the first characters of its id (see sotto read), NAME/START, or NAME/last for ${last}`;

/**
 * The wait options of a message without --wait, and of every change: 3 s, if the contact is online.
 */
export const live = { wait: "live", timeout: 3_000 } as const;

interface Scope {
  /** The contact of the conversation, unless the argument names another one. */
  readonly of?: string;
  /** Whose newest message `last` means. */
  readonly direction?: "in" | "out";
}

/**
 * The message that an argument names. Throws `message-unknown`, `message-ambiguous`,
 * `contact-unknown`.
 */
export async function findMessage(
  ref: string,
  context: Context,
  { of, direction }: Scope,
): Promise<Message> {
  return (await context.call("message.find", { id: ref, who: of, direction })).message;
}

/** The conversation of a message. */
export async function conversationOf(
  { ref }: Pick<Message, "ref">,
  context: Context,
): Promise<Conversation> {
  return (await context.call("conversation.get", { who: ref })).conversation;
}

/** Prints a change and whether it was delivered. @param before the message before it. */
export async function printChange(
  what: string,
  before: Message,
  result: SendResult,
  context: Context,
): Promise<void> {
  const outcome = changeOutcome(before, result);
  await printResult("→", `${what}, ${outcome}`, result, context);
}

/** Prints what was done to a message, after the name of its conversation. */
export async function printResult<Result extends Pick<SendResult, "contact" | "message">>(
  mark: string,
  what: string,
  result: Result,
  context: Context,
): Promise<void> {
  const { contact, message } = result;
  const conversation = contact
    ? { ref: contact.account, name: contact.name }
    : await conversationOf(message, context);
  const name = conversationName(conversation);
  context.out.data(`${mark} ${name}  ${what}`, resultWithName(result, conversation));
}

/**
 * What became of a change. A message that never left is changed here only.
 * @param before the message before it.
 */
export function changeOutcome(
  before: Message,
  {
    contact,
    message,
    elapsed,
  }: Pick<SendResult, "message" | "elapsed"> & {
    readonly contact?: Pick<Contact, "route">;
  },
): string {
  const { changing, state } = message;
  if (changing) return waiting(message);
  if (isDeepStrictEqual(content(before), content(message))) return "as before: nothing was sent";
  if (state === "queued") return "before it was sent";
  if (state === "cancelled") return "and it was never sent";
  if (message.group !== undefined) return "under way";
  return `delivered in ${formatDuration(elapsed)}${routeNote(contact ?? {})}`;
}

/** Of what no other node has. */
export function waiting({ group }: Pick<Message, "group">): string {
  return `waiting for ${group === undefined ? "peer" : "a member"} (kept and sent automatically)`;
}

/** What changes of a message can change. */
const content = ({ text, deleted, reactions }: Message) => ({ text, deleted, reactions });
