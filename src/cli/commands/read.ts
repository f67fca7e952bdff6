/** `sotto read`: prints a conversation, oldest message first, and marks it as read. */
import { listed, SottoError } from "../../base/index.ts";
import { shellWord } from "../format/format.ts";
import { messageLines, withUnreadable } from "../format/message-lines.ts";
import { quotedMessages } from "../format/quoted-messages.ts";
import { formatTime, parseTimeArg } from "../format/time.ts";
import { authorName, conversationName, messageWithName, namesOf } from "../format/with-names.ts";
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
  readonly since?: string;
  readonly peek?: true;
}

/** The largest number of -n. */
const MOST = 1000;

export const define: Define = (command, context) => {
  passphraseOptions(command)
    .argument("<who>", "a contact, or group:NAME")
    .option("-n, --count <number>", "number of newest messages", "50")
    .option(
      "--since <time>",
      "only what arrived since a local date (2026-05-01) or within a time (2h)",
    )
    .option("--peek", "do not mark what is shown as read")
    .addHelpText("after", STORE_NOTES)
    .action((who: string, options: Options) => {
      const limit = countOf(options.count);
      const time = options.since;
      const since = time === undefined ? undefined : parseTimeArg(time, Date.now());
      const wanted = { who, limit, since, marks: options.peek !== true };
      return withNodeOrStore(context, options, (node) => read(node, wanted, context));
    });
};

interface Wanted {
  readonly who: string;
  readonly limit: number;
  /** ms since 1970. */
  readonly since: number | undefined;
  /** Mark what is shown as read. */
  readonly marks: boolean;
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= MOST) return Number(text);
  throw new SottoError("usage", "-n needs a number from 1 to 1000.");
}

async function read(
  node: NodeOrStore,
  { who, limit, since, marks }: Wanted,
  context: Context,
): Promise<void> {
  const { conversation } = await node.call("conversation.get", { who });
  const { ref, kind } = conversation;
  const isGroup = kind === "group";
  const contacts = isGroup
    ? await allContacts(node)
    : [(await node.call("contact.show", { who: ref })).contact];
  const names = namesOf(contacts);
  const page = await node.call("message.list", { who: ref, limit, since });
  const name = conversationName(conversation);
  const authors = page.messages.flatMap(({ author }) => author ?? []);
  const shownNames = isGroup ? authors.map((author) => authorName(author, names)) : [name];
  const width = Math.max(...shownNames.map(({ length }) => length), "you".length);
  const answered = await quotedMessages(page.messages, node, context.out);
  const period = since === undefined ? "yet" : `since ${formatTime(since)}`;
  const shown = page.messages.map((message) => ({
    at: message.at,
    lines: messageLines(message, {
      ...{ name, width, names },
      answered: answered.get(message.replyTo ?? ""),
    }),
  }));
  const lines = withUnreadable(shown, page.damaged ?? []);
  const none = `No messages ${isGroup ? "in" : "with"} ${name} ${period}.`;
  const called = new Map([...names, [ref, conversation.name]]);
  context.out.data(listed(lines, none), {
    ...(isGroup ? { conversation } : { contact: contacts[0] }),
    ...page,
    messages: page.messages.map((message) => messageWithName(message, called)),
  });
  if (page.damaged !== undefined)
    context.out.warn(
      "The store is damaged: messages near the marked ones may be missing or out of date. Run " +
        "sotto check.",
    );
  if (page.moreBefore) {
    const argument = isGroup ? `group:${conversation.name}` : name;
    const more = `sotto read ${shellWord(argument)} -n ${Math.min(MOST, limit * 4)}`;
    context.out.say(`More messages: ${limit < MOST ? more : "sotto export DIR"}`);
  }
  noteStore(node, context, " Nothing is marked as read.");
  // Earlier and later messages were not shown.
  const ids = page.messages.filter(({ direction }) => direction === "in").map(({ id }) => id);
  if (node.isNode && marks && ids.length > 0)
    await node.call("message.markRead", { who: ref, ids });
}
