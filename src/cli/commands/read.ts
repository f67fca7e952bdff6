/** `sotto read`: prints a conversation, oldest message first, and marks it as read. */
import type { Contact, Result } from "../../api/index.ts";
import { listed, SottoError } from "../../base/index.ts";
import { messageLines, nameOf } from "../format/format.ts";
import { quotedMessages } from "../format/quoted-messages.ts";
import { parseTimeArg } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";

interface Options {
  readonly count: string;
  readonly since?: string;
  readonly peek?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<who>")
    .option("-n, --count <number>", "number of newest messages", "50")
    .option("--since <time>", "only since a date (2026-05-01) or within a time (2h)")
    .option("--peek", "do not mark them as read")
    .action((who: string, options: Options) => read(who, options, context));
};

async function read(who: string, options: Options, context: Context): Promise<void> {
  if (!/^[1-9]\d{0,3}$/.test(options.count))
    throw new SottoError("usage", "-n needs a number from 1 to 1000.");
  const limit = Number(options.count);
  const since = options.since === undefined ? undefined : parseTimeArg(options.since, Date.now());
  const { contact } = await context.call("contact.show", { who });
  const page = await pageOf(contact, { limit, since }, context);
  const name = nameOf(contact);
  const width = Math.max(name.length, "you".length);
  const answered = await quotedMessages(page.messages, context);
  const lines = page.messages.map((message) =>
    messageLines(message, { name, width, answered: answered.get(message.replyTo ?? "") }),
  );
  context.out.data(listed(lines, `No messages with ${name} yet.`), { contact, ...page });
  if (page.more)
    context.out.say(`More messages: sotto read ${name} -n ${Math.min(1000, limit * 4)}`);
  const last = page.messages.at(-1);
  // Later messages, and earlier ones that --since excluded, were not shown.
  if (!options.peek && contact.unread > 0 && last !== undefined && since === undefined)
    await context.call("message.markRead", { who: contact.account, upTo: last.at });
}

/** The requested page; without history everything, since all of it is deleted once read. */
async function pageOf(
  { account: who }: Contact,
  { limit, since }: { readonly limit: number; readonly since: number | undefined },
  context: Context,
): Promise<Result<"message.list">> {
  const page = await context.call("message.list", { who, limit, since });
  const { history } = await context.call("node.status", {});
  if (history || since !== undefined) return page;
  let { messages, more } = page;
  while (more) {
    const older = await context.call("message.list", { who, limit: 1000, before: messages[0]?.at });
    messages = [...older.messages, ...messages];
    more = older.more && older.messages.length > 0;
  }
  return { messages, more };
}
