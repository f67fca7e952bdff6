/** Looks up the messages that replies quote. */
import type { Message } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import type { Context } from "../runtime/context.ts";

/** The quoted messages by id, if they are stored here. */
export async function quotedMessages(
  messages: readonly Message[],
  context: Context,
): Promise<ReadonlyMap<string, Message>> {
  const known = new Map(messages.map((message) => [message.id, message]));
  // A program uses the ids in the JSON.
  if (context.out.flags.json) return known;
  for (const { replyTo, contact } of messages) {
    if (replyTo === undefined || known.has(replyTo)) continue;
    const found = await lookUp(replyTo, contact, context);
    if (found !== undefined) known.set(replyTo, found);
  }
  return known;
}

async function lookUp(ref: string, who: string, context: Context): Promise<Message | undefined> {
  try {
    return (await context.call("message.find", { ref, who })).message;
  } catch (error) {
    if (error instanceof SottoError && error.code === "message-unknown") return undefined;
    throw error;
  }
}
