/** `sotto listen`: prints messages and other events as they arrive, until ^C. */
import {
  type Client,
  type Contact,
  type FollowedEvent,
  follow,
  type NodeEvent,
  refOf,
} from "../../api/index.ts";
import { type Part, safe } from "../../base/index.ts";
import { contactStateText, count, lookAlikeNotes, nameOf, quoted } from "../format/format.ts";
import { messageLines, reachedText } from "../format/message-lines.ts";
import { quotedMessages } from "../format/quoted-messages.ts";
import { authorName, conversationName, eventWithName, nameIn } from "../format/with-names.ts";
import { runExecHook } from "../process/exec-hook.ts";
import type { Context, Define } from "../runtime/context.ts";
import { exit } from "../runtime/exit-codes.ts";
import { allNames } from "../runtime/lists.ts";
import { acrossOutages, liveEvents } from "../runtime/outages.ts";

interface Options {
  readonly from?: string;
  readonly all?: true;
  readonly as?: string;
  readonly exec?: string;
  readonly read?: true;
}

/** The events that are printed, and those that --exec gets, without --all. */
const PRINTED_EVENTS = ["message.new", "message.changed"] as const;
const EXEC_EVENTS = ["message.new"] as const;

const ignore = () => undefined;

type Event = NodeEvent | FollowedEvent;

export const define: Define = (command, context) => {
  command
    .option("--from <who>", "only events about this contact, or about group:NAME")
    .option("--all", "all events, also message states, contacts and requests")
    .option(
      "--as <name>",
      "durable subscription with this name: events are kept while you are not listening",
    )
    .option(
      "--exec <command>",
      "run a command for each message, with JSON on its standard input, until it exits with 0",
    )
    .option("--read", "mark printed messages as read (always on for a node without history)")
    .addHelpText("after", NOTES)
    .action((options: Options) => listen(options, context));
};

const NOTES = `
With --as the node keeps events for this durable subscription from the first time on.
Each event is printed at least once and in order, also after a crash; a repeated event has
the same cursor. sotto subscriptions lists and removes them.

--exec runs the command in a shell, once per received message (with --all: per event), and
passes the JSON line that --json prints. If it fails, it is retried with increasing
delays.

If the node stops or is locked, listening continues when it is back. With --as no event
is lost; without it those in between are not printed.`;

async function listen(options: Options, context: Context): Promise<void> {
  const { from, all, as, exec: command } = options;
  const names = await allNames(context);
  const remember = ({ account, name }: Contact) => names.set(account, name);
  // Looked up first, so that an unknown name gets a suggestion.
  const ref = from && (await context.call("conversation.get", { who: from })).conversation.ref;
  process.once("SIGINT", () => process.exit(exit.interrupted));

  const types = command === undefined ? PRINTED_EVENTS : EXEC_EVENTS;
  const about = ref ? { from: ref } : {};
  const filter = all ? about : { ...about, types };
  const live = all ? about : { ...about, types: [...types, "node.state" as const] };
  /** Cursor of the last event that was printed or taken by the command. */
  let finished: number | undefined;
  const open = (node: Client): AsyncIterable<Event> => {
    if (as === undefined) return liveEvents(node.events(live));
    // With --exec one event at a time, so that a crash repeats one at most.
    const batch = command === undefined ? 100 : 1;
    return follow(node, as, { ...filter, batch, after: finished });
  };
  const loss = as === undefined ? "Events until then are not printed." : "No event is lost.";
  const events = acrossOutages(context, open, {
    onOutage: ({ message }) =>
      context.out.warn(`${message} Listening continues when it is back. ${loss}`),
    onEnd: () => context.out.say("Listening again."),
  });
  const marks = options.read === true || !(await context.call("node.status", {})).history;
  context.out.say("Listening. Stop with ^C.");
  for await (const event of events) {
    if (event.type === "node.state" && !all) continue;
    if ("contact" in event) remember(event.contact);
    const whose = refOf(event);
    if (whose !== undefined && !names.has(whose))
      await context
        .call("conversation.get", { who: whose })
        .then(({ conversation }) => names.set(conversation.ref, conversation.name), ignore);
    if (event.type === "resync")
      context.out.warn("Some events are missing: too many were kept while you were not listening.");
    const isPrinted = all || event.type !== "message.changed" || event.what !== "acknowledged";
    if (command === undefined) {
      if (isPrinted)
        context.out.data(await describe(event, names, context), eventWithName(event, names));
    } else if (all || (event.type === "message.new" && event.message.direction === "in"))
      await runExecHook(eventWithName(event, names), command, context);
    if (marks && event.type === "message.new" && event.message.direction === "in") {
      const { ref: who, id } = event.message;
      await context.call("message.markRead", { who, ids: [id] }).catch(ignore);
    }
    if ("cursor" in event) finished = event.cursor;
  }
}

async function describe(
  event: Event,
  names: ReadonlyMap<string, string>,
  context: Context,
): Promise<Part> {
  const name = (ref: string) => nameIn(ref, names);
  switch (event.type) {
    case "message.new":
    case "message.changed": {
      const { message } = event;
      const who = name(message.ref);
      // Without the quotation if the node was stopped in between: the message is not lost with it.
      const quotations = await quotedMessages([message], context, context.out).catch(ignore);
      const answered = quotations?.get(message.replyTo ?? "");
      if (message.group === undefined)
        return messageLines(message, { name: who, width: who.length, answered });
      const { author } = message;
      const { length: width } = author === undefined ? "you" : authorName(author, names);
      return safe`${who}  ${messageLines(message, { name: who, width, names, answered })}`;
    }
    case "typing":
      return `${nameOf(event.contact)}  is typing`;
    case "message.state":
      return `→ ${name(event.message.ref)}  ${reachedText(event.message)}`;
    case "message.removed":
      return `${name(event.ref)}  a message was removed`;
    case "conversation.changed":
      return `${conversationName(event.conversation)}  ${event.conversation.unread} unread`;
    case "contact.renamed": {
      const { contact } = event;
      const itself = quoted(contact.profileName ?? contact.name);
      const notes = [`now calls itself ${itself}`, ...lookAlikeNotes(contact)];
      return `${nameOf(contact)}  ${notes.join(", ")}; its name here stays`;
    }
    case "contact.removed":
      return `${name(event.account)} removed`;
    case "invite.reused":
      return "A used invite was tried again.";
    case "group.invited":
      return `invited to ${event.invitation.name}`;
    case "group.declined":
      return `${name(event.account)} declined to join ${event.group.alias}`;
    case "group.changed": {
      const { alias, standing, members } = event.group;
      return `group ${alias}, ${standing}, ${count(members, "member")}`;
    }
    case "presence.snapshot":
      return `${event.online.length} online`;
    case "net.changed":
      return `network ${event.net.connected ? "connected" : "without peers"}, ${event.net.reach}`;
    case "node.state":
      return `node ${event.state}`;
    case "resync":
    case "stream.ended":
      return "";
    default:
      return `${nameOf(event.contact)}  ${contactStateText(event.contact)}`;
  }
}
