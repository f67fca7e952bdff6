/** Naming a message on the command line, and saying what became of a change of it. */
import type { Message, SendResult } from "../../api/index.ts";
import { nameOf } from "../format/format.ts";
import { formatDuration } from "../format/time.ts";
import type { Context } from "../runtime/context.ts";

/** How an argument that names a message is explained. @param last whose message NAME/last is. */
export const messageArgument = (last: string): string =>
  `the start of its id (see sotto read), NAME/START, or NAME/last for ${last}`;

/** How long a contact who is online gets to take a change. */
const LIVE_WAIT = 3_000;

/** What every change is asked to wait for. */
export const live = { wait: "live", timeout: LIVE_WAIT } as const;

interface Scope {
  /** The contact of the conversation, where the command names it already. */
  readonly of?: string;
  /** Whose newest message `last` means. */
  readonly direction?: "in" | "out";
}

/**
 * The message that a person named. Throws `message-unknown`, `message-ambiguous`,
 * `contact-unknown`.
 */
export async function findMessage(
  ref: string,
  context: Context,
  { of, direction }: Scope,
): Promise<Message> {
  const named = of === undefined || ref.includes("/") ? ref : `${of}/${ref}`;
  return (await context.call("message.find", { ref: named, direction })).message;
}

/** Says what became of a change, proven and nothing more. */
export function printChange(what: string, result: SendResult, context: Context): void {
  const { contact, message, elapsed } = result;
  const outcome = message.changing
    ? "waiting for peer (kept; goes out by itself)"
    : `delivered in ${formatDuration(elapsed)} (direct)`;
  context.out.data(`→ ${nameOf(contact)}  ${what}, ${outcome}`, result);
}
