/** `sotto group`: groups, their members, and invitations to them. */
import { Argument } from "commander";
import type { Group, GroupInvitation, GroupMember, Result } from "../../api/index.ts";
import {
  displayLine,
  listed,
  padded,
  type SafeText,
  SottoError,
  safe,
  widthOf,
} from "../../base/index.ts";
import { confirmed, type YesOption, yesOption } from "../args/confirm.ts";
import { findMessage, messageArgument } from "../args/message-arg.ts";
import { count, nameOf, quoted, shellWord } from "../format/format.ts";
import { formatTime, parseDurationArg } from "../format/time.ts";
import type { Context, Define } from "../runtime/context.ts";
import {
  type NodeOrStore,
  noteStore,
  STORE_NOTES,
  withNodeOrStore,
} from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

const GROUP = "<group>";
const WHO = "<who>";

interface FromOption {
  readonly from?: string;
}

export const define: Define = (command, context) => {
  command
    .command("create <name> [who...]")
    .description("make a group, and invite contacts to it")
    .action((name: string, who: string[]) => create(name, who, context));
  passphraseOptions(command.command("ls", { isDefault: true }))
    .description("list your groups, and invitations to others")
    .addHelpText("after", STORE_NOTES)
    .action((options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) => list(node, context)),
    );
  passphraseOptions(command.command(`show ${GROUP}`))
    .description("show a group")
    .addHelpText("after", STORE_NOTES)
    .action((group: string, options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) => show(group, node, context)),
    );
  passphraseOptions(command.command(`members ${GROUP}`))
    .description("list the members of a group")
    .addHelpText("after", STORE_NOTES)
    .action((group: string, options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) => members(group, node, context)),
    );
  command
    .command(`invite ${GROUP} <who...>`)
    .description("ask contacts to join")
    .action((group: string, who: string[]) => invite(group, who, context));
  command
    .command(`join ${GROUP}`)
    .description("accept an invitation to a group")
    .option("--from <who>", "the contact that sent it, where several did")
    .action((group: string, options: FromOption) => join(group, options, context));
  command
    .command(`decline ${GROUP}`)
    .description("decline an invitation to a group")
    .option("--from <who>", "the contact that sent it, where several did")
    .action(async (group: string, { from }: FromOption) => {
      await context.call("group.decline", { group, ...(from === undefined ? {} : { from }) });
      context.out.data("✓ declined", { declined: group });
    });
  command
    .command(`rm ${GROUP} ${WHO}`)
    .description("remove a member, and change the keys")
    .option(...yesOption)
    .action((group: string, member: string, options: YesOption) =>
      remove(group, member, options, context),
    );
  for (const [name, role, summary] of [
    ["promote", "admin", "let a member invite and remove others"],
    ["demote", "member", "take the role of an admin back"],
    ["readonly", "reader", "let a member read, and not write"],
    ["writable", "member", "let a reader write again"],
  ] as const)
    command
      .command(`${name} ${GROUP} ${WHO}`)
      .description(summary)
      .action(async (group: string, member: string) => {
        const result = await context.call("group.role", { group, member, role });
        context.out.data(safe`✓ ${member} is ${article(role)} of ${marked(result.group)}`, result);
      });
  command
    .command(`rename ${GROUP} <name>`)
    .description("change the name that all members see; your name for it stays")
    .action(async (group: string, name: string) => {
      const result = await context.call("group.set", { group, name });
      context.out.data(safe`✓ ${marked(result.group)} is now called ${quoted(name)}`, result);
    });
  command
    .command(`topic ${GROUP} [text]`)
    .description("set the topic of a group; without a text there is none")
    .action(async (group: string, topic = "") => {
      const result = await context.call("group.set", { group, topic });
      const what = topic === "" ? "no topic" : `the topic ${quoted(topic)}`;
      context.out.data(safe`✓ ${marked(result.group)} has ${what}`, result);
    });
  command
    .command(`timer ${GROUP} <time>`)
    .description("let messages from now on disappear after a time (30s to 365d), or off")
    .action(async (group: string, time: string) => {
      const timer = time === "off" ? 0 : parseDurationArg(time, "timer-invalid");
      const result = await context.call("group.set", { group, timer });
      const what = timer === 0 ? "keeps its messages" : `keeps messages for ${time}`;
      context.out.data(safe`✓ ${marked(result.group)} ${what}`, result);
    });
  command
    .command(`receipts ${GROUP}`)
    .addArgument(new Argument("<on|off>").choices(["on", "off"]))
    .description("whether members show what they received and read")
    .action(async (group: string, set: string) => {
      const result = await context.call("group.set", { group, receipts: set === "on" });
      context.out.data(safe`✓ receipts of ${marked(result.group)} are ${set}`, result);
    });
  command
    .command("who")
    .argument("<message>", messageArgument("your newest one"))
    .description("show which members have a message of yours")
    .action((message: string) => who(message, context));
  command
    .command(`leave ${GROUP}`)
    .description("leave a group; its messages stay here")
    .option(...yesOption)
    .action((group: string, options: YesOption) => leave(group, options, context));
  command
    .command(`dissolve ${GROUP}`)
    .description("end a group for all its members")
    .option(...yesOption)
    .action((group: string, options: YesOption) => dissolve(group, options, context));
  command.addHelpText("after", NOTES);
};

