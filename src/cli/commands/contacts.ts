/** sotto contacts: the people you know. */
import type { Contact } from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { parsePolicy } from "../args/text-arg.ts";
import {
  contactLine,
  contactStateText,
  nameOf,
  policyText,
  waitCondition,
} from "../format/format.ts";
import { formatDuration, formatTime, parseDurationArg } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";

export const define: Define = (command, context) => {
  const { out } = context;
  command
    .command("ls", { isDefault: true })
    .description("list them")
    .action(() => list(context));
  command
    .command("show <who>")
    .description("show one of them")
    .action(async (who: string) => {
      const result = await context.call("contact.show", { who });
      out.data(describe(result.contact), result);
    });
  command
    .command("rename <who> <name>")
    .description("call somebody by another name, here only")
    .action(async (who: string, name: string) => {
      const result = await context.call("contact.rename", { who, name });
      out.data(`✓ now ${nameOf(result.contact)}`, result);
    });
  command
    .command("block <who>")
    .description("be a stranger to somebody; they are not told")
    .action(async (who: string) => {
      const result = await context.call("contact.block", { who });
      out.data(`✓ ${nameOf(result.contact)} blocked`, result);
    });
  command
    .command("unblock <who>")
    .description("know them again")
    .action(async (who: string) => {
      const result = await context.call("contact.unblock", { who });
      out.data(`✓ ${nameOf(result.contact)} unblocked`, result);
    });
  command
    .command("receipts <who> <on|off>")
    .description("tell somebody what you read and when you write, and see theirs; or neither")
    .action(async (who: string, word: string) => {
      if (word !== "on" && word !== "off")
        throw new SottoError("usage", "sotto contacts receipts takes on or off.");
      const result = await context.call("contact.receipts", { who, on: word === "on" });
      out.data(`✓ receipts ${word} with ${nameOf(result.contact)}`, result);
    });
  command
    .command("policy <who> <any|lan|hidden>")
    .description("choose whether somebody may see your IP address")
    .addHelpText("after", POLICY_NOTES)
    .action(async (who: string, word: string) => {
      const result = await context.call("contact.policy", { who, policy: parsePolicy(word) });
      const { contact } = result;
      out.data(`✓ ${nameOf(contact)}: ${policyText(contact.policy)}`, result);
      if (contact.awaits !== undefined) out.say(`Messages wait${waitCondition(contact)}.`);
    });
  command
    .command("timer <who> <time>")
    .description("let new messages disappear on both sides, such as after 1h or 7d; or off")
    .addHelpText("after", TIMER_NOTES)
    .action(async (who: string, time: string) => {
      const ms = time === "off" ? 0 : parseDurationArg(time);
      const result = await context.call("contact.timer", { who, ms });
      const what = ms === 0 ? "stay" : `disappear after ${formatDuration(ms)}`;
      out.data(`✓ new messages with ${nameOf(result.contact)} ${what}`, result);
    });
  command
    .command("rm <who>")
    .description("forget somebody, with keys and messages")
    .action(async (who: string) => {
      await context.call("contact.remove", { who });
      out.data("✓ removed", { removed: who });
    });
};

const POLICY_NOTES = `
any     they are dialled and found wherever they are, and see your address (where you use
        no proxy)
lan     dialled, found and answered over the local network only; from elsewhere you are a stranger
hidden  never dialled nor answered directly, and no record tells them where you are:
        messages wait, unless a
        proxy is set (sotto up --proxy, Tor say), through which they are dialled then

A link that the policy forbids ends at once; hidden also draws another host key (sotto net
rotate). What they saw of you before they know; a record of before is found for up to 2 h.
Who makes an invite, and who takes one, finds the other by it: sotto add LINK --policy
hidden holds from the first dial on, and an invite of yours that they have and that still
works tells them where you are until you revoke it.`;

const TIMER_NOTES = `
It holds for what either of you sends once it knows of it. Your own messages go so long
after they were delivered, theirs so long after you read them: the two clocks are each
side's own. Whoever receives a message can keep it by other means.`;

async function list(context: Context): Promise<void> {
  const result = await context.call("contact.list", {});
  const width = Math.max(0, ...result.contacts.map((contact) => nameOf(contact).length));
  const lines = result.contacts.map((contact) => contactLine(contact, width));
  context.out.data(lines.join("\n") || "Nobody yet. Invite somebody: sotto invite", result);
}

function describe(contact: Contact): string {
  const rows: [string, string][] = [
    ["name", nameOf(contact)],
    ["account", contact.account],
    ["state", contactStateText(contact)],
    ["verified", contact.verified ? "yes" : `no (sotto verify ${nameOf(contact)})`],
    ["receipts", contact.receipts ? "on" : "off (neither side's are shown)"],
    ["policy", policyText(contact.policy)],
    ["timer", contact.timer === 0 ? "off" : `messages go after ${formatDuration(contact.timer)}`],
    [
      "messages",
      `${contact.unread} unread, ${contact.waiting} waiting for them${waitCondition(contact)}`,
    ],
    ...(contact.lastSeen === undefined || contact.online
      ? []
      : [["last seen", formatTime(contact.lastSeen)] as [string, string]]),
    ["added", formatTime(contact.addedAt)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(9)}  ${value}`).join("\n");
}
