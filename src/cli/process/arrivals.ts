/** Who arrives and what comes, one line each, on the terminal of a node in the foreground. */
import type { NodeEvent } from "../../api/index.ts";
import { type SafeText, safe } from "../../base/index.ts";
import { lookAlikeNotes, nameOf, quoted, shellWord } from "../format/format.ts";
import { noticeText } from "../format/message-lines.ts";
import { formatTime } from "../format/time.ts";
import { type Names, nameIn } from "../format/with-names.ts";
import type { Context } from "../runtime/context.ts";
import { allNames } from "../runtime/lists.ts";
import { acrossOutages, liveEvents } from "../runtime/outages.ts";

/** `undefined` for an event of which nothing is shown. */
type Describe = (event: NodeEvent) => SafeText | undefined;

/**
 * Describes events in their order. A message is announced without its text: what is shown counts as
 * read, and the user has not asked for it.
 * @param names of the contacts; the new ones are added.
 */
export function describeArrivals(names: Map<string, string>): Describe {
  const pairing = new Set<string>();
  const online = new Set<string>();
  return (event) => {
    switch (event.type) {
      case "presence": {
        // Also emitted when a record of a contact was found, who stays offline.
        const { account } = event.contact;
        if (event.contact.online === online.has(account)) return undefined;
        if (!online.delete(account)) online.add(account);
        return safe`${nameOf(event.contact)} is ${event.contact.online ? "online" : "offline"}`;
      }
      case "presence.snapshot":
        online.clear();
        for (const account of event.online) online.add(account);
        return undefined;
      case "message.new":
        return event.message.direction === "in" ? messageText(event.message, names) : undefined;
      case "contact.request":
        return safe`${nameOf(event.contact)} asks to be added: sotto requests ls`;
      case "contact.changed": {
        const { account, name } = event.contact;
        names.set(account, name);
        if (event.contact.pairing !== "confirmed") pairing.add(account);
        else if (pairing.delete(account)) return safe`${nameOf(event.contact)} was added`;
        return undefined;
      }
      case "contact.renamed": {
        const { contact } = event;
        const itself = quoted(contact.profileName ?? contact.name);
        const notes = [`now calls itself ${itself}`, ...lookAlikeNotes(contact)];
        return safe`${nameOf(contact)} ${notes.join(", ")}; its name here stays`;
      }
      case "key.changed": {
        const name = nameOf(event.contact);
        return safe`${name}: KEY CHANGED, nothing is sent: sotto verify ${shellWord(name)}`;
      }
      case "group.invited": {
        const { name, from } = event.invitation;
        const join = `sotto group join ${shellWord(name)}`;
        return safe`${from.name} invites you to the group ${quoted(name)}: ${join}`;
      }
      case "group.declined": {
        const who = names.get(event.account) ?? event.account;
        return safe`${who} declined to join #${event.group.alias}`;
      }
      case "invite.reused":
        return safe`A used invite was tried again`;
      default:
        return undefined;
    }
  };
}

function messageText(
  { ref, notice }: { readonly ref: string; readonly notice?: { kind: "timer"; ms: number } },
  names: Names,
): SafeText {
  const name = nameIn(ref, names);
  const isGroup = ref.startsWith("group:");
  const called = names.get(ref);
  const argument = shellWord(isGroup && called !== undefined ? `group:${called}` : name);
  return notice === undefined
    ? safe`New message ${isGroup ? "in" : "from"} ${name}: sotto read ${argument}`
    : safe`${name} ${noticeText(notice)}`;
}

/** Prints arrivals on standard output until the node stops; waits while it is locked. */
export async function printArrivals(context: Context): Promise<void> {
  const { out } = context;
  const print = (text: SafeText | string) =>
    out.data(safe`${formatTime(Date.now()).slice("2026-05-01 ".length)}  ${text}`, {});
  const names = await allNames(context);
  const describe = describeArrivals(names);
  const events = acrossOutages(context, (node) => liveEvents(node.events()), {
    onOutage: ({ code }) => {
      if (code === "node-locked") print("The node was locked: sotto unlock");
    },
    onEnd: () => print("The node was unlocked"),
  });
  for await (const event of events) {
    const text = describe(event);
    if (text !== undefined) print(text);
  }
}
