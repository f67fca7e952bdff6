/** `sotto contacts`: lists and manages contacts. */
import type { Contact, Conversation } from "../../api/index.ts";
import { joined, listed, type SafeText, SottoError } from "../../base/index.ts";
import { confirmed, type YesOption, yesOption } from "../args/confirm.ts";
import { endingInvites, type InviteOptions, keepInvitesOption } from "../args/keep-invites.ts";
import { parsePolicy } from "../args/text-arg.ts";
import {
  contactLine,
  contactStateText,
  count,
  lookAlikeNotes,
  nameOf,
  policyText,
  profileNotes,
  shellWord,
  waitCondition,
} from "../format/format.ts";
import { formatDuration, formatTime, parseDurationArg } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allContacts, allConversations } from "../runtime/lists.ts";
import {
  type NodeOrStore,
  noteStore,
  STORE_NOTES,
  withNodeOrStore,
} from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

export const define: Define = (command, context) => {
  const { out } = context;
  passphraseOptions(command.command("ls [who]", { isDefault: true }))
    .description("list your contacts, or show one")
    .addHelpText("after", STORE_NOTES)
    .action((who: string | undefined, options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) =>
        who === undefined ? list(context, node) : show(who, context, node),
      ),
    );
  passphraseOptions(command.command("show <who>"))
    .description("show one contact")
    .action((who: string, options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) => show(who, context, node)),
    );
  command
    .command("rename <who> <name>")
    .description("rename a contact, on this node only")
    .action(async (who: string, name: string) => {
      const result = await context.call("contact.rename", { who, name });
      const shown = nameOf(result.contact);
      out.data(`✓ now ${shown}`, result);
      for (const note of lookAlikeNotes(result.contact)) out.warn(`${shown}: ${note}.`);
    });
  command
    .command("block <who>")
    .description("block a contact (they are not notified)")
    .option(...keepInvitesOption)
    .action((who: string, options: InviteOptions) =>
      endingInvites(context, who, options, async (account, keepInvites) => {
        const result = await context.call("contact.block", { who: account, keepInvites });
        out.data(`✓ ${nameOf(result.contact)} blocked`, result);
      }),
    );
  command
    .command("unblock <who>")
    .description("unblock a contact")
    .action(async (who: string) => {
      const result = await context.call("contact.unblock", { who });
      out.data(`✓ ${nameOf(result.contact)} unblocked`, result);
    });
  command
    .command("receipts <who> <on|off>")
    .description("turn read receipts and typing notices on or off, for both sides")
    .action(async (who: string, word: string) => {
      if (word !== "on" && word !== "off")
        throw new SottoError("usage", "The command is: sotto contacts receipts NAME on, or off");
      const result = await context.call("contact.receipts", { who, on: word === "on" });
      out.data(`✓ receipts ${word} with ${nameOf(result.contact)}`, result);
    });
  command
    .command("policy <who> <any|lan|hidden>")
    .description("choose whether a contact can see your IP address")
    .option(...keepInvitesOption)
    .addHelpText("after", POLICY_NOTES)
    .action(async (who: string, word: string, options: InviteOptions) => {
      const policy = parsePolicy(word);
      const set = async (account: string, keepInvites: boolean): Promise<void> => {
        const result = await context.call("contact.policy", { who: account, policy, keepInvites });
        const { contact } = result;
        out.data(`✓ ${nameOf(contact)}: ${policyText(contact.policy)}`, result);
        if (contact.awaits !== undefined) out.say(`Messages wait${waitCondition(contact)}.`);
      };
      if (policy === "any") await set(who, true);
      else await endingInvites(context, who, options, set);
    });
  command
    .command("timer <who> <time>")
    .description(
      "set after what time new messages disappear on both sides, such as 1h or 7d, or off",
    )
    .addHelpText("after", TIMER_NOTES)
    .action(async (who: string, time: string) => {
      const ms = time === "off" ? 0 : parseDurationArg(time, "timer-invalid");
      const result = await context.call("contact.timer", { who, ms });
      const what = ms === 0 ? "stay" : `disappear after ${formatDuration(ms)}`;
      out.data(`✓ new messages with ${nameOf(result.contact)} ${what}`, result);
    });
  command
    .command("rm <who>")
    .description("remove a contact with keys and messages")
    .option(...keepInvitesOption)
    .option(...yesOption)
    .action((who: string, options: InviteOptions & YesOption) => remove(who, options, context));
};