const NOTES = `
A group is named group:NAME wherever a command takes a contact: sotto send group:club hello.
Its members see each other's accounts, names, roles and messages, and when each was added.
A contact is added only after it accepted. What is written after a removal is sealed under new
keys, which the removed member does not get.`;

/** A group as screens name it. */
const marked = ({ alias }: Pick<Group, "alias">): string => `#${displayLine(alias)}`;
const argument = ({ alias }: Pick<Group, "alias">): string => shellWord(`group:${alias}`);
const article = (role: "admin" | "member" | "reader"): string =>
  role === "admin" ? "an admin" : `a ${role}`;

async function who(ref: string, context: Context): Promise<void> {
  const message = await findMessage(ref, context, { direction: "out" });
  const result = await context.call("group.who", { id: message.id, group: message.ref });
  const names = result.members.map(({ contact, name }) =>
    nameOfMember({ name, ...(contact !== undefined && { contact }) }),
  );
  const width = Math.max(0, ...names.map((name) => widthOf(name)));
  const lines = result.members.map(
    ({ state }, i) => safe`${padded(names[i] ?? "", width)}  ${proofs[state]}`,
  );
  context.out.data(listed(lines, "There is no other member."), result);
}

const proofs: Readonly<Record<Result<"group.who">["members"][number]["state"], string>> = {
  none: "nothing proven yet",
  held: "stored by their node",
  delivered: "delivered",
  read: "read",
};

async function create(name: string, who: readonly string[], context: Context): Promise<void> {
  // Looked up first: an unknown name makes no group.
  for (const each of who) await context.call("contact.show", { who: each });
  const { group } = await context.call("group.create", { name });
  for (const each of who) await context.call("group.invite", { group: group.ref, who: each });
  context.out.data(safe`✓ ${marked(group)} is made`, { group, invited: who });
  context.out.say(
    who.length === 0
      ? `Invite contacts: sotto group invite ${argument(group)} NAME`
      : `Invited: ${who.length}. Each is added once they accept.`,
  );
}

async function invite(group: string, who: readonly string[], context: Context): Promise<void> {
  const names: string[] = [];
  for (const each of who) {
    const { contact } = await context.call("contact.show", { who: each });
    await context.call("group.invite", { group, who: contact.account });
    names.push(nameOf(contact));
  }
  context.out.data(safe`✓ invited: ${names.join(", ")}`, { invited: who });
}

async function join(group: string, { from }: FromOption, context: Context): Promise<void> {
  const result = await context.call("group.join", {
    group,
    ...(from === undefined ? {} : { from }),
  });
  const { invitation } = result;
  context.out.data(safe`✓ accepted: ${quoted(invitation.name)}`, result);
  context.out.say(`${displayLine(invitation.from.name)}'s node adds you when it is online.`);
}

async function list(node: NodeOrStore, context: Context): Promise<void> {
  const result = await node.call("group.list", {});
  const { groups, invitations } = result;
  const width = Math.max(0, ...groups.map((group) => widthOf(marked(group))));
  const lines = [
    ...groups.map((group) => groupLine(group, width)),
    ...invitations.map(invitationLine),
  ];
  context.out.data(listed(lines, "No groups. Make one: sotto group create NAME"), result);
  noteStore(node, context);
}

