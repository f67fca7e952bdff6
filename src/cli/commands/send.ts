/** `sotto send`: queues a message, which the node keeps until it is delivered. */
import type { SendResult, SendWait } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { findMessage, live, printResult, waiting } from "../args/message-arg.ts";
import { textOf } from "../args/text-arg.ts";
import { nameOf, routeNote, shellWord, waitCondition } from "../format/format.ts";
import { reachedText } from "../format/message-lines.ts";
import { formatDuration, parseDurationArg } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";
import { optionInText } from "../runtime/literal-text.ts";

interface Options {
  readonly reply?: string;
  readonly wait?: string;
  readonly timeout: string;
  readonly idempotencyKey?: string;
}

export const define: Define = (command, context) => {
  command
    .argument("<who>", "an account id, a name, the beginning of a name, or group:NAME")
    .argument("<text...>", "the message as it is, or - to read it from standard input")
    .option(
      "--reply <message>",
      "reply to a message: the first characters of its id, or last for their newest",
    )
    .option(
      "--wait <state>",
      "wait until it is sent, delivered or read; exit code 5 if it times out",
    )
    .option("--timeout <time>", "how long to wait", "30s")
    .option("--idempotency-key <key>", "a message with the same key is sent only once")
    .addHelpText("after", TEXT_NOTES)
    .action(async (who: string, words: string[], options: Options) => {
      await send(who, words, options, context);
      const note = optionInText(words, command.options);
      if (note !== undefined) context.out.warn(note);
    });
};

const TEXT_NOTES = `
Everything after WHO is text, also what looks like an option. Options belong before WHO:
  sotto send --wait delivered bob "-h is not an option here"`;

async function send(
  who: string,
  words: readonly string[],
  options: Options,
  context: Context,
): Promise<void> {
  const wait = waitOf(options.wait);
  const text = await textOf(words);
  const { ref } = (await context.call("conversation.get", { who })).conversation;
  const answered =
    options.reply === undefined
      ? undefined
      : await findMessage(options.reply, context, { of: ref, direction: "in" });
  const result = await context.call("message.send", {
    who: ref,
    text,
    replyTo: answered?.id,
    key: options.idempotencyKey,
    ...(wait === "live" ? live : { wait, timeout: parseDurationArg(options.timeout, "usage") }),
  });
  await printResult("→", sendOutcome(result), result, context);
  if (result.message.state === "failed" || result.message.state === "cancelled")
    context.exit(exit.failure);
  else if (result.timedOut && wait !== "live")
    context.exit(result.contact?.keyChanged ? exit.keyChanged : exit.timedOut);
}

function waitOf(text: string | undefined): SendWait {
  if (text === undefined) return "live";
  if (text === "sent" || text === "delivered" || text === "read") return text;
  throw new SottoError("usage", "--wait needs sent, delivered or read.");
}

/** What became of a message, and over what it went if it was delivered. */
export function sendOutcome({ message, contact, elapsed, timedOut }: SendResult): string {
  const { state } = message;
  // After a timeout, the elapsed time says nothing about this state.
  const after = timedOut ? "" : ` in ${formatDuration(elapsed)}`;
  switch (state) {
    case "delivered":
    case "read":
      return `${reachedText(message)}${after}${routeNote(contact ?? {})}`;
    case "held":
      return `${reachedText(message)}${after}`;
    case "sent":
      return "sent, not acknowledged yet";
    case "failed":
    case "cancelled":
      return state;
    default:
      if (contact === undefined) return waiting(message);
      if (contact.keyChanged)
        return `kept: the account key has changed (sotto verify ${shellWord(nameOf(contact))})`;
      return contact.awaits === undefined
        ? waiting(message)
        : `kept${waitCondition(contact)} (policy ${contact.policy})`;
  }
}
