/** `sotto search`: finds messages that contain all the words, newest first. */
import type { Message } from "../../api/index.ts";
import { indented, listed, padded, SottoError, safe } from "../../base/index.ts";
import { messageLines } from "../format/message-lines.ts";
import { messageWithName, type Names, nameIn } from "../format/with-names.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allNames } from "../runtime/lists.ts";
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
  readonly before?: string;
}

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .argument("<words...>", "words, or the beginnings of words")
    .option("--from <who>", "only in the conversation with this contact, or in group:NAME")
    .option("-n, --count <number>", "maximum number of messages", "50")
    .option("--before <number>", "the next page, with the number that the page before ends with")
    .addHelpText("after", STORE_NOTES)
    .action((words: string[], options: Options) => {
      const { count, from, before } = options;
      if (!/^[1-9]\d{0,3}$/.test(count) || Number(count) > 1000)
        throw new SottoError("usage", "-n needs a number from 1 to 1000.");
      if (before !== undefined && !/^\d{1,16}$/.test(before))
        throw new SottoError("usage", "--before needs the number that a page ends with.");
      const page = { limit: Number(count), ...(before && { before: Number(before) }) };
      const wanted = { query: words.join(" "), page, from };
      return withNodeOrStore(context, options, (node) => search(node, wanted, context));
    });
};

interface Wanted {
  readonly query: string;
  readonly page: { readonly limit: number; readonly before?: number };
  readonly from: string | undefined;
}

async function search(
  node: NodeOrStore,
  { query, page, from }: Wanted,
  context: Context,
): Promise<void> {
  // Looked up first, so that an unknown name gets a suggestion.
  const only = from && (await node.call("conversation.get", { who: from })).conversation.ref;
  const found = await node.call("message.search", {
    query,
    ...page,
    ...(only === undefined ? {} : { from: only }),
  });
  const names = await allNames(node);
  const width = Math.max(3, ...found.hits.map(({ message }) => nameOf(message, names).length));
  const paint = context.out.style.bold;
  const lines = found.hits.map(({ message, ranges }) => {
    const name = nameOf(message, names);
    const emphasis = { ranges, paint };
    const text = indented(messageLines(message, { name, width, names, emphasis }), width + 2);
    return safe`${padded(name, width)}  ${text}`;
  });
  const hits = found.hits.map((hit) => ({ ...hit, message: messageWithName(hit.message, names) }));
  context.out.data(listed(lines, "No message contains these words."), { ...found, hits });
  const last = found.hits.at(-1)?.message.arrival;
  if (found.more)
    context.out.say(`There are more messages. Add words, or read on: --before ${last ?? 0}`);
  noteStore(node, context);
}

/** The conversation of a hit; nothing for one that was removed. */
function nameOf({ ref }: Pick<Message, "ref">, names: Names): string {
  return names.has(ref) ? nameIn(ref, names) : "";
}
