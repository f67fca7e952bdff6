/** `sotto conversations`: lists conversations, and pins, mutes and archives them. */
import type { Conversation, Params } from "../../api/index.ts";
import {
  cutText,
  displayLine,
  listed,
  padded,
  type SafeText,
  safe,
  widthOf,
} from "../../base/index.ts";
import { formatTime } from "../format/time.ts";
import { conversationName } from "../format/with-names.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allConversations } from "../runtime/lists.ts";
import {
  type NodeOrStore,
  noteStore,
  STORE_NOTES,
  withNodeOrStore,
} from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

interface ListOptions extends PassphraseOptions {
  readonly all?: true;
}

/** What each subcommand sets, and what it then says. */
const flags: readonly {
  readonly name: string;
  readonly summary: string;
  readonly set: Omit<Params<"conversation.set">, "who">;
  readonly done: string;
}[] = [
  { name: "pin", summary: "show it first", set: { pinned: true }, done: "pinned" },
  {
    name: "unpin",
    summary: "show it by its last message",
    set: { pinned: false },
    done: "unpinned",
  },
  { name: "mute", summary: "let clients not notify of it", set: { muted: true }, done: "muted" },
  { name: "unmute", summary: "let clients notify of it", set: { muted: false }, done: "unmuted" },
  { name: "archive", summary: "hide it from the list", set: { archived: true }, done: "archived" },
  {
    name: "unarchive",
    summary: "show it in the list again",
    set: { archived: false },
    done: "no longer archived",
  },
];

export const define: Define = (command, context) => {
  passphraseOptions(command.command("ls", { isDefault: true }))
    .description("list your conversations")
    .option("--all", "also archived ones")
    .addHelpText("after", STORE_NOTES)
    .action((options: ListOptions) =>
      withNodeOrStore(context, options, (node) => list(node, options, context)),
    );
  for (const { name, summary, set, done } of flags)
    command
      .command(`${name} <who>`)
      .description(summary)
      .action(async (who: string) => {
        const result = await context.call("conversation.set", { who, ...set });
        context.out.data(safe`✓ ${conversationName(result.conversation)} ${done}`, result);
      });
  command
    .command("unread <who>")
    .description("mark it as unread, on this node only")
    .action(async (who: string) => {
      const result = await context.call("conversation.markUnread", { who });
      context.out.data(safe`✓ ${conversationName(result.conversation)} marked as unread`, result);
    });
};

async function list(node: NodeOrStore, { all }: ListOptions, context: Context): Promise<void> {
  const conversations = await allConversations(node, all ? {} : { archived: false });
  const width = Math.max(0, ...conversations.map((each) => widthOf(conversationName(each))));
  const lines = conversations.map((each) => conversationLine(each, width));
  const none = all
    ? "No conversations yet. Create an invite: sotto invite"
    : "No conversations. Archived ones: sotto conversations ls --all";
  context.out.data(listed(lines, none), { conversations });
  noteStore(node, context);
}

/** Characters of the last message that a line shows. */
const PREVIEW = 50;

/** A conversation on one line: its name, when it last changed, what is special, the last text. */
export function conversationLine(conversation: Conversation, width: number): SafeText {
  const { last, lastAt, unread, pinned, muted, archived, draft } = conversation;
  const notes = [
    ...(unread > 0 ? [`${unread} unread`] : []),
    ...(pinned ? ["pinned"] : []),
    ...(muted ? ["muted"] : []),
    ...(archived ? ["archived"] : []),
    ...(draft === undefined ? [] : ["draft"]),
  ].join(", ");
  const time = lastAt === undefined ? "" : formatTime(lastAt);
  const columns = `${time.padEnd(TIME)}  ${notes.padEnd(NOTES)}`;
  return safe`${padded(conversationName(conversation), width)}  ${columns}  ${preview(last)}`;
}

const TIME = formatTime(0).length;
const NOTES = "99 unread, pinned".length;

function preview(last: Conversation["last"]): string {
  if (last === undefined) return "";
  if (last.deleted) return "(deleted)";
  if (last.notice !== undefined) return "(timer changed)";
  const text = displayLine(last.text);
  const short = cutText(text, PREVIEW);
  return (last.direction === "out" ? "you: " : "") + short + (short === text ? "" : "…");
}
