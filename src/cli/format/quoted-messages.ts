/** Looks up the messages that replies quote. */
import type { Message } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import type { Callable } from "../runtime/context.ts";
import type { Printer } from "../runtime/print.ts";

/** The quoted messages by id, if they are stored here. */
export async function quotedMessages(
  messages: readonly Message[],
  node: Callable,
  { flags }: Pick<Printer, "flags">,
): Promise<ReadonlyMap<string, Message>> {
  const known = new Map(messages.map((message) => [message.id, message]));
  // A program uses the ids in the JSON.
  if (flags.json) return known;
  for (const { replyTo, ref } of messages) {
    if (replyTo === undefined || known.has(replyTo)) continue;
    const found = await lookUp(replyTo, ref, node);
    if (found !== undefined) known.set(replyTo, found);
  }
  return known;
}

async function lookUp(id: string, who: string, node: Callable): Promise<Message | undefined> {
  try {
    return (await node.call("message.find", { id, who })).message;
  } catch (error) {
    if (error instanceof SottoError && error.code === "message-unknown") return undefined;
    throw error;
  }
}
