/** `sotto subscriptions`: the durable subscriptions, which keep events for programs. */
import type { Follower } from "../../api/index.ts";
import { displayLine, listed } from "../../base/index.ts";
import { confirmed, type YesOption, yesOption } from "../args/confirm.ts";
import { count } from "../format/format.ts";
import type { Context, Define } from "../runtime/context.ts";
import { allContacts } from "../runtime/lists.ts";
import {
  type NodeOrStore,
  noteStore,
  STORE_NOTES,
  withNodeOrStore,
} from "../runtime/node-or-store.ts";
import { type PassphraseOptions, passphraseOptions } from "../runtime/secrets.ts";

export const define: Define = (command, context) => {
  passphraseOptions(command.command("ls", { isDefault: true }))
    .description("list durable subscriptions (sotto listen --as NAME makes one)")
    .addHelpText("after", STORE_NOTES)
    .action((options: PassphraseOptions) =>
      withNodeOrStore(context, options, (node) => list(context, node)),
    );
  command
    .command("rm <name>")
    .description("remove a durable subscription and its events")
    .option(...yesOption)
    .action((name: string, options: YesOption) => remove(name, options, context));
};

async function remove(name: string, options: YesOption, context: Context): Promise<void> {
  const { followers } = await context.call("event.followers", {});
  const behind = followers.find((each) => each.name === name)?.behind ?? 0;
  const loss = `${name} has not received ${count(behind, "event")}. They are deleted.`;
  if (behind > 0 && !(await confirmed(loss, options, context))) return;
  await context.call("event.unfollow", { name });
  context.out.data("✓ removed", { removed: name });
}

async function list(context: Context, node: NodeOrStore): Promise<void> {
  const result = await node.call("event.followers", {});
  const contacts = await allContacts(node);
  const names = new Map<string, string>(contacts.map(({ account, name }) => [account, name]));
  const width = Math.max(0, ...result.followers.map(({ name }) => displayLine(name).length));
  const line = ({ name, behind, types, from }: Follower) =>
    [
      displayLine(name).padEnd(width),
      behind === 0 ? "up to date" : `${count(behind, "event")} waiting`,
      ...(types === undefined ? [] : [`only ${types.join(", ")}`]),
      ...(from === undefined ? [] : [`from ${displayLine(names.get(from) ?? from)}`]),
    ].join("  ");
  const none = "No durable subscriptions. Make one: sotto listen --as NAME";
  context.out.data(listed(result.followers.map(line), none), result);
  noteStore(node, context);
}
