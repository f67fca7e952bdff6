/** `sotto search`: finds messages that contain all the words, newest first. */
import { displayLine, indented, listed, padded, SottoError, safe } from "../../base/index.ts";
import { messageLines } from "../format/format.ts";
import { messageWithName, namesOf } from "../format/with-names.ts";
import type { Context, Define } from "../runtime/context.ts";

interface Options {
  readonly count: string;
  readonly from?: string;
}

export const define: Define = (command, context) => {
  command
    .argument("<words...>", "words, or the beginnings of words")
    .option("--from <who>", "only in the conversation with this contact")
    .option("-n, --count <number>", "maximum number of messages", "50")
    .action((words: string[], options: Options) => search(words, options, context));
};

async function search(words: readonly string[], options: Options, context: Context): Promise<void> {
  const { count, from } = options;
  if (!/^[1-9]\d{0,3}$/.test(count) || Number(count) > 1000)
    throw new SottoError("usage", "-n needs a number from 1 to 1000.");
  // Looked up first, so that an unknown name gets a suggestion.
  const only = from && (await context.call("contact.show", { who: from })).contact.account;
  const found = await context.call("message.search", {
    query: words.join(" "),
    limit: Number(count),
    ...(only === undefined ? {} : { from: only }),
  });
  const { contacts } = await context.call("contact.list", {});
  const names = namesOf(contacts);
  const width = Math.max(
    3,
    ...found.messages.map(({ contact }) => displayLine(names.get(contact) ?? "").length),
  );
  const lines = found.messages.map((message) => {
    const name = displayLine(names.get(message.contact) ?? "");
    const text = indented(messageLines(message, { name, width }), width + 2);
    return safe`${padded(name, width)}  ${text}`;
  });
  const messages = found.messages.map((message) => messageWithName(message, names));
  context.out.data(listed(lines, "No message contains these words."), { ...found, messages });
  if (found.more) context.out.say("There are more messages. Add words, or raise the number: -n");
}