const standings: Readonly<Record<Group["standing"], string>> = {
  welcomed: "joining",
  member: "",
  behind: "catching up",
  left: "left",
  removed: "removed",
  dissolved: "dissolved",
};

function groupLine(group: Group, width: number): SafeText {
  const { members, linked, role, standing } = group;
  const people = count(members, "member");
  const notes = [standings[standing], role ?? "", linked > 0 ? `${linked} linked` : ""];
  const shown = notes.filter((note) => note !== "").join(", ");
  return safe`${padded(marked(group), width)}  ${people.padEnd(11)}  ${shown}`;
}

/** An open invitation, and the command that accepts it. */
export function invitationLine({ name, from, members, state, expires }: GroupInvitation): SafeText {
  const who = displayLine(from.name);
  const next =
    state === "joining"
      ? `waiting for ${who} to add you`
      : `sotto group join ${shellWord(name)}  (until ${formatTime(expires)})`;
  return safe`${who} invites you to ${quoted(name)}, ${count(members, "member")}: ${next}`;
}

async function show(name: string, node: NodeOrStore, context: Context): Promise<void> {
  const result = await node.call("group.show", { group: name });
  const { group } = result;
  const standing = standings[group.standing];
  const rows: readonly (readonly [string, string])[] = [
    ["name", displayLine(group.name)],
    ...(group.topic === "" ? [] : [["topic", displayLine(group.topic)] as const]),
    ["id", group.id],
    ["you", [group.role ?? "no member", ...(standing === "" ? [] : [standing])].join(", ")],
    ["members", `${group.members}, ${group.linked} linked`],
    ["since", formatTime(group.joinedAt)],
  ];
  const lines = rows.map(([what, value]) => safe`${what.padEnd(8)}  ${value}`);
  context.out.data(listed([safe`${marked(group)}`, ...lines], ""), result);
  noteStore(node, context);
}

async function members(name: string, node: NodeOrStore, context: Context): Promise<void> {
  const result = await node.call("group.members", { group: name });
  const width = Math.max(0, ...result.members.map((member) => widthOf(memberName(member))));
  const lines = result.members.map((member) => {
    const linked = member.linked ? "linked" : "";
    return safe`${padded(memberName(member), width)}  ${member.role.padEnd(6)}  ${linked}`;
  });
  context.out.data(listed(lines, "This node does not have the members yet."), result);
  noteStore(node, context);
}

/** What this node calls a contact; others are shown by their own names, with a mark. */
function memberName({ own, ...member }: GroupMember): string {
  return own ? "you" : nameOfMember(member);
}

function nameOfMember({ contact, name }: Pick<GroupMember, "contact" | "name">): string {
  return contact === undefined ? `~${displayLine(name)}` : displayLine(contact);
}

async function remove(
  name: string,
  member: string,
  options: YesOption,
  context: Context,
): Promise<void> {
  const { group } = await context.call("group.show", { group: name });
  const loss = safe`${member} reads nothing that is written in ${marked(group)} from now on.`;
  if (!(await confirmed(String(loss), options, context))) return;
  const result = await context.call("group.remove", { group: group.ref, member });
  context.out.data(safe`✓ ${member} is removed from ${marked(result.group)}`, result);
}

async function leave(name: string, options: YesOption, context: Context): Promise<void> {
  const { group } = await context.call("group.show", { group: name });
  const loss = safe`You will get no more messages of ${marked(group)}.`;
  if (!(await confirmed(String(loss), options, context))) return;
  const result = await context.call("group.leave", { group: group.ref });
  context.out.data(safe`✓ you left ${marked(result.group)}`, result);
}

async function dissolve(name: string, options: YesOption, context: Context): Promise<void> {
  const { group } = await context.call("group.show", { group: name });
  if (group.role !== "owner")
    throw new SottoError("group-role", "Only the owner of the group can dissolve it.");
  const loss = safe`${marked(group)} ends for its ${count(group.members, "member")}.`;
  if (!(await confirmed(String(loss), options, context))) return;
  const result = await context.call("group.dissolve", { group: group.ref });
  context.out.data(safe`✓ ${marked(result.group)} is dissolved`, result);
}
