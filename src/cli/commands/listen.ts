/** sotto listen: messages as they arrive, until ^C. */
import {
  accountOf,
  type Contact,
  type FollowedEvent,
  follow,
  type Message,
  type NodeEvent,
} from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { contactStateText, messageLines, nameOf, stateText } from "../format/format.ts";
import { quotedMessages } from "../format/quoted-messages.ts";
import { runExecHook } from "../process/exec-hook.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";

interface Options {
  readonly from?: string;
  readonly all?: true;
  readonly as?: string;
  readonly exec?: string;
  readonly read?: true;
}

/** What is printed, and what a command gets, where not every event is asked for. */
const SHOWN = ["message.new", "message.changed"] as const;
const HANDED_OVER = ["message.new"] as const;

const ignore = () => undefined;

type Event = NodeEvent | FollowedEvent;

export const define: Define = (command, context) => {
  command
    .option("--from <who>", "only of this person")
    .option("--all", "every event: states, contacts, requests too")
    .option("--as <name>", "follow under a name: what comes while nobody listens is kept for it")
    .option(
      "--exec <command>",
      "give each message to a command, as JSON on its standard input, until it exits with 0",
    )
    .option("--read", "count what was shown as read, as a node without history always does")
    .addHelpText("after", NOTES)
    .action((options: Options) => listen(options, context));
};

const NOTES = `
With --as the node keeps events from the first time on, and each is printed at least once,
in order, also after a crash of either side; an event that comes again has the same
cursor. sotto followers lists the names, and forgets them.

--exec runs the command in a shell, for one message of theirs after the other (with --all:
for every event), with the line that --json prints. While it fails, it is run again, later
and later.`;

async function listen(options: Options, context: Context): Promise<void> {
  const { from, all, as, exec: command } = options;
  const node = await context.node();
  const names = new Map<string, string>();
  const remember = (contact: Contact) => names.set(contact.account, nameOf(contact));
  const { contacts } = await context.call("contact.list", {});
  contacts.forEach(remember);
  // Looked up by hand first: an unknown name gets its suggestion.
  const account = from && (await context.call("contact.show", { who: from })).contact.account;
  process.once("SIGINT", () => process.exit(exit.interrupted));

  const filter = {
    ...(account ? { from: account } : {}),
    ...(all ? {} : { types: command === undefined ? SHOWN : HANDED_OVER }),
  };
  // A command is asked about one event at a time, so that a crash repeats one at most.
  const events: AsyncIterable<Event> =
    as === undefined
      ? live(node.events(filter))
      : follow(node, as, { ...filter, batch: command === undefined ? 100 : 1 });
  /**
   * What changed messages were last shown as: that a change of ours has reached them is no news.
   */
  const shown = new Map<string, string>();
  const isNews = ({ id, text, deleted, reactions }: Message): boolean => {
    const now = JSON.stringify({ text, deleted, reactions });
    if (shown.get(id) === now) return false;
    shown.set(id, now);
    return true;
  };

  const marks = options.read === true || !(await context.call("node.status", {})).history;
  context.out.say("Listening; ^C ends it.");
  for await (const event of events) {
    if ("contact" in event) remember(event.contact);
    const whose = accountOf(event);
    if (whose !== undefined && !names.has(whose))
      await node
        .call("contact.show", { who: whose })
        .then(({ contact }) => remember(contact), ignore);
    if (event.type === "resync")
      context.out.warn("Some events are missing: too many came while nobody listened.");
    if (!all && event.type === "message.changed" && !isNews(event.message)) continue;
    if (command === undefined) context.out.data(await describe(event, names, context), event);
    else if (all || (event.type === "message.new" && event.message.direction === "in"))
      await runExecHook(event, command, context);
    if (marks && event.type === "message.new" && event.message.direction === "in") {
      const { contact: who, at } = event.message;
      await node.call("message.markRead", { who, upTo: at, only: true }).catch(ignore);
    }
  }
}

/** Events from now on. The last one says why there are no more. */
async function* live(events: AsyncIterable<NodeEvent>): AsyncGenerator<NodeEvent> {
  for await (const event of events) {
    if (event.type !== "stream.ended") yield event;
    else if (event.why === "too-slow")
      throw new SottoError("timed-out", "This listener fell too far behind and was dropped.");
    else if (event.why === "locked")
      throw new SottoError("node-locked", "The node has been locked.");
    else throw new SottoError("node-not-running", "The node has stopped.");
  }
  throw new SottoError("node-not-running", "The node has gone.");
}

async function describe(
  event: Event,
  names: ReadonlyMap<string, string>,
  context: Context,
): Promise<string> {
  const name = (account: string) => names.get(account) ?? account;
  switch (event.type) {
    case "message.new":
    case "message.changed": {
      const { message } = event;
      const who = name(message.contact);
      const answered = (await quotedMessages([message], context)).get(message.replyTo ?? "");
      return messageLines(message, { name: who, width: who.length, answered });
    }
    case "typing":
      return `${nameOf(event.contact)}  is writing`;
    case "message.state":
      return `→ ${name(event.message.contact)}  ${stateText(event.message.state)}`;
    case "message.removed":
      return `${name(event.account)}  a message is gone`;
    case "contact.removed":
      return `${name(event.account)} removed`;
    case "invite.reused":
      return "Somebody tried an invite that was used already.";
    case "resync":
    case "stream.ended":
      return "";
    default:
      return `${nameOf(event.contact)}  ${contactStateText(event.contact)}`;
  }
}
