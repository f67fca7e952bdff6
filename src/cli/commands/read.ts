/** sotto read: a conversation, oldest first. */
import { SottoError } from "../../base/index.ts";
import { answeredBy } from "../answered.ts";
import type { Context } from "../context.ts";
import type { Define } from "../define.ts";
import { moment } from "../times.ts";
import { messageLines, nameOf } from "../words.ts";

interface Options {
  readonly count: string;
  readonly since?: string;
  readonly peek?: true;
}

export const define: Define = (command, context) => {
  command
    .argument("<who>")
    .option("-n, --count <number>", "how many of the newest", "50")
    .option("--since <time>", "only since a date (2026-05-01) or for so long (2h)")
    .option("--peek", "do not mark them as read")
    .action((who: string, options: Options) => read(who, options, context));
};

async function read(who: string, options: Options, context: Context): Promise<void> {
  if (!/^[1-9]\d{0,3}$/.test(options.count))
    throw new SottoError("usage", "-n takes a number from 1 to 1000.");
  const limit = Number(options.count);
  const since = options.since === undefined ? undefined : moment(options.since, Date.now());
  const { contact } = await context.call("contact.show", { who });
  const page = await context.call("message.list", { who: contact.account, limit, since });
  const name = nameOf(contact);
  const width = Math.max(name.length, "you".length);
  const answered = await answeredBy(page.messages, context);
  const lines = page.messages.map((message) =>
    messageLines(message, { name, width, answered: answered.get(message.replyTo ?? "") }),
  );
  context.out.data(lines.join("\n") || `No messages with ${name} yet.`, { contact, ...page });
  if (page.more)
    context.out.say(`There are more: sotto read ${name} -n ${Math.min(1000, limit * 4)}`);
  if (!options.peek && contact.unread > 0)
    await context.call("message.markRead", { who: contact.account });
}
