/** `sotto search`: finds messages that contain all the words, newest first. */
import { displayLine, indented, listed, padded, SottoError, safe } from "../../base/index.ts";
import { messageLines } from "../format/format.ts";
import { messageWithName, namesOf } from "../format/with-names.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allContacts } from "../runtime/lists.ts";
import {
  type NodeOrStore,
  noteStore,
  STORE_NOTES,
  withNodeOrStore,
} from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

interface Options extends PassphraseOptions {
  readonly count: string;
  readonly from?: string;
}

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .argument("<words...>", "words, or the beginnings of words")
    .option("--from <who>", "only in the conversation with this contact")
    .option("-n, --count <number>", "maximum number of messages", "50")
    .addHelpText("after", STORE_NOTES)
    .action((words: string[], options: Options) => {
      const { count, from } = options;
      if (!/^[1-9]\d{0,3}$/.test(count) || Number(count) > 1000)
        throw new SottoError("usage", "-n needs a number from 1 to 1000.");
      const wanted = { query: words.join(" "), limit: Number(count), from };
      return withNodeOrStore(context, options, (node) => search(node, wanted, context));
    });
};

interface Wanted {
  readonly query: string;
  readonly limit: number;
  readonly from: string | undefined;
}

async function search(
  node: NodeOrStore,
  { query, limit, from }: Wanted,
  context: Context,
): Promise<void> {
  // Looked up first, so that an unknown name gets a suggestion.
  const only = from && (await node.call("contact.show", { who: from })).contact.account;
  const found = await node.call("message.search", {
    query,
    limit,
    ...(only === undefined ? {} : { from: only }),
  });
  const names = namesOf(await allContacts(node));
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
  noteStore(node, context);
}