async function show(who: string, context: Context, node: NodeOrStore): Promise<void> {
  const result = await node.call("contact.show", { who });
  const { account } = result.contact;
  const { conversation } = await node.call("conversation.get", { who: account });
  context.out.data(describe(result.contact, conversation), { ...result, conversation });
  noteStore(node, context);
}

async function remove(
  who: string,
  options: InviteOptions & YesOption,
  context: Context,
): Promise<void> {
  const { contact } = await context.call("contact.show", { who });
  const { account, waiting } = contact;
  const { messages } = await context.call("message.count", { who: account });
  const { unread } = (await context.call("conversation.get", { who: account })).conversation;
  const parts = [
    ...(unread > 0 ? [`${unread} unread`] : []),
    ...(waiting > 0 ? [`${waiting} not delivered yet`] : []),
  ];
  const held = parts.length === 0 ? "" : ` (${parts.join(", ")})`;
  const loss =
    `This removes ${nameOf(contact)}: ${count(messages, "message")}${held} and the keys. ` +
    "It cannot be undone.";
  if (!(await confirmed(loss, options, context))) return;
  await endingInvites(context, account, options, async (_, keepInvites) => {
    await context.call("contact.remove", { who: account, keepInvites });
    context.out.data(`✓ ${nameOf(contact)} removed`, { removed: who, account, messages });
  });
}

const POLICY_NOTES = `
any     connect from anywhere; they can see your IP address (unless you use a proxy)
lan     connect on the local network only; elsewhere they are treated as an unknown peer
hidden  no direct connection, and no record tells them your IP address: messages wait
        until a proxy is set (sotto up --proxy, such as Tor), and are sent through it

A connection that the new policy forbids is closed. The policy hidden also rotates the
libp2p host key (sotto net rotate). It does not undo what they already saw: an earlier
record can be found for up to 2 h. The invite by which they came ends (a reusable one
unless you keep it). Revoke any other open invite of yours that they have. Use
sotto add LINK --policy hidden to apply the policy from the first connection on.`;

const TIMER_NOTES = `
The timer applies to messages that either side sends after it knows the setting. Your
messages disappear this long after delivery, theirs this long after you read them; each
side uses its own clock. The receiver can still keep a copy by other means.`;

async function list(context: Context, node: NodeOrStore): Promise<void> {
  const contacts = await allContacts(node);
  const width = Math.max(0, ...contacts.map((contact) => nameOf(contact).length));
  const unread = new Map((await allConversations(node)).map((each) => [each.ref, each.unread]));
  const lines = contacts.map((contact) => contactLine(contact, width, unread.get(contact.account)));
  context.out.data(listed(lines, "No contacts yet. Create an invite: sotto invite"), { contacts });
  noteStore(node, context);
}

function describe(contact: Contact, { unread, handle }: Conversation): SafeText {
  const rows: [string, string][] = [
    ["name", [nameOf(contact), ...profileNotes(contact), ...lookAlikeNotes(contact)].join("  ")],
    ["handle", handle ?? ""],
    ["account", contact.account],
    ["state", contactStateText(contact)],
    ["verified", contact.verified ? "yes" : `no (sotto verify ${shellWord(nameOf(contact))})`],
    ["receipts", contact.receipts ? "on" : "off (for both sides)"],
    ["policy", policyText(contact.policy)],
    [
      "timer",
      contact.timer === 0 ? "off" : `messages disappear after ${formatDuration(contact.timer)}`,
    ],
    ["messages", `${unread} unread, ${contact.waiting} waiting${waitCondition(contact)}`],
    ...(contact.lastSeen === undefined || contact.online
      ? []
      : [["last seen", formatTime(contact.lastSeen)] as [string, string]]),
    ["added", formatTime(contact.addedAt)],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(9)}  ${value}`);
  return joined(lines, "\n");
}
